"""Where marks stand on their lane, so that none is drawn over another: rows, groups, words that have room. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lamplighter.reports.axis import Window
from lamplighter.reports.marks import Kind, Mark

# As large as what is to be touched must be, and a little air.
SHAPE = 26.0
COLUMN = 7.2
GAP = 8.0
WIDE_LETTERS = frozenset("WF")
# Whose words count most where there is room for few.
WEIGHTS = {kind: place for place, kind in enumerate((Kind.CHANGE, Kind.FIRED, Kind.EARLIER, Kind.ASKED, Kind.BAD))}
WEIGHTS |= {Kind.GOOD: 5, Kind.STEP: 6, Kind.CLEARED: 7}


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


BROAD = Room("broad", 960.0, 64, 10)
WIDE = Room("wide", 700.0, 56, 8)
NARROW = Room("narrow", 270.0, 30, 3)
ROOMS = (BROAD, WIDE, NARROW)


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
class _Spot:
    """One item while its lane is made, in pixels: its middle, and what its words take at either side."""

    at: float
    marks: list[Mark]
    label: str = ""
    side: str = ""
    left: float = 0.0
    right: float = 0.0

    @property
    def begins(self) -> float:
        """Where its shape and its words begin."""
        return self.at - SHAPE / 2 - self.left

    @property
    def ends(self) -> float:
        """Where they end."""
        return self.at + SHAPE / 2 + self.right


def lane_of(marks: Iterable[Mark], window: Window, room: Room, rows_max: int, name: str = "") -> Lane:
    """The marks of one lane; a mark that no row has room for joins the nearest one before it.

    `name` stands beside the first of them instead of its own words.
    """
    ordered = sorted(marks, key=lambda mark: mark.at)
    inside = [mark for mark in ordered if window.holds(mark.at)]
    rows: list[list[_Spot]] = []
    for mark in inside:
        _place(mark, room.across(window.share(mark.at)) * room.width, rows, room, rows_max)
    for row in rows:
        _word(row, room, name)
    items = [
        Item(spot.at / room.width, number, tuple(spot.marks), spot.label, spot.side)
        for number, row in enumerate(rows)
        for spot in row
    ]
    earlier = sum(mark.at < window.begin for mark in ordered)
    later = len(ordered) - len(inside) - earlier
    return Lane(tuple(sorted(items, key=lambda item: (item.x, item.row))), max(1, len(rows)), earlier, later)


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
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(letter) in WIDE_LETTERS else 1 for letter in text)


def _place(mark: Mark, at: float, rows: list[list[_Spot]], room: Room, rows_max: int) -> None:
    """Put a mark into the first row in which the words before it have room too, or else only its shape has."""
    begins = at - SHAPE / 2
    free = [row for row in rows if row[-1].ends <= begins]
    row = next((row for row in free if row[-1].ends + _needed(row[-1], room) <= begins), None)
    if row is None and len(rows) < rows_max:
        row = []
        rows.append(row)
    if row is None:
        row = min(free, key=lambda row: row[-1].ends, default=None)
    if row is None:
        max((row[-1] for row in rows), key=lambda spot: spot.at).marks.append(mark)
    else:
        row.append(_Spot(at, [mark]))


def _needed(spot: _Spot, room: Room) -> float:
    """How much its words take at its right; near the edge they will stand at its left."""
    needed = _width(labels_of(spot.marks, room.letters_max)[0])
    return needed if spot.ends + needed <= room.width else 0.0


def _word(row: Sequence[_Spot], room: Room, name: str) -> None:
    """Give words to those that have room for them, the weightiest first."""
    weighed = sorted(enumerate(row), key=lambda pair: WEIGHTS[pair[1].marks[-1].kind])
    for place, spot in weighed:
        after = row[place + 1].begins if place + 1 < len(row) else room.width
        before = row[place - 1].ends if place else 0.0
        words = labels_of(spot.marks, room.letters_max)
        if name and not place:
            words = shortened(name, room.letters_max), shortened(name, room.letters_max // 2)
        for label in words:
            needed = _width(label)
            if spot.ends + needed <= after:
                spot.label, spot.side, spot.right = label, "start", needed
                break
            if spot.begins - needed >= before:
                spot.label, spot.side, spot.left = label, "end", needed
                break


def _width(label: str) -> float:
    return columns(label) * COLUMN + GAP


def span_text(marks: Sequence[Mark], shown: int, time_of: Callable[[datetime], str]) -> str:
    """A group in words, for those who do not see it."""
    if len(marks) == 1:
        return f"{time_of(marks[0].at)} {marks[0].text}"
    told = "; ".join(mark.text for mark in marks[:shown])
    more = f"; and {len(marks) - shown} more" if len(marks) > shown else ""
    return f"{len(marks)} marks, {time_of(marks[0].at)} to {time_of(marks[-1].at)}: {told}{more}"
