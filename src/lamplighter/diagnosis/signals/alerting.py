"""Deduces from alerts and the topology where the trouble began: the thing itself, the deepest, the unreached."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from lamplighter.diagnosis.dependence import Dependence
from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.evidence import Case

ALERTS_MAX = 2_000
NAME_LABELS = ("component", "container", "pod", "deployment", "statefulset", "daemonset", "service", "job", "name")
PLACE_LABELS = ("instance", "node", "host", "namespace")
ITSELF = 3.0
ASKING = 1.6
BOTH = 0.4
EXPLAINED = 0.2
UNREACHED = 0.9
TRUNK = 1.3
UNKNOWN_PLACE = 2.2
UNSEEN = 1.1


class Trouble(StrEnum):
    """What kind of thing an alert says of its component."""

    STATE = "state"
    ERRORS = "errors"
    LATENCY = "latency"
    RESOURCE = "resource"
    SILENCE = "silence"
    OTHER = "other"


_WORDS = tuple(
    (trouble, re.compile(pattern, re.IGNORECASE))
    for trouble, pattern in (
        (Trouble.SILENCE, r"(?:^|_)no_?(?:request|traffic|database|operation|data|message|call)|absent|missing|silent"),
        (Trouble.ERRORS, r"error|fail|5xx|exception|availability|unavailable|success"),
        (Trouble.LATENCY, r"latenc|slow|duration|response_?time|delay"),
        (
            Trouble.STATE,
            r"^kube|crash|not_?ready|waiting|stuck|down$|oom|restart|evict|pending|mismatch|unhealthy|hang|hung|health",
        ),
        (Trouble.RESOURCE, r"cpu|memory|disk|filesystem|inode|throttl|spend|saturat|quota|load|queue|pool|space"),
    )
)


def trouble_of(name: str) -> Trouble:
    """The kind of trouble that the name of an alert tells."""
    return next((trouble for trouble, pattern in _WORDS if pattern.search(name)), Trouble.OTHER)


def component_of(case: Case, alert: Alert) -> str:
    """The component an alert speaks of: a name that may be answered first, then the first name at all."""
    named = [
        value for label in (*NAME_LABELS, *PLACE_LABELS) if (value := alert.labels.get(label, "").removeprefix("/"))
    ]
    known = frozenset(case.components)
    return next((name for name in named if name in known), case.subject or next(iter(named), ""))


def troubles_of(case: Case) -> dict[str, frozenset[Trouble]]:
    """The troubles of every component that a firing alert names."""
    found: dict[str, set[Trouble]] = {}
    for alert in case.alerts[:ALERTS_MAX]:
        component = component_of(case, alert)
        if alert.status is not AlertStatus.RESOLVED and component:
            found.setdefault(component, set()).add(trouble_of(alert.name))
    return {component: frozenset(kinds) for component, kinds in found.items()}


def deduce(troubles: Mapping[str, frozenset[Trouble]], dependence: Dependence) -> dict[str, tuple[float, Trouble]]:
    """For each suspect how strongly the alerts point at it, and by which trouble."""
    below = {name: dependence.below(name) for name in troubles}
    itself = {name for name, kinds in troubles.items() if kinds & {Trouble.STATE, Trouble.RESOURCE}}
    asking = {name for name, kinds in troubles.items() if kinds & {Trouble.ERRORS, Trouble.LATENCY}}
    silent = {name for name, kinds in troubles.items() if Trouble.SILENCE in kinds}
    found: dict[str, tuple[float, Trouble]] = {}
    for name in sorted(itself):
        trouble = Trouble.STATE if Trouble.STATE in troubles[name] else Trouble.RESOURCE
        _add(found, name, ITSELF * (EXPLAINED if below[name] & itself else 1.0), trouble)
    deepest = {name for name in asking if not below[name] & (asking | itself)}
    for name in sorted(asking):
        both = BOTH if {Trouble.ERRORS, Trouble.LATENCY} <= troubles[name] else 0.0
        kind = Trouble.ERRORS if Trouble.ERRORS in troubles[name] else Trouble.LATENCY
        _add(found, name, ASKING + both if name in deepest else ASKING * EXPLAINED, kind)
    _unreached(found, silent, deepest, below, dependence)
    return found


def _unreached(
    found: dict[str, tuple[float, Trouble]],
    silent: set[str],
    deepest: set[str],
    below: Mapping[str, frozenset[str]],
    dependence: Dependence,
) -> None:
    """What an asking component needs may be the reason: silent ones cannot be reached, unseen ones never alert."""
    for name in sorted(silent):
        if not dependence.listed:
            _add(found, name, UNKNOWN_PLACE if deepest else UNREACHED, Trouble.SILENCE)
            continue
        if name in deepest:
            _add(found, name, UNREACHED, Trouble.SILENCE)
        # Where the asking component is itself silent, what it would call is silent because of it.
        if not any(name in dependence.needs.get(asker, ()) for asker in deepest - silent):
            continue
        others = silent - {name}
        reached = below[name]
        explained = [one for one in others if one in reached or reached & frozenset(dependence.needs.get(one, ()))]
        share = len(explained) / len(others) if len(others) > 1 else 0.0
        _add(found, name, UNREACHED + TRUNK * share * share, Trouble.SILENCE)
    for asker in sorted(deepest):
        unseen = [name for name in dependence.needs.get(asker, ()) if name not in below]
        for name in unseen:
            _add(found, name, UNSEEN / len(unseen), Trouble.SILENCE)


def _add(found: dict[str, tuple[float, Trouble]], name: str, strength: float, trouble: Trouble) -> None:
    held = found.get(name, (0.0, trouble))
    found[name] = (held[0] + strength, held[1])
