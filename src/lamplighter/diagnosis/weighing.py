"""Weighs one kind of fault on one component: clues for, clues against, and how far the picture may be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from lamplighter.diagnosis.catalogue.fault_kind import IN_TROUBLE, Clue, Condition, FaultKind
from lamplighter.diagnosis.dependence import Dependence
from lamplighter.diagnosis.standing import Standing
from lamplighter.domain.evidence import Fact

PRIOR = -3.0
CEILING_OUT_OF_PLACE = 0.45
CEILING_LOGS_ALONE = 0.55
UNLISTED_SHARE = 0.5
UNSEEN_SHARE = -1.1
WAITING_ON_SOMETHING = -1.5
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

    @property
    def confidence(self) -> float:
        """From 0 to 1."""
        return round(min(1 / (1 + math.exp(-self.odds)), self.ceiling), 3)


def weigh(
    kind: FaultKind, standing: Standing, everyone: dict[str, Standing], dependence: Dependence
) -> Candidate | None:
    """The candidate, or None where no decisive clue is there."""
    hits = [(clue, fact) for clue in kind.clues if (fact := _first(clue, standing.facts)) is not None]
    if not any(clue.decisive for clue, _ in hits):
        return None
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
    return Candidate(standing.component, kind, odds, _ceiling(kind, standing, hits), cited, against, below, waits)


def _first(clue: Clue, facts: tuple[Fact, ...]) -> Fact | None:
    return next((fact for fact in facts if clue.matches(fact)), None)


def _cited(hits: list[tuple[Clue, Fact]]) -> tuple[Fact, ...]:
    """Facts that speak for the fault: what was seen before what was written, and the heaviest first."""
    ordered = sorted(hits, key=lambda hit: (not hit[0].of_state, -hit[0].weight))
    return tuple({fact.id: fact for clue, fact in ordered if clue.weight >= 0}.values())


def _ceiling(kind: FaultKind, standing: Standing, hits: list[tuple[Clue, Fact]]) -> float:
    if standing.condition not in kind.credible:
        return min(kind.ceiling, CEILING_OUT_OF_PLACE)
    seen = any(clue.of_state and clue.weight > 0 for clue, _ in hits)
    if not seen and standing.condition not in IN_TROUBLE:
        return min(kind.ceiling, CEILING_LOGS_ALONE)
    return kind.ceiling


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
