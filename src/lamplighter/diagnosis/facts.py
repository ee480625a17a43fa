"""All facts of a case, numbered: what tools saw first, what somebody wrote into a log last."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from lamplighter.diagnosis.cluster import measured_facts, read_cluster
from lamplighter.diagnosis.enriching import enriched
from lamplighter.diagnosis.metric_words import METRIC, with_metric_words
from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.changes import family_of
from lamplighter.diagnosis.readers.document import BREAKS, with_plain_digits
from lamplighter.diagnosis.readers.draft import Values, known, plain, shown
from lamplighter.diagnosis.signals.observing import observed
from lamplighter.diagnosis.signals.series import BASELINE, PHASE
from lamplighter.diagnosis.unseen import UNSEEN, unseen_facts
from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence, Fact
from lamplighter.domain.topology import COMPONENT_LABELS

T = TypeVar("T")
FACTS_MAX = 600
NAME_CHARS_MAX = 253
CLOCKS_DIFFER = timedelta(minutes=5)
LATER = "change_later"
# Free lines of logs come last, so that no line that somebody plants can move the number of another fact.
_ORDER = {"log_sign": 1, "log_error": 2, UNSEEN: 3, METRIC: 4, "log_template": 5}
_DIGITS = re.compile(r"(\d{1,18})")


def collect(case: Case) -> tuple[Fact, ...]:
    """The facts of a case as f1, f2 …; the same facts in the same order, however the evidence came in."""
    drafts = [_alert_fact(case, alert) for alert in case.alerts]
    drafts += [_change_fact(change) for change in sorted(case.changes, key=_change_key)]
    case = replace(case, evidence=tuple(with_plain_digits(piece) for piece in case.evidence))
    suspect = tuple(piece for piece in case.evidence if piece.params.get(PHASE) != BASELINE)
    ordered = tuple(sorted(suspect, key=_evidence_key))
    found, also = unbroken(observed, case)
    cluster, broke = unbroken(read_cluster, replace(case, evidence=ordered))
    measured = found or []
    if cluster is None:
        drafts += [fact for evidence in ordered for fact in read(evidence)]
        drafts = enriched(case, drafts, measured)
    else:
        facts, objects = cluster
        named = [replace(fact, component=objects.naming.said(fact.component)) for fact in drafts]
        drafts = [*named, *facts, *measured_facts(objects, measured)]
    drafts = [_in_time(fact, case.at) for fact in with_metric_words([*drafts, *broke, *also])]
    drafts += unseen_facts(replace(case, evidence=ordered))
    drafts.sort(key=lambda fact: _ORDER.get(fact.kind, 0))
    return tuple(_numbered(fact, index) for index, fact in enumerate(drafts[:FACTS_MAX], start=1))


def unbroken(look: Callable[[Case], T], case: Case) -> tuple[T | None, list[Fact]]:
    """What a look at the whole case gives; where it breaks off, nothing and a fact that says so."""
    try:
        return look(case), []
    except BREAKS as problem:
        name, values = type(problem).__name__, known(tool="case", broke=type(problem).__name__)
        return None, [Fact("", "case", "", "unreadable", f"the case broke {look.__name__}: {name}", None, "", values)]


def _in_time(fact: Fact, now: datetime) -> Fact:
    """The fact; of a change that is still to come, one that no kind of fault rests on."""
    if fact.kind != "change" or fact.at is None or fact.at <= now + CLOCKS_DIFFER:
        return fact
    return replace(fact, kind=LATER, text=f"still to come, or by a wrong clock: {fact.text}")


def _numbered(fact: Fact, index: int) -> Fact:
    """The fact with its number; names and values are stated in causes, so that nothing in them may steer a terminal."""
    values = {key: plain(value) if isinstance(value, str) else value for key, value in fact.values.items()}
    component = fact.component if fact.component.isprintable() else shown(fact.component, NAME_CHARS_MAX)
    return replace(fact, id=f"f{index}", component=component, values=values)


def _evidence_key(evidence: Evidence) -> tuple[list[str], str, str, str]:
    parts = [part.zfill(18) if part.isdigit() else part for part in _DIGITS.split(evidence.id)]
    return parts, evidence.tool, evidence.component, evidence.content


def _change_key(change: Change) -> tuple[str, str, str]:
    return change.at.isoformat(), change.component, change.what


def _alert_fact(case: Case, alert: Alert) -> Fact:
    labels = (alert.labels.get(label, "").removeprefix("/") for label in COMPONENT_LABELS)
    named = [name for name in labels if name]
    component = next((name for name in named if name in case.components), case.subject or next(iter(named), ""))
    name, check = shown(alert.name, 120), alert.labels.get("check", "")
    state = "resolved" if alert.status is AlertStatus.RESOLVED else "firing"
    values: Values = known(name=name, severity=alert.severity, state=state, check=check)
    said = f"alert {name} is {state} for {component or 'nothing named'}"
    return Fact("", "alerts", component, "alert", shown(said), alert.starts_at, alert.source, values)


def _change_fact(change: Change) -> Fact:
    values = known(family=family_of(change.what), what=shown(change.what, 200), source=change.source)
    said = f"{change.component} was changed: {change.what}"
    return Fact("", "changes", change.component, "change", shown(said), change.at, change.source, values)
