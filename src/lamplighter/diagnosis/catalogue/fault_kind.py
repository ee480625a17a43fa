"""What a kind of fault is made of: clues for and against it, and the words that state it. Data, no judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from lamplighter.domain.evidence import Fact

STATE_KINDS = frozenset({"state", "event", "probe", "health", "usage", "up", "disk"})


class Condition(StrEnum):
    """How a component stands now, by what was seen of it."""

    DOWN = "down"
    RESTARTING = "restarting"
    FAILING = "failing"
    RUNNING = "running"
    HEALTHY = "healthy"
    UNKNOWN = "unknown"


IN_TROUBLE = frozenset({Condition.DOWN, Condition.RESTARTING, Condition.FAILING})
NOT_UP = frozenset({Condition.DOWN, Condition.RESTARTING})
ANY_CONDITION = frozenset(Condition)


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A number of this size or more."""

    least: float


@dataclass(frozen=True, slots=True)
class Below:
    """A number less than this."""

    bound: float


@dataclass(frozen=True, slots=True)
class Absent:
    """No value under this key."""


Test = str | float | tuple[str | float, ...] | AtLeast | Below | Absent


@dataclass(frozen=True, slots=True)
class Clue:
    """A kind of fact that speaks for (weight above 0) or against a fault; `decisive` ones bring it up at all.

    Weights are log-odds. A clue of weight 0 adds nothing and is cited all the same.
    """

    kind: str
    weight: float
    where: Mapping[str, Test] = field(default_factory=dict)
    decisive: bool = False

    @property
    def of_state(self) -> bool:
        """Whether it rests on what an engine or a probe saw, and not on what somebody wrote into a log."""
        return self.kind in STATE_KINDS

    def matches(self, fact: Fact) -> bool:
        """Whether a fact is what this clue looks for."""
        return fact.kind == self.kind and all(_holds(test, fact, key) for key, test in self.where.items())


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault.

    `clauses` are joined into the statement, each one only where all values that it names are known.
    `credible` are the conditions in which it may be more than possible. `yields` says that the same picture is a mere
    consequence where something that the component needs is in trouble. `generic` gives way to a better reason found
    for the same component. `below_answers` is added where all that the component needs was seen to answer.
    `of_watching` is no explanation where any component was itself seen in trouble.
    """

    name: str
    clues: tuple[Clue, ...]
    clauses: tuple[str, ...]
    needs: tuple[str, ...] = ()
    credible: frozenset[Condition] = IN_TROUBLE
    yields: bool = False
    generic: bool = False
    below_answers: float = 0.0
    of_watching: bool = False
    ceiling: float = 0.97


def sign(name: str, weight: float, *, decisive: bool = False) -> Clue:
    """A clue that a known line of a log gives."""
    return Clue("log_sign", weight, {"sign": name}, decisive)


def _holds(test: Test, fact: Fact, key: str) -> bool:
    value = fact.values.get(key)
    if isinstance(test, Absent):
        return value is None
    if isinstance(test, AtLeast):
        return isinstance(value, float | int) and value >= test.least
    if isinstance(test, Below):
        return isinstance(value, float | int) and value < test.bound
    if isinstance(test, tuple):
        return value in test
    return value == test
