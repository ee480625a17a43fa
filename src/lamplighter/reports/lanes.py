"""Where marks stand on their lane, so that none is drawn over another: rows, groups, words that have room. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from lamplighter.reports.axis import Window
from lamplighter.reports.marks import Kind, Mark

# As large as what is to be touched must be, and a little air.
SHAPE = 26.0
COLUMN = 7.2
GAP = 6.0
WIDE_LETTERS = frozenset("WF")


@dataclass(frozen=True, slots=True)
class Room:
    """The narrowest that a picture is drawn, in pixels, and how many letters a word beside a mark may have."""

    name: str
    width: float
    letters_max: int
    ticks_max: int

    def across(self, share: float) -> float:
        """Where a share of the window lies in the picture, from 0 to 1: half a mark is left free at either side."""
        edge = SHAPE / 2 / self.width
        return edge + share * (1 - 2 * edge)


WIDE = Room("wide", 700.0, 56, 8)
NARROW = Room("narrow", 270.0, 30, 3)
ROOMS = (WIDE, NARROW)


@dataclass(frozen=True, slots=True)
class Item:
    """One mark, or several that are too near to each other to be told apart.

    `x` is a share of the picture's width; `side` is where the words stand: start (right of it), end (left) or nowhere.
    """

    x: float
    row: int
    marks: tuple[Mark, ...]
    label: str = ""
    side: str = ""

    @property
    def kind(self) -> Kind | None:
        """What all of its marks are; None where they differ."""
        kinds = {mark.kind for mark in self.marks}
        return next(iter(kinds)) if len(kinds) == 1 else None


@dataclass(frozen=True, slots=True)
class Lane:
    """Marks in their rows, and how many lie before and after the window."""

    items: tuple[Item, ...] = ()
    rows: int = 1
    earlier: int = 0
    later: int = 0


@dataclass(slots=True)
class _Row:
    """What stands in a row so far: where its last shape and its last words end, and where the words before it did."""

    shapes_end: float = float("-inf")
    words_end: float = float("-inf")
    before: float = float("-inf")
    items: list[Item] = field(default_factory=list)


def lane_of(marks: Iterable[Mark], window: Window, room: Room, rows_max: int) -> Lane:
    """The marks of one lane; a mark that no row has room for joins the nearest one before it."""
    ordered = sorted(marks, key=lambda mark: mark.at)
    inside = [mark for mark in ordered if window.holds(mark.at)]
    rows: list[_Row] = []
    for mark in inside:
        _place(mark, room.across(window.share(mark.at)) * room.width, rows, room, rows_max)
    items = sorted((item for row in rows for item in row.items), key=lambda item: (item.x, item.row))
    earlier = sum(mark.at < window.begin for mark in ordered)
    return Lane(tuple(items), max(1, len(rows)), earlier, len(ordered) - len(inside) - earlier)


def labels_of(marks: Sequence[Mark], letters_max: int) -> tuple[str, ...]:
    """The words beside a mark or a group, and shorter ones for where those have no room."""
    if len(marks) == 1:
        return shortened(marks[0].word, letters_max), shortened(marks[0].word, letters_max // 2)
    count = len(marks)
    if len({mark.word for mark in marks}) == 1:
        return shortened(f"{count}x {marks[0].word}", letters_max), f"{count} marks"
    return shortened(f"{count} marks, last: {marks[-1].word}", letters_max), f"{count} marks"


def shortened(text: str, columns_max: int) -> str:
    """The beginning of a text that needs no more columns than that."""
    if columns(text) <= columns_max:
        return text
    kept = ""
    for letter in text:
        if columns(kept + letter) > columns_max - 1:
            break
        kept += letter
    return f"{kept.rstrip()}…"


def wrapped(text: str, columns_max: int, lines_max: int) -> tuple[str, ...]:
    """A text in lines of so many columns; what the last one has no room for is cut off."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and (columns(joined) <= columns_max or len(lines) == lines_max):
            lines[-1] = joined
        else:
            lines.append(word)
    return tuple(shortened(line, columns_max) for line in lines)


def columns(text: str) -> int:
    """How wide a text is, in letters; those of East Asia count twice."""
    return sum(2 if unicodedata.east_asian_width(letter) in WIDE_LETTERS else 1 for letter in text)


def _place(mark: Mark, at: float, rows: list[_Row], room: Room, rows_max: int) -> None:
    left = at - SHAPE / 2
    free = next((row for row in rows if row.words_end <= left), None)
    if free is None and len(rows) < rows_max:
        free = _Row()
        rows.append(free)
    if free is None:
        free = min((row for row in rows if row.shapes_end <= left), key=lambda row: row.words_end, default=None)
        if free is not None:
            # The words of the one before give way; it still says them to whoever asks.
            free.items[-1] = replace(free.items[-1], label="", side="")
            free.words_end = free.shapes_end
    if free is not None:
        free.before = free.words_end
        free.items.append(_item((mark,), at, rows.index(free), free, room))
        return
    nearest = max(rows, key=lambda row: row.items[-1].x)
    last = nearest.items.pop()
    nearest.items.append(_item((*last.marks, mark), last.x * room.width, last.row, nearest, room))


def _item(marks: tuple[Mark, ...], at: float, number: int, row: _Row, room: Room) -> Item:
    """The mark with its words where they have room; `row` is told where they end."""
    right = row.shapes_end = row.words_end = at + SHAPE / 2
    for label in labels_of(marks, room.letters_max):
        needed = columns(label) * COLUMN + GAP
        if right + needed <= room.width:
            row.words_end = right + needed
            return Item(at / room.width, number, marks, label, "start")
        if at - SHAPE / 2 - needed >= max(0.0, row.before):
            return Item(at / room.width, number, marks, label, "end")
    return Item(at / room.width, number, marks)


def span_text(marks: Sequence[Mark], shown: int, time_of: Callable[[datetime], str]) -> str:
    """A group in words, for those who do not see it."""
    if len(marks) == 1:
        return f"{time_of(marks[0].at)} {marks[0].text}"
    told = "; ".join(mark.text for mark in marks[:shown])
    more = f"; and {len(marks) - shown} more" if len(marks) > shown else ""
    return f"{len(marks)} marks, {time_of(marks[0].at)} to {time_of(marks[-1].at)}: {told}{more}"
