"""Weighs one kind of fault on one component: clues for, clues against, and how far the picture may be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lamplighter.diagnosis.catalogue.fault_kind import IN_TROUBLE, Clue, Condition, FaultKind
from lamplighter.diagnosis.catalogue.signals import MEASURED_CEILING, ORIGIN
from lamplighter.diagnosis.dependence import Dependence
from lamplighter.diagnosis.standing import Standing
from lamplighter.domain.evidence import Fact

PRIOR = -3.0
CEILING_OUT_OF_PLACE = 0.45
# What only others say of a component is not sure, however many lines they write.
CEILING_HEARSAY = 0.75
CEILING_LOGS_ALONE = 0.55
# Where nobody looked at the component itself, but something else than its own log speaks of its trouble.
CEILING_BACKED = 0.85
CEILING_SEEN = 0.93
ALERT_ALONE = 0.4
# Who did it on purpose wrote it down; nothing else need look ill.
CEILING_DELIBERATE = 0.8
UNLISTED_SHARE = 0.5
UNSEEN_SHARE = -1.1
WAITING_ON_SOMETHING = -1.5
UNSEEN = frozenset({Condition.UNKNOWN, Condition.RUNNING})
WELL = frozenset({Condition.HEALTHY, Condition.RUNNING})
# That the watching sees nothing does not show that what it watches is well.
NOT_SEEN = frozenset({"up", "look_failed"})
# What series say alone is no look at the component itself.
SERIES = frozenset({"gauge", "neighbour"})
BACKING = frozenset({"gauge", "complaint", "symptom", "neighbour", "engine_away"})
WAITS = frozenset({"dependency_wait", "connection_refused", "dns_failure", "database_down"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A kind of fault on a component: its log-odds, the most it may be believed, and the facts on both sides."""

    component: str
    kind: FaultKind
    odds: float
    ceiling: float
    cited: tuple[Fact, ...]
    against: tuple[str, ...]
    below: str = ""
    waits: bool = False
    measured: bool = False
    seen: bool = False

    @property
    def confidence(self) -> float:
        """From 0 to 1."""
        return round(min(1 / (1 + math.exp(-self.odds)), self.ceiling), 3)


def weigh(
    kind: FaultKind, standing: Standing, everyone: dict[str, Standing], dependence: Dependence
) -> Candidate | None:
    """The candidate, or None where no decisive clue is there."""
    held = standing.by_kind
    if not any(clue.decisive and clue.kind in held and _first(clue, held[clue.kind]) for clue in kind.clues):
        return None
    hits = [(clue, fact) for clue in kind.clues if (fact := _first(clue, standing.of_kind(clue.kind))) is not None]
    odds = PRIOR + sum(clue.weight for clue, _ in hits)
    waits = any(fact.values.get("sign") in WAITS for fact in standing.facts)
    share, answering = _below(standing.component, everyone, dependence)
    odds += kind.below_answers * share
    if kind.yields and waits and share < UNLISTED_SHARE:
        odds += WAITING_ON_SOMETHING
    cited = _cited(hits) + answering * bool(kind.below_answers)
    backing = {fact.id for fact in cited}
    against = tuple(dict.fromkeys(fact.id for clue, fact in hits if clue.weight < 0 and fact.id not in backing))
    needed = ", ".join(sorted({fact.component for fact in answering}))
    below = f" ({needed})" if needed else ""
    ceiling = _ceiling(kind, standing, hits)
    origin = next((fact for _, fact in hits if fact.kind == ORIGIN), None)
    stands_out = origin.number("odds") if origin is not None else None
    seen = any(_saw(clue, fact) and clue.kind not in SERIES for clue, fact in hits)
    # What was only measured is as likely as its component; a mechanism that was seen besides may say more.
    seen_besides = any(clue.decisive and clue.kind != ORIGIN for clue, _ in hits)
    if origin is not None and stands_out is not None and (stands_out >= odds or not seen_besides):
        odds, seen = stands_out, False
        ceiling = ALERT_ALONE if _alert_alone(origin, everyone, dependence) else MEASURED_CEILING
    return Candidate(
        standing.component, kind, odds, ceiling, cited, against, below, waits, measured=origin is not None, seen=seen
    )


