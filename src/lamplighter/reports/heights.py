"""How high everything in the picture of an incident stands: bands below each other, and the axis beneath them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo

from lamplighter.domain.check import SampleState
from lamplighter.reports.chronology import Bar, Drawing, Guide
from lamplighter.reports.lanes import NARROW, Item, Lane, Room, shortened, wrapped
from lamplighter.reports.sparkline import told
from lamplighter.reports.traces import TRACE_HEIGHT, Run, Strip, Trace

ROW, BAR_ROW, TEXT_ROW, STRIP_ROW, BAND_GAP = 28.0, 34.0, 17.0, 16.0, 10.0
AXIS = 22.0
# Where a bar runs below its marks, and where the foot of a line of text stands in its row.
BAR_DROP, TEXT_DROP = 29.0, 12.0
EDGE = 0.06
NAME_COLUMNS_MAX, LINES_MAX = 44, 2
# Running words are narrower than names on the average.
CAPTION_COLUMN = 6.7


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text that begins at the left of the picture."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Label:
    """A round time under the axis, and at which of its ends it hangs."""

    x: float
    text: str
    anchor: str


@dataclass(slots=True)
class Layout:
    """What is drawn where. `y` is the middle of marks, the top of lines and strips, the foot of words."""

    room: Room
    height: float = 0.0
    heads: list[Words] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    items: list[tuple[float, Item]] = field(default_factory=list)
    bars: list[tuple[float, Bar]] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    traces: list[tuple[float, Trace]] = field(default_factory=list)
    strips: list[tuple[float, Strip, tuple[Run, ...]]] = field(default_factory=list)
    labels: tuple[Label, ...] = ()
    guides: tuple[Guide, ...] = ()
    axis: float = 0.0


def laid(drawing: Drawing, zone: tzinfo) -> Layout:
    """The bands from the top: changes, alerts, the response, what was measured, what checks saw, the axis."""
    made = Layout(drawing.room, guides=drawing.guides)
    _head(made, "Changes")
    _lane(made, drawing.changes, ROW, "none in this window")
    _head(made, "Alerts")
    for bar in drawing.bars:
        made.bars.append((made.height + BAR_DROP, bar))
        _lane(made, bar.lane, BAR_ROW)
    if not drawing.bars:
        _words(made, "none in this window")
    _head(made, "Response")
    _lane(made, drawing.steps, ROW, "none in this window")
    if drawing.traces:
        _head(made, "Measured")
        for trace in drawing.traces:
            _trace(made, trace, zone)
    if drawing.strips:
        _head(made, "Checks")
        for strip, runs in drawing.strips:
            for line in _wrapped(made, f"{strip.name}: {strip_said(strip, zone)}"):
                _words(made, line)
            made.strips.append((made.height, strip, runs))
            made.height += STRIP_ROW
    made.height += BAND_GAP
    made.axis = made.height
    made.labels = tuple(Label(x, tick.label, _anchor(x)) for x, tick in drawing.ticks)
    made.height += AXIS
    return made


def strip_said(strip: Strip, zone: tzinfo) -> str:
    """What a check saw in the window."""
    if not strip.looks:
        return "no look in this window is kept"
    looks = f"{len(strip.looks)} look{'' if len(strip.looks) == 1 else 's'}"
    blind = sum(state is SampleState.CANNOT_SEE for _, state in strip.looks)
    unseen = f", {blind} could not see" if blind else ""
    if strip.failed_at is None:
        return f"none of {looks} failed{unseen}"
    first, last = strip.failed_at.astimezone(zone), strip.looks[-1][0].astimezone(zone)
    day = "" if first.date() == last.date() else f"{first:%Y-%m-%d} "
    return f"{strip.failing} of {looks} failed{unseen}, first at {day}{first:%H:%M:%S}"


def _head(made: Layout, name: str) -> None:
    """The name of a band: beside it where there is room, above it where there is none."""
    made.height += BAND_GAP if made.heads else 2.0
    made.tops.append(made.height)
    made.heads.append(Words(made.height + TEXT_DROP, name))
    if made.room is NARROW:
        made.height += TEXT_ROW


def _lane(made: Layout, lane: Lane, row: float, nothing: str = "") -> None:
    if not lane.items and nothing:
        _words(made, nothing)
        return
    for item in lane.items:
        made.items.append((made.height + item.row * row + ROW / 2, item))
    made.height += lane.rows * row


def _trace(made: Layout, trace: Trace, zone: tzinfo) -> None:
    name = shortened(f"{trace.component} {trace.metric}".strip(), NAME_COLUMNS_MAX)
    said = told(trace.chart, lambda at: f"{at.astimezone(zone):%H:%M}")
    for line in (name, *_wrapped(made, said)) if made.room is NARROW else _wrapped(made, f"{name} {said}"):
        _words(made, line)
    if not trace.line:
        _words(made, "no point of it lies in this window")
        return
    made.traces.append((made.height, trace))
    made.height += TRACE_HEIGHT + 4.0


def _words(made: Layout, text: str) -> None:
    made.words.append(Words(made.height + TEXT_DROP, text))
    made.height += TEXT_ROW


def _wrapped(made: Layout, text: str) -> tuple[str, ...]:
    return wrapped(text, int(made.room.width / CAPTION_COLUMN), LINES_MAX)


def _anchor(x: float) -> str:
    return "start" if x < EDGE else "end" if x > 1 - EDGE else "middle"
