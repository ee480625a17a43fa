"""Reads the other alerts that fire: what monitoring says of whom. An alert is a symptom, never a cause by itself."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import instant
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.topology import COMPONENT_LABELS

ALERTS_MAX = 100


def component_of(labels: object) -> str:
    """The component that an alert's labels name, or empty."""
    for label in COMPONENT_LABELS:
        value = text(labels, label).removeprefix("/")
        if value:
            return value.split(":", maxsplit=1)[0] if label == "instance" and value.count(":") == 1 else value
    return ""


def read_alerts(evidence: Evidence) -> list[Fact]:
    """One fact `alert` for each that is active, `alert_muted` for what is silenced or inhibited.

    Raises `Unreadable`.
    """
    found = decoded(evidence.content)
    if not isinstance(found, list):
        raise Unreadable("a JSON list of alerts was expected")
    facts: list[Fact] = []
    for alert in found[:ALERTS_MAX]:
        labels = at(alert, "labels")
        name = shown(text(labels, "alertname"), 120)
        state = text(alert, "status", "state")
        if not name or state not in {"", "active", "suppressed"}:
            continue
        component = component_of(labels) or owner(evidence)
        if state == "suppressed":
            facts.append(_muted(evidence, alert, name, component))
            continue
        values = known(name=name, severity=text(labels, "severity"), state="firing")
        said = f"alert {name} fires for {component or 'nothing named'}"
        started = instant(text(alert, "startsAt"))
        facts.append(draft(evidence, "alert", said, values, at=started, component=component))
    return facts


def _muted(evidence: Evidence, alert: object, name: str, component: str) -> Fact:
    """It fires and nobody is told, which is a person's wish or another alert's doing; it speaks for no fault."""
    by = "silence" if items(alert, "status", "silencedBy") else "inhibition"
    said = f"alert {name} fires for {component or 'nothing named'} and is muted by {by}"
    started = instant(text(alert, "startsAt"))
    return draft(evidence, "alert_muted", said, known(name=name, by=by), at=started, component=component)
