from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from lamplighter.domain.maintenance import (
    BadWindow,
    Once,
    Weekly,
    Window,
    covers,
    next_start,
    open_until,
    parse_when,
)

BERLIN = "Europe/Berlin"
# The clocks of Berlin jump ahead on 2026-03-29 at 01:00 UTC, and back on 2026-10-25 at 01:00 UTC.
SPRING, AUTUMN = "2026-03-29", "2026-10-25"


def window(when: str, timezone: str = "UTC", *targets: str) -> Window:
    return Window("work", parse_when(when), targets or ("*",), timezone)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def stretch(one: Window, night: str) -> tuple[str, str]:
    """When the window's first stretch after noon of the day before begins and ends, in UTC."""
    start = next_start(one, utc(f"{night} 12:00") - timedelta(days=1))
    assert start is not None
    end = open_until(one, start)
    assert end is not None
    assert open_until(one, start - timedelta(seconds=1)) is None
    assert open_until(one, end - timedelta(seconds=1)) == end
    assert open_until(one, end) is None
    return f"{start:%m-%d %H:%M}", f"{end:%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("Sun 02:00-04:00", {6}, time(2), time(4)),
        ("Mon-Fri 22:00-06:00", {0, 1, 2, 3, 4}, time(22), time(6)),
        ("Sat-Mon 1:30 - 2:00", {5, 6, 0}, time(1, 30), time(2)),
        ("daily 03:00\N{EN DASH}03:30", set(range(7)), time(3), time(3, 30)),
        ("tuesday, Thu 00:00-24:00", {1, 3}, time(0), time(0)),
        ("weekends 23:00-24:00", {5, 6}, time(23), time(0)),
    ],
)
def test_weekly_words(text: str, days: set[int], start: time, end: time) -> None:
    assert parse_when(text) == Weekly(frozenset(days), start, end)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-01-05 22:00 - 2026-01-06 02:00", "2026-01-05 22:00", "2026-01-06 02:00"),
        ("2026-01-05T22:00-2026-01-06T02:00", "2026-01-05 22:00", "2026-01-06 02:00"),
        ("2026-01-05 22:00-23:30", "2026-01-05 22:00", "2026-01-05 23:30"),
        ("2026-01-05 22:00-24:00", "2026-01-05 22:00", "2026-01-06 00:00"),
    ],
)
def test_words_for_one_stretch(text: str, start: str, end: str) -> None:
    assert parse_when(text) == Once(datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no window"),
        ("sometimes", "is no window"),
        ("Sun 2-4", "is no window"),
        ("Sun 02:00", "is no window"),
        ("Sun 25:00-26:00", "no time of day"),
        ("Sun 02:60-03:00", "no time of day"),
        ("Sun 24:00-02:00", "24:00"),
        ("Someday 02:00-03:00", "is no day"),
        ("2026-02-30 02:00-03:00", "no date"),
        ("2026-01-06 02:00 - 2026-01-05 22:00", "before it begins"),
        ("2026-01-06 22:00-02:00", "before it begins"),
        ("2026-01-01 00:00 - 2026-03-01 00:00", "longer than 30 days"),
        ("9999-12-31 00:00-01:00", "the year"),
        ("Sun " * 100, "longer than 200"),
    ],
)
def test_what_names_no_window_says_what_to_write(text: str, words: str) -> None:
    with pytest.raises(BadWindow, match=words):
        parse_when(text)


def test_a_window_is_open_from_its_start_to_before_its_end() -> None:
    one = window("Sun 02:00-04:00", BERLIN)
    assert open_until(one, utc("2026-01-04 00:59")) is None
    assert open_until(one, utc("2026-01-04 01:00")) == utc("2026-01-04 03:00")
    assert open_until(one, utc("2026-01-04 02:59")) == utc("2026-01-04 03:00")
    assert open_until(one, utc("2026-01-04 03:00")) is None
    assert open_until(one, datetime(2026, 1, 4, 2, 30, tzinfo=ZoneInfo(BERLIN))) == utc("2026-01-04 03:00")


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    one = window("Fri 22:00-06:00")
    assert open_until(one, utc("2026-01-02 23:00")) == utc("2026-01-03 06:00")
    assert open_until(one, utc("2026-01-03 05:59")) == utc("2026-01-03 06:00")
    assert open_until(one, utc("2026-01-03 23:00")) is None
    assert open_until(one, utc("2026-01-02 05:00")) is None


