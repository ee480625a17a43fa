"""Reads the alerting rules that an alert may come from: their state, and whether Prometheus can evaluate them."""

from __future__ import annotations

from lamplighter.diagnosis.readers.alertmanager import component_of
from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, number, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import instant
from lamplighter.domain.evidence import Evidence, Fact

RULES_MAX = 20
ALERTS_MAX = 1000


def read_rules(evidence: Evidence) -> list[Fact]:
    """One fact `rule` for each alerting rule. Raises `Unreadable`."""
    data = decoded(evidence.content)
    if text(data, "status") != "success":
        raise Unreadable(f"the API did not answer success: {shown(text(data, 'error')) or 'no reason given'}")
    rules = [rule for group in items(data, "data", "groups") for rule in items(group, "rules")]
    return [_fact(evidence, rule) for rule in rules[:RULES_MAX] if text(rule, "state")]


def _fact(evidence: Evidence, rule: object) -> Fact:
    name, state, health = (
        shown(text(rule, "name"), 120),
        shown(text(rule, "state"), 20),
        shown(text(rule, "health"), 20),
    )
    active = [alert for alert in items(rule, "alerts")[:ALERTS_MAX] if text(alert, "state") == "firing"]
    own = [alert for alert in active if component_of(at(alert, "labels")) == owner(evidence)]
    since = min(filter(None, (instant(text(alert, "activeAt")) for alert in own or active)), default=None)
    error = shown(text(rule, "lastError"), 200)
    values = known(
        name=name,
        state=state,
        health=health,
        error=error,
        firing=float(len(active)),
        firing_here=float(len(own)),
        for_seconds=number(rule, "duration"),
        expression=shown(text(rule, "query"), 300),
    )
    said = f"rule {name} is {state}"
    if health == "err":
        said = f"rule {name} cannot be evaluated: {error or 'no reason given'}"
    elif active:
        said += f" for {len(active)} series"
    return draft(evidence, "rule", f"{said}; its expression: {values.get('expression', '')}", values, at=since)
