"""How high each band of the picture stands: nothing over anything else, the axis beneath all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from lamplighter.domain.check import SampleState
from lamplighter.reports.axis import Span
from lamplighter.reports.chronology import picture_of
from lamplighter.reports.findings import findings_of
from lamplighter.reports.heights import AXIS, Layout, laid, strip_said
from lamplighter.reports.lanes import NARROW, ROOMS, WIDE, Room
from lamplighter.reports.papers import Papers
from lamplighter.reports.traces import Strip
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, papers
from tests.unit.reports.test_findings import measured, shift

BERLIN = ZoneInfo("Europe/Berlin")
LOOKS = tuple(
    (NOON + timedelta(seconds=20 * number), SampleState.FAILING if number in {2, 3} else SampleState.OK)
    for number in range(10)
)
STRIP = Strip("shop page", LOOKS, timedelta(seconds=25))


def measured_papers() -> Papers:
    found = diagnosis(facts=(*diagnosis().facts, shift(7)))
    return papers(found, findings=findings_of(papers().incident, found, [measured()]))


def layout(whole: Papers, room: Room) -> Layout:
    picture = picture_of(whole, Span.AUTO, (room,), lambda _: [STRIP])
    return laid(picture.drawings[0], UTC)


def test_bands_stand_below_each_other_and_the_axis_below_all() -> None:
    for room in ROOMS:
        made = layout(measured_papers(), room)
        assert [head.text for head in made.heads] == ["Changes", "Alerts", "Response", "Measured", "Checks"]
        assert made.tops == sorted(made.tops)
        lowest = max(
            [y for y, _ in made.items]
            + [y for y, _ in made.bars]
            + [y + 34 for y, _ in made.traces]
            + [y + 12 for y, *_ in made.strips]
            + [one.y for one in made.words]
        )
        assert lowest < made.axis
        assert made.height == made.axis + AXIS


def test_marks_of_different_rows_do_not_touch_and_bars_run_below_their_marks() -> None:
    made = layout(measured_papers(), WIDE)
    heights = sorted({y for y, _ in made.items})
    assert all(lower - upper >= 24 for upper, lower in pairwise(heights))
    assert all(any(0 < y - middle < 18 for middle in heights) for y, _ in made.bars)


def test_where_it_is_narrow_the_names_stand_above_and_the_words_are_in_more_lines() -> None:
    wide, narrow = (layout(measured_papers(), room) for room in (WIDE, NARROW))
    assert narrow.height > wide.height
    assert len(narrow.words) > len(wide.words)
    assert any("rose from 1 B to 9 B" in one.text for one in wide.words)


def test_what_is_empty_says_so() -> None:
    nothing = replace(papers(), findings=type(papers().findings)(), members=(), events=())
    words = [one.text for one in layout(nothing, WIDE).words]
    assert words.count("none in this window") == 3


def test_a_series_outside_the_window_says_so() -> None:
    whole = measured_papers()
    late = replace(whole.incident, opened_at=NOON + timedelta(days=2), closed_at=NOON + timedelta(days=2, minutes=9))
    alert = replace(late.alert, starts_at=NOON + timedelta(days=2))
    made = layout(replace(whole, incident=replace(late, alert=alert), members=()), WIDE)
    assert made.traces == []
    assert "no point of it lies in this window" in [one.text for one in made.words]


def test_a_strip_says_how_many_looks_failed_and_when_first() -> None:
    assert strip_said(STRIP, BERLIN) == "2 of 10 looks failed, first at 13:00:40"
    assert strip_said(replace(STRIP, looks=LOOKS[:2]), UTC) == "none of 2 looks failed"
    assert strip_said(replace(STRIP, looks=((NOON, SampleState.CANNOT_SEE),)), UTC) == (
        "none of 1 look failed, 1 could not see"
    )
    assert strip_said(replace(STRIP, looks=()), UTC) == "no look in this window is kept"
    over_night = (*LOOKS, (NOON + timedelta(hours=12), SampleState.OK))
    assert strip_said(replace(STRIP, looks=over_night), BERLIN) == "2 of 11 looks failed, first at 2026-01-05 13:00:40"


def test_the_times_at_the_edges_hang_inwards() -> None:
    made = layout(papers(), WIDE)
    for label in made.labels:
        assert label.anchor == ("start" if label.x < 0.06 else "end" if label.x > 0.94 else "middle")
