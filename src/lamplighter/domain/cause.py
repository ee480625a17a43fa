"""A cause is a component and a kind of fault with a confidence; a diagnosis is what may be said, and what may not."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.domain.evidence import Fact

CONFIRMED_FROM = 0.9
LIKELY_FROM = 0.6


@dataclass(frozen=True, slots=True)
class Cause:
    """One ranked cause. `facts` and `against` are ids of facts; `confidence` is from 0 to 1.

    `immediate` and `prevention` are what a person can do at once, and against the next time.
    `seen` is whether a look at the component itself carries it: what alerts, series or logs say alone brings no action.
    """

    rank: int
    component: str
    fault: str
    confidence: float
    word: str
    statement: str
    facts: tuple[str, ...]
    against: tuple[str, ...] = ()
    immediate: tuple[str, ...] = ()
    prevention: tuple[str, ...] = ()
    seen: bool = False


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A cause that the facts speak against."""

    component: str
    fault: str
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Ranked causes with their facts; or `undetermined`, with the evidence that would settle it."""

    causes: tuple[Cause, ...] = ()
    facts: tuple[Fact, ...] = ()
    ruled_out: tuple[RuledOut, ...] = ()
    undetermined: bool = False
    needs: tuple[str, ...] = ()
    statement: str = ""
    engine: str = "rules"
    elapsed_seconds: float = 0.0

    @property
    def best(self) -> Cause | None:
        """The first cause, where there is one."""
        return self.causes[0] if self.causes else None

    def cited(self, cause: Cause) -> tuple[Fact, ...]:
        """The facts that a cause rests on, in its own order."""
        by_id = {fact.id: fact for fact in self.facts}
        return tuple(by_id[key] for key in cause.facts if key in by_id)


def confidence_word(confidence: float) -> str:
    """The word for a confidence: confirmed, likely, possible."""
    if confidence >= CONFIRMED_FROM:
        return "confirmed"
    return "likely" if confidence >= LIKELY_FROM else "possible"
