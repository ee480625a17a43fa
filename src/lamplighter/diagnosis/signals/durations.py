"""Which component takes longer by itself: time of its own, without that of whom it calls, now and normally."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from lamplighter.diagnosis.signals.spans import Visit

VISITS_MIN = 5
HIGH_QUANTILE = 0.9
HALVES = 2
LEAST_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Slowing:
    """Own time of one kind of visit: its middle now and normally, and the doublings beyond what is normally high."""

    component: str
    entry: str
    before: float
    after: float
    size: float
    at: float
    evidence: str


def slowings_of(window: Sequence[Visit], normal: Sequence[Visit]) -> list[Slowing]:
    """The kinds of visits whose own time grew, the most first."""
    scale = max(LEAST_SECONDS, median([max(0.0, visit.own) for visit in normal])) if normal else LEAST_SECONDS
    now, before = kinds_of(window), kinds_of(normal)
    found: list[Slowing] = []
    for kind in sorted(now.keys() & before.keys()):
        if min(len(now[kind]), len(before[kind])) >= VISITS_MIN:
            found += _slowing(sorted(now[kind], key=lambda visit: visit.start), before[kind], scale)
    return sorted(found, key=lambda one: (-one.size, one.component, one.entry))


def kinds_of(visits: Iterable[Visit]) -> dict[tuple[str, str], list[Visit]]:
    """Visits by component and entry."""
    kinds: dict[tuple[str, str], list[Visit]] = {}
    for visit in visits:
        kinds.setdefault((visit.component, visit.entry), []).append(visit)
    return kinds


def _slowing(now: list[Visit], before: list[Visit], scale: float) -> list[Slowing]:
    usual = sorted(max(0.0, visit.own) for visit in before)
    high = usual[min(len(usual) - 1, int(HIGH_QUANTILE * len(usual)))]
    # A fault may begin in the middle of the stretch, so that its later half is looked at by itself too.
    parts = [part for part in (now, now[len(now) // HALVES :]) if len(part) >= VISITS_MIN]
    best = max(parts, key=lambda part: median([visit.own for visit in part]))
    level = max(0.0, median([visit.own for visit in best]))
    size = math.log2((level + scale) / (high + scale))
    first = best[0]
    if size <= 0:
        return []
    return [Slowing(first.component, first.entry, median(usual), level, size, first.start, first.evidence)]
