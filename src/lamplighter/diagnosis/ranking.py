"""Ranks candidates: blame goes to the deepest component whose own state explains the trouble above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.catalogue.fault_kind import IN_TROUBLE, Condition
from lamplighter.diagnosis.dependence import Dependence
from lamplighter.diagnosis.explaining import explained, only_measured
from lamplighter.diagnosis.readers.roles import watches
from lamplighter.diagnosis.standing import Standing
from lamplighter.diagnosis.weighing import Candidate, weigh
from lamplighter.domain.cause import RuledOut

CARRIES_FROM = 0.5
CONSEQUENCE_ODDS = -3.0
CONSEQUENCE_CEILING = 0.3
BETTER_REASON_ODDS = -2.0
BELOW_REASON_ODDS = 0.7
BELOW_REASON = 0.1
UNRELATED_ODDS = -2.0
AGAINST_MAX = 3
NONE_LOWERED: Mapping[tuple[str, str], float] = {}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates, the most likely first, and what the health of components rules out."""

    candidates: tuple[Candidate, ...]
    ruled_out: tuple[RuledOut, ...]


def rank(
    everyone: dict[str, Standing],
    dependence: Dependence,
    subject: str,
    ceilings: Mapping[tuple[str, str], float] = NONE_LOWERED,
) -> Ranking:
    """Every kind of fault that any fact brings up, on every component; `ceilings` lower some (component, kind)."""
    found: list[Candidate] = []
    ruled_out: list[RuledOut] = []
    seen_in_trouble = any(one.condition in IN_TROUBLE and not watches(one.component) for one in everyone.values())
    kinds = [kind for kind in CATALOGUE if not (kind.of_watching and seen_in_trouble)]
    for standing in everyone.values():
        for kind in kinds if standing.facts else ():
            candidate = weigh(kind, standing, everyone, dependence)
            if candidate is None:
                continue
            highest = ceilings.get((standing.component, kind.name))
            if highest is not None:
                candidate = replace(candidate, ceiling=min(candidate.ceiling, highest))
            healthy = standing.condition is Condition.HEALTHY and Condition.HEALTHY not in kind.credible
            if healthy and not candidate.measured:
                ruled_out.append(RuledOut(standing.component, kind.name, standing.because))
            else:
                found.append(candidate)
    related = _weaken_unrelated(_weaken_generic(found), dependence, subject)
    settled = explained(_weaken_consequences(related, dependence), dependence)
    settled.sort(key=lambda one: (-one.confidence, -one.odds, one.component, one.kind.name))
    return Ranking(tuple(settled), tuple(ruled_out))


def _weaken_generic(candidates: Sequence[Candidate]) -> list[Candidate]:
    """A crash whose reason is known is not a cause beside its reason."""
    reasons: dict[str, Candidate] = {}
    for one in candidates:
        held = reasons.get(one.component)
        tells = not one.kind.generic and not only_measured(one) and one.confidence >= CARRIES_FROM
        if tells and (held is None or one.odds > held.odds):
            reasons[one.component] = one
    settled: list[Candidate] = []
    for one in candidates:
        reason = reasons.get(one.component) if one.kind.generic else None
        if reason is None:
            settled.append(one)
            continue
        odds = min(one.odds + BETTER_REASON_ODDS, reason.odds - BELOW_REASON_ODDS)
        settled.append(replace(one, odds=odds, ceiling=min(one.ceiling, max(0.05, reason.confidence - BELOW_REASON))))
    return settled


def _weaken_unrelated(candidates: list[Candidate], dependence: Dependence, subject: str) -> list[Candidate]:
    """What the component of the alert does not need is not likely to be why the alert fires."""
    if subject not in dependence.listed:
        return candidates
    related = dependence.below(subject) | {subject}
    return [one if one.component in related else replace(one, odds=one.odds + UNRELATED_ODDS) for one in candidates]


def _weaken_consequences(candidates: list[Candidate], dependence: Dependence) -> list[Candidate]:
    below = {one.component: dependence.below(one.component) for one in candidates}
    carriers = _carriers(candidates, below)
    settled: list[Candidate] = []
    for one in candidates:
        deeper = [carriers[name] for name in sorted(below[one.component]) if _explains(name, one, carriers, below)]
        settled.append(_as_consequence(one, deeper) if deeper and _gives_way(one) else one)
    return settled


def _gives_way(one: Candidate) -> bool:
    """Whether this may be a mere consequence: by its kind, or because its log says that it waited for another."""
    return one.kind.yields or (one.kind.generic and one.waits)


def _carriers(candidates: list[Candidate], below: dict[str, frozenset[str]]) -> dict[str, Candidate]:
    """The components in trouble of their own, each with its best candidate."""
    strong = sorted((one for one in candidates if one.confidence >= CARRIES_FROM), key=lambda one: -one.odds)
    carriers: dict[str, Candidate] = {}
    for one in strong:
        if not _gives_way(one):
            carriers.setdefault(one.component, one)
    # Whoever reaches less stands deeper, so that what explains a component is settled before the component is.
    for one in sorted(strong, key=lambda one: (len(below[one.component]), one.component)):
        if one.component not in carriers and not any(
            _explains(name, one, carriers, below) for name in below[one.component]
        ):
            carriers[one.component] = one
    return carriers


def _explains(name: str, one: Candidate, carriers: dict[str, Candidate], below: dict[str, frozenset[str]]) -> bool:
    """Whether the trouble of `name` explains this candidate; in a cycle only what yields to nobody does."""
    if name not in carriers:
        return False
    return one.component not in below.get(name, frozenset()) or not _gives_way(carriers[name])


def _as_consequence(one: Candidate, deeper: list[Candidate]) -> Candidate:
    reasons = tuple(fact.id for cause in deeper for fact in cause.cited[:1])[:AGAINST_MAX]
    ceiling = min(one.ceiling, CONSEQUENCE_CEILING)
    against = tuple(dict.fromkeys(one.against + reasons))
    return replace(one, odds=one.odds + CONSEQUENCE_ODDS, ceiling=ceiling, against=against)
