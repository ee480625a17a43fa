"""Evidence and cases as they may be stored and shown: without secrets in any of their texts."""

from __future__ import annotations

from dataclasses import replace

from lamplighter.domain.alert import Alert
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.redaction import redact, redact_json, redact_values

JSON_MEDIA = "application/json"


def discreet(piece: Evidence) -> Evidence:
    """The piece without secrets; what was JSON still is."""
    without = redact_json if piece.media == JSON_MEDIA else redact
    return replace(piece, params=redact_values(piece.params), content=without(piece.content), error=redact(piece.error))


def discreet_case(case: Case) -> Case:
    """The case without secrets in its words, alerts, changes and evidence."""
    return replace(
        case,
        symptom=redact(case.symptom),
        alerts=tuple(_alert(alert) for alert in case.alerts),
        changes=tuple(_change(change) for change in case.changes),
        evidence=tuple(discreet(piece) for piece in case.evidence),
    )


def _alert(alert: Alert) -> Alert:
    labels, annotations = redact_values(dict(alert.labels)), redact_values(dict(alert.annotations))
    return replace(alert, labels=labels, annotations=annotations, generator_url=redact(alert.generator_url))


def _change(change: Change) -> Change:
    return replace(change, what=redact(change.what))
