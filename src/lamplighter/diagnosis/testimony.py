"""What one component wrote may add to a cause that stands without it; alone it neither makes nor unmakes another's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lamplighter.diagnosis.ranking import Ranking
from lamplighter.diagnosis.weighing import Candidate
from lamplighter.domain.cause import LIKELY_FROM
from lamplighter.domain.evidence import Fact

# What stands without a witness may be strengthened by it.
STANDS_FROM = 0.4
# One witness alone: possible, and not likely; what is possible without it becomes likely at most, and never sure.
CEILING_ONE_WITNESS = 0.59
CEILING_STRENGTHENED = 0.75
# Who only repeats of itself what it says of another is no better a cause than the one it blames.
CEILING_ACCUSER = 0.5
# What stood without a component's log about itself is still worth a look, whatever that log explains.
FLOOR_BESIDE_ANOTHER = 0.45
TELLING_FROM = 0.2
# The witnesses that are heard one by one; all others are left out together.
WITNESSES_MAX = 8
_OWN_LOG = frozenset({"log_sign", "log_error"})
_Key = tuple[str, str]
Ceilings = Mapping[_Key, float]
Judge = Callable[[tuple[Fact, ...], Ceilings], Ranking]


@dataclass(slots=True)
class _Bounds:
    ceilings: dict[_Key, float] = field(default_factory=dict)
    floors: dict[_Key, Candidate] = field(default_factory=dict)
    accusers: set[str] = field(default_factory=set)


def accuser_in(fact: Fact) -> str:
    """Whose own log is all that a fact about another component rests on; empty where something else bears it out."""
    if fact.values.get("borne_out"):
        return ""
    name = str(fact.values.get("by" if fact.kind == "complaint" else "speaker", ""))
    return "" if name == fact.component else name


def writer_of(fact: Fact) -> str:
    """Whose log a fact rests on, be it about the writer itself or about another."""
    return fact.component if fact.kind in _OWN_LOG else accuser_in(fact) or str(fact.values.get("speaker", ""))


def cross_examined(facts: tuple[Fact, ...], judge: Judge) -> Ranking:
    """What `judge` makes of the facts, bounded by what it makes of them without each witness in turn."""
    full = judge(facts, {})
    bounds = _Bounds()
    accused = list(_named(full.candidates, accuser_in))
    unaccused = tuple(fact for fact in facts if not accuser_in(fact))
    silence = judge(unaccused, {}).candidates if len(accused) > 1 else ()
    for absent in accused:
        without = judge(tuple(fact for fact in facts if accuser_in(fact) not in absent), {}).candidates
        # What stands where nobody accuses stands without this one as well, whatever the others say.
        _doubt(bounds, full, [*silence, *without], absent)
        _hold(bounds, without, absent, 1.0)
    everybody = frozenset[str]().union(*accused)
    # Who accuses may also speak of itself, and so explain away what two of them do not speak of.
    unheard = (
        judge(tuple(fact for fact in unaccused if writer_of(fact) not in everybody), {}).candidates if silence else ()
    )
    _hold(bounds, [*silence, *unheard], everybody, FLOOR_BESIDE_ANOTHER)
    for absent in _named(full.candidates, writer_of):
        without = judge(tuple(fact for fact in facts if writer_of(fact) not in absent), {}).candidates
        _hold(bounds, without, absent, FLOOR_BESIDE_ANOTHER)
    settled = judge(facts, bounds.ceilings) if bounds.ceilings else full
    bounded = [_bounded(one, bounds) for one in settled.candidates]
    bounded.sort(key=lambda one: (-one.confidence, -one.odds, one.component, one.kind.name))
    return Ranking(tuple(bounded), settled.ruled_out)


def _named(candidates: Sequence[Candidate], whose: Callable[[Fact], str]) -> Iterator[frozenset[str]]:
    """Those on whom anything that is held rests, the ones who say most first, each to be left out once."""
    said: dict[str, int] = {}
    for one in candidates:
        for fact in one.cited if one.confidence >= TELLING_FROM else ():
            said[whose(fact)] = said.get(whose(fact), 0) + 1
    ordered = sorted(said.keys() - {""}, key=lambda name: (-said[name], name))
    yield from (frozenset({name}) for name in ordered[:WITNESSES_MAX])
    if ordered[WITNESSES_MAX:]:
        yield frozenset(ordered[WITNESSES_MAX:])


def _doubt(bounds: _Bounds, full: Ranking, without: Sequence[Candidate], absent: frozenset[str]) -> None:
    """Lower what does not stand, or not so well, without these witnesses."""
    alone: dict[_Key, float] = {}
    for one in without:
        alone[_key(one)] = max(one.confidence, alone.get(_key(one), 0.0))
    for one in full.candidates:
        stands = alone.get(_key(one), 0.0)
        if one.component in absent or stands >= LIKELY_FROM:
            continue
        highest = CEILING_STRENGTHENED if stands >= STANDS_FROM else CEILING_ONE_WITNESS
        bounds.ceilings[_key(one)] = min(highest, bounds.ceilings.get(_key(one), highest))
        if highest == CEILING_ONE_WITNESS and one.confidence >= STANDS_FROM:
            bounds.accusers |= absent


def _hold(bounds: _Bounds, without: Sequence[Candidate], absent: frozenset[str], most: float) -> None:
    """Keep what these witnesses would push down, up to `most`; they may point away from themselves."""
    for one in without:
        held = replace(one, ceiling=min(one.ceiling, most))
        before = bounds.floors.get(_key(one))
        if one.component not in absent and (before is None or held.confidence > before.confidence):
            bounds.floors[_key(one)] = held


def _bounded(one: Candidate, bounds: _Bounds) -> Candidate:
    highest = bounds.ceilings.get(_key(one), 1.0)
    if one.component in bounds.accusers and one.waits and one.kind.yields:
        highest = min(highest, CEILING_ACCUSER)
    one = replace(one, ceiling=min(one.ceiling, highest))
    held = bounds.floors.get(_key(one))
    if held is None:
        return one
    # What stands while one witness is silent may yet rest on another.
    least = replace(held, ceiling=min(held.ceiling, highest))
    return one if one.confidence >= least.confidence else replace(one, odds=least.odds, ceiling=least.ceiling)


def _key(one: Candidate) -> _Key:
    return one.component, one.kind.name