def _first(clue: Clue, facts: tuple[Fact, ...]) -> Fact | None:
    return next((fact for fact in facts if clue.matches(fact)), None)


def _decisive(hits: list[tuple[Clue, Fact]]) -> list[tuple[Clue, Fact]]:
    return [(clue, fact) for clue, fact in hits if clue.decisive]


def _saw(clue: Clue, fact: Fact) -> bool:
    """Whether it speaks for the fault and rests on a look; what a cluster's rules read out of a log is none."""
    return clue.of_state and clue.weight > 0 and "speaker" not in fact.values


def _cited(hits: list[tuple[Clue, Fact]]) -> tuple[Fact, ...]:
    """Facts that speak for the fault: what was seen before what was written, and the heaviest first."""
    ordered = sorted(hits, key=lambda hit: (not hit[0].of_state, -hit[0].weight))
    return tuple({fact.id: fact for clue, fact in ordered if clue.weight >= 0}.values())


def _ceiling(kind: FaultKind, standing: Standing, hits: list[tuple[Clue, Fact]]) -> float:
    seen = any(_saw(clue, fact) for clue, fact in hits)
    if (
        kind.of_watching
        and standing.condition not in WELL
        and all(fact.kind in NOT_SEEN for _, fact in _decisive(hits))
    ):
        return min(kind.ceiling, CEILING_OUT_OF_PLACE)
    if kind.deliberate and Condition.HEALTHY in kind.credible:
        return kind.ceiling if seen else min(kind.ceiling, CEILING_DELIBERATE)
    backed = standing.condition in UNSEEN and any(_backs(fact) for fact in standing.facts)
    if standing.condition not in kind.credible:
        return min(kind.ceiling, (CEILING_SEEN if seen else CEILING_BACKED) if backed else CEILING_OUT_OF_PLACE)
    if all(fact.kind == "complaint" for _, fact in _decisive(hits)):
        return min(kind.ceiling, CEILING_HEARSAY)
    if not seen and standing.condition not in IN_TROUBLE:
        return min(kind.ceiling, CEILING_BACKED if backed else CEILING_LOGS_ALONE)
    return kind.ceiling


def _alert_alone(origin: Fact, everyone: dict[str, Standing], dependence: Dependence) -> bool:
    """Whether one alert is all that makes it stand out: then the question would be its own answer."""
    alerted = sum(any(fact.kind == "alert" for fact in standing.facts) for standing in everyone.values())
    return origin.values.get("methods") == "alert" and alerted <= 1 and not dependence.listed


def _backs(fact: Fact) -> bool:
    """Whether something other than the component's own log speaks of its trouble."""
    if fact.kind == "alert":
        return fact.values.get("state") == "firing"
    return fact.kind in BACKING


def _below(component: str, everyone: dict[str, Standing], dependence: Dependence) -> tuple[float, tuple[Fact, ...]]:
    """How surely all that a component needs directly answers (at most 1), and the facts that show it.

    Below 0 where something was not seen at all: a component that waits for it would look the same.
    """
    needed = dependence.needs.get(component, ())
    if not needed:
        return (1.0 if component in dependence.listed else UNLISTED_SHARE), ()
    looks = [everyone[name] for name in needed]
    if any(look.condition is Condition.UNKNOWN for look in looks):
        return UNSEEN_SHARE, ()
    if any(look.condition is not Condition.HEALTHY for look in looks):
        return 0.0, ()
    shown_by = {key for look in looks for key in look.because}
    return 1.0, tuple(fact for look in looks for fact in look.facts if fact.id in shown_by)
