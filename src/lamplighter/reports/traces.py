"""What was measured, on the same line of time: series as lines, and checks as strips of what they saw. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from statistics import median

from lamplighter.domain.check import Sample, SampleState
from lamplighter.reports.axis import Window
from lamplighter.reports.charts import UP, Chart
from lamplighter.reports.findings import ShownFact
from lamplighter.reports.lanes import Room
from lamplighter.reports.marks import said

TRACES_MAX = 4
STRIPS_MAX = 4
SLOTS = 160
SAMPLES_MAX = 2_000
# A look counts until the next one, or for so many of its own rounds: past that nobody knows.
ROUNDS_HELD = 2.5
TRACE_WIDTH, TRACE_HEIGHT, TRACE_EDGE = 1000.0, 34.0, 3.0
NAME_LETTERS_MAX = 60
UP_FROM = 0.5
UP_METRICS = frozenset({UP, "probe_success"})
_WORST = (SampleState.FAILING, SampleState.CANNOT_SEE, SampleState.OK)


@dataclass(frozen=True, slots=True)
class Trace:
    """A series in the window. `line` are points in a box of TRACE_WIDTH by TRACE_HEIGHT; empty where none is in it.

    `turned` is where the change is that a fact speaks of, as a share of the picture; None where it lies outside.
    """

    fact: str
    component: str
    metric: str
    chart: Chart
    line: str
    turned: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of one state; `x` and `width` are shares of the picture."""

    x: float
    width: float
    state: SampleState


@dataclass(frozen=True, slots=True)
class Strip:
    """A check, or a series that says up or down. `failed_at` is the first failure in the window."""

    name: str
    looks: tuple[tuple[datetime, SampleState], ...]
    hold: timedelta

    @property
    def failing(self) -> int:
        """How many looks saw a failure."""
        return sum(state is SampleState.FAILING for _, state in self.looks)

    @property
    def failed_at(self) -> datetime | None:
        """The first of them."""
        return next((at for at, state in self.looks if state is SampleState.FAILING), None)


def traces_of(facts: Iterable[ShownFact], window: Window, room: Room) -> tuple[Trace, ...]:
    """The first few series that facts were read from, each once."""
    found: dict[tuple[str, str, tuple[tuple[float, float], ...]], Trace] = {}
    for fact in facts:
        chart = fact.series
        if chart is None or chart.metric in UP_METRICS:
            continue
        key = (fact.component, chart.metric, chart.points)
        if key not in found and len(found) < TRACES_MAX:
            names = said(fact.component, NAME_LETTERS_MAX), said(chart.metric, NAME_LETTERS_MAX)
            turned = chart.changed_at if chart.changed_at is not None and window.holds(chart.changed_at) else None
            place = None if turned is None else room.across(window.share(turned))
            found[key] = Trace(fact.id, *names, chart, _line(chart, window, room), place)
    return tuple(found.values())


def up_strips(facts: Iterable[ShownFact], window: Window) -> tuple[Strip, ...]:
    """The series that say up or down, each component once."""
    found: dict[str, Strip] = {}
    for fact in facts:
        chart = fact.series
        if chart is not None and chart.metric in UP_METRICS and fact.component not in found:
            looks = [
                (at, SampleState.OK if value >= UP_FROM else SampleState.FAILING)
                for when, value in chart.points
                if window.holds(at := datetime.fromtimestamp(when, UTC))
            ]
            gaps = [later - earlier for (earlier, _), (later, _) in pairwise(chart.points)]
            hold = timedelta(seconds=ROUNDS_HELD * median(gaps)) if gaps else timedelta(0)
            found[fact.component] = Strip(
                said(f"{fact.component} {chart.metric}", NAME_LETTERS_MAX), tuple(looks), hold
            )
    return tuple(found.values())[:STRIPS_MAX]


def strip_of(name: str, samples: Sequence[Sample], every_seconds: float, window: Window) -> Strip:
    """One of our own checks, as its samples were kept."""
    kept = [(one.at, one.state) for one in samples[-SAMPLES_MAX:] if window.holds(one.at)]
    pace = every_seconds if math.isfinite(every_seconds) and every_seconds > 0 else 0.0
    hold = timedelta(seconds=min(pace * ROUNDS_HELD, timedelta(days=7).total_seconds()))
    return Strip(said(name, NAME_LETTERS_MAX), tuple(sorted(kept, key=lambda pair: pair[0])), hold)


def runs_of(strip: Strip, window: Window, room: Room) -> tuple[Run, ...]:
    """Its stretches, at most SLOTS: of several looks in one slot the worst counts, so that no short failure is lost."""
    slots: list[SampleState | None] = [None] * SLOTS
    for number, (at, state) in enumerate(strip.looks):
        following = strip.looks[number + 1][0] if number + 1 < len(strip.looks) else window.end
        until = min(following, at + strip.hold)
        first, last = _slot(window.share(at)), _slot(window.share(max(at, until)))
        for place in range(first, max(first, last - 1) + 1):
            known = slots[place]
            slots[place] = state if known is None else min(known, state, key=_WORST.index)
    runs, place = [], 0
    for seen, group in groupby(slots):
        length = len(list(group))
        if seen is not None:
            begin, end = room.across(place / SLOTS), room.across((place + length) / SLOTS)
            runs.append(Run(begin, end - begin, seen))
        place += length
    return tuple(runs)


def _slot(share: float) -> int:
    return min(SLOTS - 1, int(share * SLOTS))


def _line(chart: Chart, window: Window, room: Room) -> str:
    """The part of the series that lies in the window, cut straight at its edges."""
    begin, end = window.begin.timestamp(), window.end.timestamp()
    points = _cut(chart.points, begin, end)
    if len(points) < 2:  # noqa: PLR2004 - a line has two ends
        return ""
    values = [value for _, value in points]
    low, high = min(values), max(values)
    tall = TRACE_HEIGHT - 2 * TRACE_EDGE

    def down(value: float) -> float:
        # Halved first, so that the largest numbers that there are have a difference too.
        share = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else 0.5
        return TRACE_HEIGHT - TRACE_EDGE - tall * share

    return " ".join(
        f"{TRACE_WIDTH * room.across((when - begin) / (end - begin)):.1f},{down(value):.1f}" for when, value in points
    )


def _cut(points: Sequence[tuple[float, float]], begin: float, end: float) -> list[tuple[float, float]]:
    found = [point for point in points if begin <= point[0] <= end]
    for edge, at_front in ((begin, True), (end, False)):
        for one, other in pairwise(points):
            if one[0] < edge < other[0]:
                share = (edge - one[0]) / (other[0] - one[0])
                found.insert(0 if at_front else len(found), (edge, one[1] * (1 - share) + other[1] * share))
    return found
