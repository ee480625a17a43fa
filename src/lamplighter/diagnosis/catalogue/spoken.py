"""How most kinds are told: by a line of its own log, by a level, or by what others complain of. Builds kinds."""

from __future__ import annotations

from collections.abc import Iterable

from lamplighter.diagnosis.catalogue.fault_kind import (
    ANY_CONDITION,
    IN_TROUBLE,
    AtLeast,
    Clue,
    Condition,
    FaultKind,
    Step,
    sign,
)
from lamplighter.diagnosis.catalogue.process import OOM, STOPPED

TROUBLED = (
    Clue("alert", 0.6, {"state": "firing"}),
    Clue("symptom", 0.6),
    Clue("complaint", 0.5),
    Clue("probe", 0.6, {"state": "failing"}),
)
# A component may be short of something while it runs and even while its health check passes.
ALIVE = frozenset({*IN_TROUBLE, Condition.RUNNING})


def gauge(meaning: str, weight: float, *, decisive: bool = True, **where: float) -> Clue:
    """A clue that a level gives."""
    return Clue("gauge", weight, {"meaning": meaning, **where}, decisive)


def complaint(error: str | tuple[str, ...], weight: float, *, decisive: bool = True, role: str = "") -> Clue:
    """A clue that another component's log gives of this one."""
    return Clue("complaint", weight, {"error": error, **({"role": role} if role else {})}, decisive)


def told_kind(
    name: str,
    weight: float,
    clues: Iterable[Clue] = (),
    *clauses: str,
    yields: bool = False,
    generic: bool = False,
    credible: frozenset[Condition] = ALIVE,
    ceiling: float = 0.95,
    deliberate: bool = False,
    troubled: bool = True,
    at_once: tuple[Step, ...] = (),
    later: tuple[Step, ...] = (),
) -> FaultKind:
    """A kind with its own sign of `weight`, and with what speaks for any trouble."""
    own = (
        (sign(name, weight, decisive=True), Clue("log_sign", 0.4, {"sign": name, "count": AtLeast(3.0)}))
        if weight
        else ()
    )
    return FaultKind(
        name,
        (*own, *clues, *(TROUBLED if troubled else ()), *STOPPED, *OOM),
        clauses,
        ("log", "metric"),
        credible,
        yields=yields,
        generic=generic,
        below_answers=0.3,
        ceiling=ceiling,
        deliberate=deliberate,
        at_once=at_once,
        later=later,
    )


EVERYWHERE = ANY_CONDITION
