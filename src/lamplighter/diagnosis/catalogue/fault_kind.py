"""What a kind of fault is made of: clues for and against it, and the words that state it. Data, no judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from lamplighter.domain.evidence import Fact

STATE_KINDS = frozenset(
    {"state", "event", "probe", "health", "usage", "up", "disk", "kube", "node", "unit", "gauge", "neighbour"}
)


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


Step = tuple[str, ...]
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
    `deliberate` ones are done or meant by somebody, who notes it. `of_watching` is no explanation where any component
    was itself seen in trouble. `at_once` and `later` are what a person can do, each a step of clauses, said as far
    as its values are known; `runbooks` name pages to look for.
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
    deliberate: bool = False
    ceiling: float = 0.97
    at_once: tuple[Step, ...] = ()
    later: tuple[Step, ...] = ()
    runbooks: tuple[str, ...] = ()

    def widened(self, other: FaultKind) -> FaultKind:
        """This kind with another's clues, conditions and help beside its own."""
        return replace(
            self,
            clues=self.clues + tuple(clue for clue in other.clues if clue not in self.clues),
            clauses=self.clauses + tuple(clause for clause in other.clauses[1:] if clause not in self.clauses),
            credible=self.credible | other.credible,
            deliberate=self.deliberate or other.deliberate,
            at_once=self.at_once or other.at_once,
            later=self.later or other.later,
            runbooks=self.runbooks or other.runbooks,
        )


def sign(name: str, weight: float, *, decisive: bool = False) -> Clue:
    """A clue that a known line of a log gives."""
    return Clue("log_sign", weight, {"sign": name}, decisive)


def told(sign_name: str, weight: float, *, decisive: bool = False, **where: Test) -> Clue:
    """A clue that the objects and events of a cluster give, by the name under which it is known."""
    return Clue("kube", weight, {"sign": sign_name, **where}, decisive)


def graded(sign_name: str, weak: float, strong: float, **where: Test) -> tuple[Clue, Clue]:
    """A decisive clue that weighs more where its fact rests on more: `strength` of 0.9 and above."""
    more = Clue("kube", strong - weak, {"sign": sign_name, **where, "strength": AtLeast(0.9)})
    return told(sign_name, weak, decisive=True, **where), more


def beside_the_point(kind: FaultKind) -> FaultKind:
    """The kind with what speaks against any fault: its component was seen in passing, and the question is of others."""
    aside = (Clue("aside", -1.8, {"listed": 1.0}), Clue("aside", -6.0, {"elsewhere": 1.0}))
    return replace(kind, clues=(*kind.clues, *aside))


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
