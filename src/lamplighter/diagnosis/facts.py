"""All facts of a case, numbered: what tools saw first, what somebody wrote into a log last."""

from __future__ import annotations

import re
from dataclasses import replace

from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.draft import Values, known, shown
from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.change import Change
from lamplighter.domain.evidence import Case, Evidence, Fact
from lamplighter.domain.topology import COMPONENT_LABELS

FACTS_MAX = 600
# Free lines of logs come last, so that no line that somebody plants can move the number of another fact.
_ORDER = {"log_sign": 1, "log_error": 2}
_DIGITS = re.compile(r"(\d{1,18})")
_FAMILIES = (
    ("deploy", re.compile(r"(?i)\b(?:deploy\w*|image|version|release\w*|rollout|upgrade\w*)\b")),
    (
        "configuration",
        re.compile(r"(?i)\b(?:config\w*|parameter|setting|set to|changed to|template|\w+\.(?:ini|conf|ya?ml|toml))\b"),
    ),
)


def collect(case: Case) -> tuple[Fact, ...]:
    """The facts of a case as f1, f2 …; the same facts in the same order, however the evidence came in."""
    drafts = [_alert_fact(case, alert) for alert in case.alerts]
    drafts += [_change_fact(change) for change in sorted(case.changes, key=_change_key)]
    for evidence in sorted(case.evidence, key=_evidence_key):
        drafts += read(evidence)
    drafts.sort(key=lambda fact: _ORDER.get(fact.kind, 0))
    return tuple(replace(fact, id=f"f{index}") for index, fact in enumerate(drafts[:FACTS_MAX], start=1))


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
    family = next((word for word, pattern in _FAMILIES if pattern.search(change.what)), "other")
    values = known(family=family, what=shown(change.what, 200), source=change.source)
    said = f"{change.component} was changed: {change.what}"
    return Fact("", "changes", change.component, "change", shown(said), change.at, change.source, values)
