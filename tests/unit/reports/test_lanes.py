"""Marks on a lane: none over another, none lost, and words only where they have room."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lamplighter.reports.axis import Window
from lamplighter.reports.lanes import (
    COLUMN,
    NARROW,
    ROOMS,
    SHAPE,
    WIDE,
    Item,
    Lane,
    Room,
    columns,
    lane_of,
    shortened,
    span_text,
    wrapped,
)
from lamplighter.reports.marks import Kind, Mark
from lamplighter.testing import NOON

WINDOW = Window(NOON, NOON + timedelta(hours=1))
WORD = st.text(min_size=1, max_size=40).map(lambda text: " ".join(text.split()) or "x")
MARK = st.builds(
    lambda seconds, kind, word: Mark(NOON + timedelta(seconds=seconds), kind, word, word),
    st.floats(min_value=-3_600, max_value=7_200),
    st.sampled_from(Kind),
    WORD,
)


def mark(minute: float, word: str = "acted", kind: Kind = Kind.STEP) -> Mark:
    return Mark(NOON + timedelta(minutes=minute), kind, word, f"{word} it")


def taken(item: Item, room: Room) -> tuple[float, float]:
    """From where to where an item takes its row, in pixels."""
    middle, words = item.x * room.width, columns(item.label) * COLUMN
    left = words if item.side == "end" else 0.0
    right = words if item.side == "start" else 0.0
    return middle - SHAPE / 2 - left, middle + SHAPE / 2 + right


def check(lane: Lane, marks: list[Mark], room: Room, rows_max: int) -> None:
    drawn = [one for item in lane.items for one in item.marks]
    assert len(drawn) + lane.earlier + lane.later == len(marks)
    assert sorted(map(id, drawn)) == sorted(id(one) for one in marks if WINDOW.holds(one.at))
    assert lane.rows <= rows_max
    rows = defaultdict(list)
    for item in lane.items:
        assert item.row < lane.rows
        rows[item.row].append(taken(item, room))
    for places in rows.values():
        for (_, ends), (begins, _) in pairwise(sorted(places)):
            assert ends <= begins + 1e-6
        assert min(places)[0] >= -1e-6
        assert max(ends for _, ends in places) <= room.width + 1e-6


@given(marks=st.lists(MARK, max_size=60), rows_max=st.integers(1, 4), room=st.sampled_from(ROOMS), name=st.text())
def test_no_mark_is_lost_and_none_stands_over_another(marks: list[Mark], rows_max: int, room: Room, name: str) -> None:
    check(lane_of(marks, WINDOW, room, rows_max, " ".join(name.split())), marks, room, rows_max)


@given(marks=st.lists(MARK, max_size=30), wider=st.floats(1, 4))
def test_what_has_room_when_narrow_has_room_when_wide(marks: list[Mark], wider: float) -> None:
    lane = lane_of(marks, WINDOW, WIDE, 3)
    broad = Room("broad", WIDE.width * wider, WIDE.letters_max, 8)
    rows = defaultdict(list)
    for item in lane.items:
        rows[item.row].append(taken(item, broad))
    for places in rows.values():
        assert all(ends <= begins + 1e-6 for (_, ends), (begins, _) in pairwise(sorted(places)))


def test_marks_that_are_too_near_are_one_group_that_says_how_many() -> None:
    (item,) = lane_of([mark(5), mark(5.1), mark(5.2, "asked")], WINDOW, NARROW, 1).items
    assert len(item.marks) == 3
    assert item.label == "3 marks, last: asked"
    assert item.kind is Kind.STEP
    (votes,) = lane_of([mark(30, "voted for"), mark(30.1, "voted for")], WINDOW, NARROW, 1).items
    assert votes.label == "2x voted for"


def test_marks_that_are_near_stand_below_each_other_as_long_as_there_are_rows() -> None:
    lane = lane_of([mark(30), mark(30.1), mark(30.2)], WINDOW, WIDE, 3)
    assert [item.row for item in lane.items] == [0, 1, 2]
    assert [len(item.marks) for item in lane.items] == [1, 1, 1]


def test_words_stand_at_the_left_where_the_right_has_no_room_and_give_way_to_weightier_ones() -> None:
    (last,) = lane_of([mark(59.9, "resolved")], WINDOW, WIDE, 1).items
    assert (last.side, last.label) == ("end", "resolved")
    alert, clear = lane_of(
        [mark(20, "Down on shop", Kind.FIRED), mark(24, "cleared", Kind.CLEARED)], WINDOW, WIDE, 1
    ).items
    assert (alert.label, alert.side) == ("Down on shop", "end")
    assert (clear.label, clear.side) == ("cleared", "start")


def test_a_name_stands_beside_the_first_mark_instead_of_its_words() -> None:
    items = lane_of([mark(10), mark(10.2), mark(40)], WINDOW, WIDE, 1, "12 more alerts").items
    assert [item.label for item in items] == ["12 more alerts", "acted"]


def test_what_lies_outside_is_counted() -> None:
    lane = lane_of([mark(-1), mark(-2), mark(61), mark(0), mark(60)], WINDOW, WIDE, 2)
    assert (lane.earlier, lane.later) == (2, 1)
    assert len(lane.items) == 2


def test_ten_thousand_marks_are_a_handful_of_groups() -> None:
    lane = lane_of([mark(60 * number / 10_000) for number in range(10_000)], WINDOW, WIDE, 3)
    assert len(lane.items) <= 3 * WIDE.width / SHAPE
    assert sum(len(item.marks) for item in lane.items) == 10_000


def test_a_group_is_told_in_words_and_not_without_end() -> None:
    marks = [mark(minute) for minute in range(9)]
    told = span_text(marks, 2, lambda at: f"{at:%H:%M}")
    assert told == "9 marks, 12:00 to 12:08: acted it; acted it; and 7 more"
    assert span_text(marks[:1], 2, lambda at: f"{at:%H:%M}") == "12:00 acted it"


@given(text=st.text(max_size=200), most=st.integers(2, 60), lines=st.integers(1, 4))
def test_texts_are_cut_to_the_columns_they_have(text: str, most: int, lines: int) -> None:
    assert columns(shortened(text, most)) <= most
    made = wrapped(text, most, lines)
    assert len(made) <= lines
    assert all(columns(line) <= most for line in made)


def test_letters_of_east_asia_are_as_wide_as_two() -> None:
    assert columns("数据库") == 6
    assert shortened("数据库 is down", 6) == "数据…"
    assert wrapped("rose from 1 to 9", 9, 2) == ("rose from", "1 to 9")
