"""Quiet hours and the digest's hour follow the wall clock of the people who sleep, through both changes of the year."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from lamplighter.domain.hours import QuietHours, next_at

LONDON = "Europe/London"
NIGHT = QuietHours(time(23), time(7), LONDON)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-01-10T22:59", False),
        ("2026-01-10T23:00", True),
        ("2026-01-11T06:59", True),
        ("2026-01-11T07:00", False),
        ("2026-07-10T21:59", False),
        ("2026-07-10T22:00", True),
        ("2026-07-11T05:59", True),
        ("2026-07-11T06:00", False),
    ],
)
def test_the_night_is_that_of_the_wall_clock(moment: str, *, quiet: bool) -> None:
    assert NIGHT.hold(at(moment)) is quiet


@pytest.mark.parametrize(
    ("moment", "over"),
    [
        ("2026-03-29T00:30", "2026-03-29T06:00"),
        ("2026-10-25T00:30", "2026-10-25T07:00"),
        ("2026-03-28T23:30", "2026-03-29T06:00"),
        ("2026-01-10T23:30", "2026-01-11T07:00"),
        ("2026-01-10T12:00", "2026-01-10T12:00"),
    ],
)
def test_the_night_in_which_the_clock_changes_ends_when_people_get_up(moment: str, over: str) -> None:
    assert NIGHT.over_at(at(moment)) == at(over)


def test_hours_within_one_day_are_understood_too() -> None:
    nap = QuietHours(time(13), time(14, 30), "UTC")
    assert nap.hold(at("2026-01-10T13:00"))
    assert not nap.hold(at("2026-01-10T14:30"))
    assert not nap.hold(at("2026-01-10T02:00"))


def test_only_what_is_as_grave_as_was_said_passes() -> None:
    assert NIGHT.passes("critical")
    assert not NIGHT.passes("warning")
    assert not NIGHT.passes("whatever")
    lenient = QuietHours(time(23), time(7), LONDON, "warning")
    assert lenient.passes("critical")
    assert lenient.passes("warning")
    assert not lenient.passes("info")


@pytest.mark.parametrize(
    ("wall", "after", "following"),
    [
        (time(8), "2026-01-10T07:59", "2026-01-10T08:00"),
        (time(8), "2026-01-10T08:00", "2026-01-11T08:00"),
        (time(8), "2026-03-28T08:00", "2026-03-29T07:00"),
        (time(8), "2026-10-24T07:00", "2026-10-25T08:00"),
        (time(1, 30), "2026-03-28T12:00", "2026-03-29T01:30"),
        (time(1, 30), "2026-10-24T12:00", "2026-10-25T00:30"),
    ],
)
def test_a_time_of_day_comes_once_a_day_whatever_the_clock_does(wall: time, after: str, following: str) -> None:
    assert next_at(wall, LONDON, at(after)) == at(following)
