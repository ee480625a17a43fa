"""Small pictures of series: as characters, as an SVG path, in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lamplighter.reports.charts import Chart
from lamplighter.reports.sparkline import CHARACTERS_MAX, HEIGHT, WIDTH, drawn, picture, told
from lamplighter.testing import NOON


def chart(*values: float, unit: str = "", changed: float | None = 30.0, **more: float) -> Chart:
    points = tuple((NOON.timestamp() + 10.0 * place, value) for place, value in enumerate(values))
    return Chart(
        metric="m",
        unit=unit,
        points=points,
        changed_at=None if changed is None else NOON + timedelta(seconds=changed),
        before=more.get("before", values[0]),
        after=more.get("after", values[-1]),
        began_at=NOON + timedelta(minutes=10),
        ended_at=NOON + timedelta(minutes=20),
    )


def numbers(text: str) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


def test_the_lowest_value_is_the_lowest_block_and_the_highest_the_highest() -> None:
    assert drawn(chart(0, 1, 3, 7)) == "▁▂▄█"
    assert drawn(chart(-5, 5)) == "▁█"


def test_without_unicode_it_is_plain_digits() -> None:
    assert drawn(chart(0, 1, 3, 7), unicode=False) == "0137"
    assert drawn(chart(0, 1, 3, 7), unicode=False).isascii()


def test_a_level_line_is_low_and_has_no_division_by_nothing() -> None:
    assert drawn(chart(4, 4, 4)) == "▁▁▁"


def test_a_long_series_is_narrowed_and_its_peak_is_kept() -> None:
    values = [0.0] * 59 + [9.0]
    values[17] = 5.0
    line = drawn(chart(*values))
    assert len(line) <= CHARACTERS_MAX
    assert line[-1] == "█"
    assert line[8] != "▁"


def test_the_line_stays_in_its_box_and_high_is_up() -> None:
    shape = numbers(picture(chart(1, 1, 8, 9)).line)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in shape)
    assert [x for x, _ in shape] == sorted(x for x, _ in shape)
    assert shape[0][1] > shape[-1][1]


def test_the_change_is_marked_on_the_line() -> None:
    shape = picture(chart(0, 0, 0, 10, 10, changed=25.0))
    corners = numbers(shape.diamond)
    assert shape.mark_x == pytest.approx(corners[0][0])
    assert sum(y for _, y in corners) / 4 == pytest.approx(HEIGHT / 2, abs=0.2)


def test_a_change_outside_the_picture_or_unknown_is_not_marked() -> None:
    for changed in (None, -60.0, 600.0):
        shape = picture(chart(0, 0, 9, changed=changed))
        assert (shape.mark_x, shape.diamond) == (None, "")


def test_a_level_line_runs_through_the_middle() -> None:
    assert {y for _, y in numbers(picture(chart(3, 3, 3)).line)} == {HEIGHT / 2}


def test_words_say_from_what_to_what_and_between_when() -> None:
    assert told(chart(0.9, 2.0), lambda at: f"{at:%H:%M}") == "rose from 0.9 to 2 between 12:10 and 12:20"
    fell = told(chart(2**31, 2**30, unit="B"), lambda at: f"{at:%H:%M}")
    assert fell == "fell from 2 GiB to 1 GiB between 12:10 and 12:20"


def test_words_do_not_say_between_where_the_clock_shows_one_time() -> None:
    assert told(chart(1, 2), lambda at: f"{at:%H}") == "rose from 1 to 2 at 12"


def test_what_did_not_move_is_said_to_have_stayed() -> None:
    assert told(chart(5, 5, 5), lambda at: f"{at:%H:%M:%S}") == "stayed at 5 from 12:00:00 to 12:00:20"
