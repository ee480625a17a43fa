"""The one picture that ties an incident together: all of it on one line of time, and a sentence that says it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from lamplighter.reports.axis import Extent, Span, Tick, Window, tamed, ticks_of, window_of
from lamplighter.reports.findings import ShownFact
from lamplighter.reports.lanes import Lane, Room, lane_of
from lamplighter.reports.marks import Firing, Happenings, Kind, Mark, happenings_of, said, sign_of
from lamplighter.reports.papers import Papers, run_of
from lamplighter.reports.traces import STRIPS_MAX, Run, Strip, Trace, runs_of, traces_of, up_strips
from lamplighter.reports.units import lapse

CHANGE_ROWS, STEP_ROWS = 2, 3
FIRING_ROWS_MAX = 5
ROWS_TOLD_MAX = 120
CLOCKS_DIFFER = timedelta(minutes=1)
# Text, and times that stand between it.
Sentence = tuple[str | datetime, ...]
StripsOf = Callable[[Window], Sequence[Strip]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of firing; `firing` says that it still lasts."""

    x: float
    until: float
    firing: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """Alerts in one row: from where to where they fired (shares of the picture), and the marks of the ends."""

    name: str
    pieces: tuple[Piece, ...]
    lane: Lane


@dataclass(frozen=True, slots=True)
class Guide:
    """A line through all lanes."""

    x: float
    kind: Kind


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything in one room."""

    room: Room
    ticks: tuple[tuple[float, Tick], ...]
    guides: tuple[Guide, ...]
    changes: Lane
    bars: tuple[Bar, ...]
    steps: Lane
    traces: tuple[Trace, ...]
    strips: tuple[tuple[Strip, tuple[Run, ...]], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One row of the table: the mark, its lane, how it stands to the first alert, and whether the window shows it."""

    mark: Mark
    lane: str
    apart: str
    shown: bool


@dataclass(frozen=True, slots=True)
class Outside:
    """What the window does not show, and what was left out of the picture altogether, each in words."""

    earlier: tuple[str, ...]
    later: tuple[str, ...]
    left_out: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.earlier or self.later or self.left_out)


@dataclass(frozen=True, slots=True)
class Chronology:
    """What a page draws and says. `marks` are all that the table tells, `more` how many it does not."""

    span: Span
    window: Window
    sentence: Sentence
    outside: Outside
    drawings: tuple[Drawing, ...]
    rows: tuple[Told, ...]
    more: int


def extent_of(papers: Papers, happened: Happenings) -> Extent:
    """What the window has to fit."""
    marks = [*happened.changes, *happened.alerts, *happened.steps]
    running = papers.incident.closed_at is None
    sign, end = sign_of(papers), tamed(papers.incident.closed_at or papers.now)
    times = [mark.at for mark in marks]
    return Extent(
        sign=min(sign, end),
        end=end,
        first=min(times, default=sign),
        last=max(times, default=end),
        cause=happened.cause.at if happened.cause else None,
        running=running,
    )


def series_facts(papers: Papers) -> tuple[ShownFact, ...]:
    """The facts that have a series, those that the cause cites first."""
    cited = papers.facts(papers.findings.known.facts if papers.findings.known else ())
    others = [fact for fact in papers.findings.facts if fact not in cited]
    return tuple(fact for fact in (*cited, *others) if fact.series is not None)


def chronology_of(
    papers: Papers, happened: Happenings, window: Window, span: Span, strips: Sequence[Strip], rooms: Iterable[Room]
) -> Chronology:
    """The picture of one incident in one window, for each room."""
    facts = series_facts(papers)
    kept = (*strips, *up_strips(facts, window))[:STRIPS_MAX]
    drawings = tuple(_drawing(happened, facts, kept, window, room, papers.zone) for room in rooms)
    rows = _rows(happened, window)
    return Chronology(
        span=span,
        window=window,
        sentence=sentence_of(papers, happened),
        outside=_outside(happened, window),
        drawings=drawings,
        rows=tuple(rows[:ROWS_TOLD_MAX]),
        more=max(0, len(rows) - ROWS_TOLD_MAX),
    )


def picture_of(papers: Papers, span: Span, rooms: Iterable[Room], strips_of: StripsOf | None = None) -> Chronology:
    """The same from the papers alone; `strips_of` brings the strips of the window that was chosen."""
    happened = happenings_of(papers)
    window = window_of(span, extent_of(papers, happened))
    return chronology_of(papers, happened, window, span, strips_of(window) if strips_of else (), rooms)


def sentence_of(papers: Papers, happened: Happenings) -> Sentence:
    """What came first, and how it ended."""
    first, name = _first_alert(papers, happened)
    if first is None:
        return ("No alert is kept of this incident.",)
    before = [change for change in happened.changes if change.at <= first.at]
    cause = happened.cause or next(reversed(before), None)
    if cause is not None:
        gap = (first.at - cause.at).total_seconds()
        apart = f"{lapse(gap)} {'before' if gap >= 0 else 'after'}"
        words: Sentence = (f"{cause.word} at ", cause.at, f", {apart} {name}, {first.word}")
    else:
        words = (f"No change is known before {name}, {first.word}, at ", first.at)
    if first.at > tamed(papers.now) + CLOCKS_DIFFER:
        return (*words, "; its clock is ahead of this one.")
    closed = papers.incident.closed_at
    state = str(papers.incident.state).replace("_", " ")
    if closed is None:
        return (*words, f"; not over yet: {state}.")
    return (*words, f"; {state} {lapse((tamed(closed) - first.at).total_seconds())} after it.")


