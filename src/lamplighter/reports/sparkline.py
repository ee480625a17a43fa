"""A series as a small picture: in block characters, as a path for SVG, and in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lamplighter.reports.charts import Chart
from lamplighter.reports.units import amount

BLOCKS = "▁▂▃▄▅▆▇█"
DIGITS = "01234567"
CHARACTERS_MAX = 40
WIDTH, HEIGHT, MARGIN = 240, 48, 5
DIAMOND = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A line in a box of WIDTH by HEIGHT; `mark_x` is where the change is, None where it lies outside."""

    line: str
    mark_x: float | None
    diamond: str


def drawn(chart: Chart, *, unicode: bool = True) -> str:
    """The values as block characters, or as digits from 0 to 7 where a terminal has no Unicode."""
    values = _narrowed([value for _, value in chart.points])
    low, high = min(values), max(values)
    signs = BLOCKS if unicode else DIGITS
    if low == high:
        return signs[0] * len(values)
    return "".join(signs[round((value - low) / (high - low) * (len(signs) - 1))] for value in values)


def picture(chart: Chart) -> Picture:
    """The same for SVG, with a diamond on the line of the change."""
    times, values = [when for when, _ in chart.points], [value for _, value in chart.points]
    low, high, first, last = min(values), max(values), times[0], times[-1]

    def across(when: float) -> float:
        return MARGIN + (WIDTH - 2 * MARGIN) * ((when - first) / (last - first) if last > first else 0.5)

    def down(value: float) -> float:
        return HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * ((value - low) / (high - low) if high > low else 0.5)

    line = " ".join(f"{across(when):.1f},{down(value):.1f}" for when, value in chart.points)
    changed = chart.changed_at.timestamp() if chart.changed_at else None
    if changed is None or not first <= changed <= last:
        return Picture(line, None, "")
    x, y = across(changed), down(_level_at(chart, changed))
    corners = ((x, y - DIAMOND), (x + DIAMOND, y), (x, y + DIAMOND), (x - DIAMOND, y))
    return Picture(line, round(x, 1), " ".join(f"{one:.1f},{other:.1f}" for one, other in corners))


def told(chart: Chart, time_of: Callable[[datetime], str]) -> str:
    """The change in words: rose from 0.9 to 2 between 02:10 and 02:20."""
    before, after = amount(chart.before, chart.unit), amount(chart.after, chart.unit)
    if before == after:
        return f"stayed at {after} from {time_of(_first(chart))} to {time_of(_last(chart))}"
    moved = "rose" if chart.after > chart.before else "fell"
    began, ended = time_of(chart.began_at), time_of(chart.ended_at)
    when = f"at {ended}" if began == ended else f"between {began} and {ended}"
    return f"{moved} from {before} to {after} {when}"


def _narrowed(values: Sequence[float]) -> list[float]:
    """At most CHARACTERS_MAX values, the highest of each stretch."""
    size = -(-len(values) // CHARACTERS_MAX)
    return [max(values[place : place + size]) for place in range(0, len(values), size)]


def _level_at(chart: Chart, when: float) -> float:
    """Where the line is at a time: between two points it runs straight."""
    for (left, low), (right, high) in zip(chart.points, chart.points[1:], strict=False):
        if left <= when <= right and right > left:
            return low + (high - low) * (when - left) / (right - left)
    return chart.points[-1][1]


def _first(chart: Chart) -> datetime:
    return datetime.fromtimestamp(chart.points[0][0], chart.began_at.tzinfo)


def _last(chart: Chart) -> datetime:
    return datetime.fromtimestamp(chart.points[-1][0], chart.began_at.tzinfo)
