"""Faults told by measurements: a component stands out among all others, and the family that moved says how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lamplighter.diagnosis.catalogue.fault_kind import ANY_CONDITION, AtLeast, Clue, FaultKind

MEASURED_CEILING = 0.95
ORIGIN = "origin"
# In standard deviations of chance: what a log says once or twice is no reason.
NEWS_WEIGHT = 3.0


def _measured(name: str, leads: tuple[str, ...], families: tuple[str, ...], *clauses: str) -> FaultKind:
    """A kind that a component standing out by one of `leads` brings up; shifts of `families` are cited for it."""
    return FaultKind(
        name,
        (
            Clue(ORIGIN, 0.1, {"lead": leads}, decisive=True),
            *(Clue("metric_shift", 0.0, {"family": family, "doublings": AtLeast(0.0)}) for family in families),
            Clue("own_share", 0.0),
            Clue("trace_own_time", 0.0),
            Clue("step_missing", 0.0),
            Clue("log_new", 0.0),
            Clue("log_template", 0.0, {"error": AtLeast(1.0), "weight": AtLeast(NEWS_WEIGHT)}),
            Clue("change", 0.0),
            Clue("alert", 0.0, {"state": "firing"}),
        ),
        (*clauses, ": {what} rose from {was} to {became}"),
        ("traces", "log"),
        ANY_CONDITION,
        yields=True,
        ceiling=MEASURED_CEILING,
    )


SIGNAL_FAULTS = (
    _measured(
        "latency_injected",
        ("latency",),
        ("latency",),
        "{component} became slow by itself, and what calls it waits for it",
    ),
    _measured(
        "network_latency",
        ("network",),
        ("latency",),
        "calls to {component} became slow on the way: its callers wait, and it does not see it itself",
    ),
    _measured(
        "error_injected",
        ("errors", "other"),
        ("availability", "errors", "latency"),
        "{component} fails by itself, and what calls it fails with it",
    ),
    _measured(
        "cpu_saturation",
        ("cpu", "resource"),
        ("cpu", "latency"),
        "{component} uses all the processor time that it may use",
    ),
    _measured("memory_leak", ("memory",), ("memory", "latency"), "{component} holds more and more memory"),
    _measured("noisy_neighbour", ("host",), ("host", "latency"), "what runs beside {component} takes its processor"),
    _measured("disk_io_saturation", ("disk",), ("disk", "latency"), "the disk of {component} is overloaded"),
    _measured(
        "thread_pool_exhausted",
        ("saturation",),
        ("saturation", "latency"),
        "{component} has work waiting that it does not get done",
    ),
    _measured("crash_loop", ("state",), (), "{component} does not stay up"),
    _measured("connection_refused", ("silence",), (), "{component} cannot be reached by what calls it"),
)


def merged(kinds: Iterable[FaultKind]) -> tuple[FaultKind, ...]:
    """The catalogue with the measured kinds: one that is known already keeps its words, and gains these clues."""
    measured = {kind.name: kind for kind in SIGNAL_FAULTS}
    found: list[FaultKind] = []
    for kind in kinds:
        more = measured.pop(kind.name, None)
        own = tuple(clue for clue in kind.clues if clue.kind != "metric_shift")
        words = (*kind.clauses, *more.clauses[1:]) if more is not None else kind.clauses
        found.append(kind if more is None else replace(kind, clues=own + more.clues, clauses=words))
    return (*found, *measured.values())