def test_a_window_over_the_end_of_the_week() -> None:
    one = window("Sun 23:00-01:00")
    assert open_until(one, utc("2026-01-05 00:30")) == utc("2026-01-05 01:00")
    wrapped = window("Sat-Mon 12:00-13:00")
    assert [open_until(wrapped, utc(f"2026-01-0{day} 12:30")) is not None for day in (2, 3, 4, 5, 6)] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_a_whole_day_is_open_up_to_midnight() -> None:
    one = window("Tue 00:00-24:00")
    assert open_until(one, utc("2026-01-06 00:00")) == utc("2026-01-07 00:00")
    assert open_until(one, utc("2026-01-07 00:00")) is None


def test_the_next_start() -> None:
    one = window("Sun 02:00-04:00", BERLIN)
    assert next_start(one, utc("2026-01-04 00:59")) == utc("2026-01-04 01:00")
    assert next_start(one, utc("2026-01-04 01:00")) == utc("2026-01-11 01:00")
    single = window("2026-01-05 22:00-23:00")
    assert next_start(single, utc("2026-01-01 00:00")) == utc("2026-01-05 22:00")
    assert next_start(single, utc("2026-01-05 22:00")) is None


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        # 02:00 is never shown: the window begins at the jump and ends when the clock shows its end.
        ("Sun 02:00-04:00", ("03-29 01:00", "03-29 02:00")),
        ("Sun 02:30-04:00", ("03-29 01:00", "03-29 02:00")),
        ("Sun 01:00-02:30", ("03-29 00:00", "03-29 01:00")),
        ("Sun 01:00-05:00", ("03-29 00:00", "03-29 03:00")),
        ("Sat 22:00-02:00", ("03-28 21:00", "03-29 01:00")),
        # What the jump swallows whole is done after it, for as long.
        ("Sun 02:00-03:00", ("03-29 01:00", "03-29 02:00")),
        ("Sun 02:10-02:40", ("03-29 01:00", "03-29 01:30")),
    ],
)
def test_the_night_the_clock_jumps_ahead(when: str, expected: tuple[str, str]) -> None:
    assert stretch(window(when, BERLIN), SPRING) == expected


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        # 02:00 to 03:00 is shown twice: open from the first to the last.
        ("Sun 02:00-04:00", ("10-25 00:00", "10-25 03:00")),
        ("Sun 02:30-04:00", ("10-25 00:30", "10-25 03:00")),
        ("Sun 01:00-02:30", ("10-24 23:00", "10-25 01:30")),
        ("Sun 02:10-02:40", ("10-25 00:10", "10-25 01:40")),
        ("Sat 22:00-06:00", ("10-24 20:00", "10-25 05:00")),
    ],
)
def test_the_night_the_clock_jumps_back(when: str, expected: tuple[str, str]) -> None:
    assert stretch(window(when, BERLIN), AUTUMN) == expected


def test_a_half_hour_jump() -> None:
    # Lord Howe Island jumps ahead by thirty minutes at 02:00, which is 15:30 UTC the day before.
    assert stretch(window("Sun 02:00-04:00", "Australia/Lord_Howe"), "2026-10-04") == ("10-03 15:30", "10-03 17:00")


def test_a_single_stretch_obeys_the_zone() -> None:
    one = window("2026-03-29 02:00-04:00", BERLIN)
    assert open_until(one, utc("2026-03-29 01:00")) == utc("2026-03-29 02:00")


def test_targets_are_names_or_globs() -> None:
    one = window("daily 00:00-24:00", "UTC", "jellyfin", "web-*")
    assert [covers(one, name) for name in ("jellyfin", "web-1", "jellyfin2", "db", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert covers(window("daily 00:00-24:00"), "")