def _first_alert(papers: Papers, happened: Happenings) -> tuple[Mark | None, str]:
    """The alert that began first in the newest response, or of all where the timeline does not tell, and its name."""
    run = papers.incident.run
    mine = {f"ev-{event.seq}" for event in papers.events if run_of(event) == run} if run > 1 else set()
    begins = [began for one in happened.firings for began, _ in one.stretches if began.row in mine]
    if begins:
        return min(begins, key=lambda mark: mark.at), "the first alert of this response"
    return happened.first_alert, "the first alert"


def _drawing(
    happened: Happenings, facts: Sequence[ShownFact], strips: Sequence[Strip], window: Window, room: Room, zone: tzinfo
) -> Drawing:
    first = happened.first_alert
    guides = [(happened.cause, Kind.CHANGE), (first, Kind.FIRED)]
    return Drawing(
        room=room,
        ticks=tuple((room.across(window.share(one.at)), one) for one in ticks_of(window, zone, room.ticks_max)),
        guides=tuple(
            Guide(room.across(window.share(mark.at)), kind) for mark, kind in guides if mark and window.holds(mark.at)
        ),
        changes=lane_of(happened.changes, window, room, CHANGE_ROWS),
        bars=_bars(happened.firings, window, room),
        steps=lane_of(happened.steps, window, room, STEP_ROWS),
        traces=traces_of(facts, window, room),
        strips=tuple((strip, runs_of(strip, window, room)) for strip in strips),
    )


def _bars(firings: Sequence[Firing], window: Window, room: Room) -> tuple[Bar, ...]:
    """A row for each of the first alerts that touch the window, and one row for all others together."""
    touching = [one for one in firings if any(_touches(pair, window) for pair in one.stretches)]
    whole = len(touching) <= FIRING_ROWS_MAX + 1
    alone = touching if whole else touching[:FIRING_ROWS_MAX]
    bars = [_bar(one.began.word, [one], window, room) for one in alone]
    if not whole:
        others = touching[FIRING_ROWS_MAX:]
        bars.append(_bar(f"{len(others)} more alerts", others, window, room))
    return tuple(bars)


def _bar(name: str, firings: Sequence[Firing], window: Window, room: Room) -> Bar:
    marks = [mark for one in firings for mark in one.marks]
    pairs = [pair for one in firings for pair in one.stretches if _touches(pair, window)]
    earlier = min((began for began, _ in pairs if began.at < window.begin), key=lambda mark: mark.at, default=None)
    if earlier is not None:
        name = said(f"{name}, since earlier")
        marks.append(Mark(window.begin, Kind.EARLIER, name, name, earlier.row))
    return Bar(name, _pieces(pairs, window, room), lane_of(marks, window, room, 1, name))


def _touches(pair: tuple[Mark, Mark | None], window: Window) -> bool:
    began, ended = pair
    return began.at <= window.end and (ended is None or ended.at >= window.begin)


def _pieces(pairs: Iterable[tuple[Mark, Mark | None]], window: Window, room: Room) -> tuple[Piece, ...]:
    """The stretches; what overlaps is one, and lasts if any part of it does."""
    joined: list[tuple[datetime, datetime, bool]] = []
    for began, ended in sorted(pairs, key=lambda pair: pair[0].at):
        until, firing = (ended.at, False) if ended else (max(window.end, began.at), True)
        if joined and began.at <= joined[-1][1]:
            first, last, lasting = joined[-1]
            joined[-1] = (first, max(last, until), lasting or firing)
        else:
            joined.append((began.at, until, firing))
    return tuple(
        Piece(room.across(window.share(first)), room.across(window.share(last)), firing)
        for first, last, firing in joined
    )


def _rows(happened: Happenings, window: Window) -> list[Told]:
    first = happened.first_alert
    lanes = (("change", happened.changes), ("alert", happened.alerts), ("response", happened.steps))
    every = [(mark, lane) for lane, marks in lanes for mark in marks]
    every.sort(key=lambda pair: (not window.holds(pair[0].at), pair[0].at))
    told = every[:ROWS_TOLD_MAX]
    rest = every[ROWS_TOLD_MAX:]
    ordered = [*sorted(told, key=lambda pair: pair[0].at), *rest]
    return [Told(mark, lane, _apart(mark, first), window.holds(mark.at)) for mark, lane in ordered]


def _apart(mark: Mark, first: Mark | None) -> str:
    if first is None or mark is first:
        return "the first alert" if first else ""
    gap = (mark.at - first.at).total_seconds()
    return f"{lapse(gap)} {'before' if gap < 0 else 'after'}" if round(gap) else "at once"


def _outside(happened: Happenings, window: Window) -> Outside:
    lanes = (
        ("change", happened.changes),
        ("alert mark", happened.alerts),
        ("response step", happened.steps),
    )
    earlier = [counted(sum(mark.at < window.begin for mark in marks), name) for name, marks in lanes]
    later = [counted(sum(mark.at > window.end for mark in marks), name) for name, marks in lanes]
    left_out = (
        counted(happened.more_changes, "more change"),
        counted(happened.more_alerts, "more alert"),
        counted(happened.more_steps, "earlier response step"),
        counted(happened.undated, "change without a time", "changes without a time"),
    )
    return Outside(*(tuple(word for word in words if word) for words in (earlier, later, left_out)))


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun; empty for none."""
    return "" if not count else f"{count} {one if count == 1 else many or f'{one}s'}"
