"""The stretch of time of a picture, and round times beneath it whatever the clocks of the site do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.reports.axis import EARLIEST, LATEST, Extent, Span, Window, tamed, ticks_of, window_of
from lamplighter.testing import NOON

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
BERLIN = ZoneInfo("Europe/Berlin")
ANY_TIME = st.datetimes(timezones=st.just(UTC))
LENGTH = st.floats(min_value=60, max_value=40 * 365 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


FOUR_MINUTES = timedelta(minutes=4)


def extent(lasted: timedelta = FOUR_MINUTES, **more: object) -> Extent:
    fields = {"sign": NOON, "end": NOON + lasted, "first": NOON, "last": NOON + lasted, **more}
    return Extent(**fields)  # type: ignore[arg-type]


def test_it_begins_before_the_first_sign_by_a_third_of_what_followed_and_an_hour_at_most() -> None:
    short = window_of(Span.AUTO, extent())
    long = window_of(Span.AUTO, extent(lasted=timedelta(hours=30)))
    assert minutes(5) <= NOON - short.begin <= minutes(6)
    assert short.end >= NOON + minutes(4)
    assert minutes(60) <= NOON - long.begin <= timedelta(hours=2.5)
    assert long.begin == NOON - minutes(60) - (timedelta(hours=30) + minutes(60)) * 0.04


def test_it_reaches_back_to_the_change_that_is_blamed_but_not_for_days() -> None:
    near = window_of(Span.AUTO, extent(cause=NOON - timedelta(hours=3)))
    far = window_of(Span.AUTO, extent(cause=NOON - timedelta(days=3)))
    after = window_of(Span.AUTO, extent(cause=NOON + minutes(1)))
    assert near.begin < NOON - timedelta(hours=3)
    assert far.begin > NOON - minutes(10)
    assert after == window_of(Span.AUTO, extent())


@pytest.mark.parametrize(("span", "hours"), [(Span.HOUR, 1), (Span.HALF_DAY, 12), (Span.DAY, 24)])
def test_a_stretch_that_is_asked_for_ends_with_the_incident_or_begins_with_what_is_longer(
    span: Span, hours: int
) -> None:
    short, long = window_of(span, extent()), window_of(span, extent(lasted=timedelta(days=900)))
    assert short == Window(NOON + minutes(4) - timedelta(hours=hours), NOON + minutes(4))
    assert long.length == timedelta(hours=hours)
    assert long.begin < NOON < long.end


def test_all_is_from_the_first_mark_to_the_last() -> None:
    first, last = NOON - timedelta(days=9), NOON + timedelta(days=2)
    window = window_of(Span.ALL, extent(first=first, last=last))
    assert window.begin < first
    assert window.end > last


def test_a_window_that_goes_on_moves_in_steps_so_that_a_page_is_not_sent_anew_each_second() -> None:
    for span in Span:
        windows = {
            window_of(span, extent(lasted=timedelta(hours=2, seconds=second), running=True)) for second in range(100)
        }
        assert len(windows) <= 2
        assert span is Span.HOUR or min(window.end for window in windows) >= NOON + timedelta(hours=2)


@given(at=ANY_TIME, lasted=LENGTH, span=st.sampled_from(Span), before=LENGTH, running=st.booleans())
def test_every_window_is_one_that_can_be_counted_with(
    at: datetime, lasted: timedelta, span: Span, before: timedelta, *, running: bool
) -> None:
    sign = tamed(at)
    end = tamed(min(LATEST, sign + lasted) if sign < LATEST - lasted else LATEST)
    cause = tamed(sign - before) if sign > EARLIEST + before else None
    window = window_of(span, Extent(sign, end, cause or sign, end, cause, running))
    assert window.begin < window.end
    assert EARLIEST - timedelta(minutes=1) <= window.begin
    assert window.end <= LATEST
    assert window.share(window.begin) == 0.0
    assert window.share(window.end) == 1.0
    assert 0.0 <= window.share(at) <= 1.0


@given(begin=ANY_TIME, length=LENGTH, zone=st.sampled_from(ZONES), count=st.integers(2, 10))
def test_ticks_are_round_in_the_zone_in_the_window_in_order_and_few(
    begin: datetime, length: timedelta, zone: str, count: int
) -> None:
    first = min(max(begin, EARLIEST + timedelta(days=2)), LATEST - length - timedelta(days=2))
    window, here = Window(first, first + length), ZoneInfo(zone)
    ticks = ticks_of(window, here, count)
    # What the clocks repeat comes twice, and a month has no more days than a long one.
    assert len(ticks) <= 2 * count + 2
    times = [tick.at for tick in ticks]
    assert times == sorted(set(times))
    for tick in ticks:
        hands = tick.at.astimezone(here)
        assert window.holds(tick.at)
        assert hands.microsecond == 0
        assert hands.second % 5 == 0
        if length > timedelta(minutes=10):
            assert hands.second == 0
        if length > timedelta(days=10):
            assert (hands.hour, hands.minute) in {(0, 0), (12, 0)}
        if length > timedelta(days=400):
            assert (hands.day, hands.hour, hands.minute) == (1, 0, 0)


def test_an_hour_that_the_clocks_repeat_is_told_twice_and_with_its_zone() -> None:
    autumn = Window(datetime(2026, 10, 24, 23, 0, tzinfo=UTC), datetime(2026, 10, 25, 3, 0, tzinfo=UTC))
    labels = [tick.label for tick in ticks_of(autumn, BERLIN, 4)]
    assert labels == ["01:00", "02:00 CEST", "02:00 CET", "03:00", "04:00"]


def test_an_hour_that_the_clocks_leave_out_is_not_told() -> None:
    spring = Window(datetime(2026, 3, 29, 0, 0, tzinfo=UTC), datetime(2026, 3, 29, 3, 0, tzinfo=UTC))
    labels = [tick.label for tick in ticks_of(spring, BERLIN, 4)]
    assert labels == ["01:00", "03:00", "04:00", "05:00"]


def test_days_and_months_and_years_are_named() -> None:
    days = ticks_of(Window(NOON, NOON + timedelta(days=6)), BERLIN, 8)
    months = ticks_of(Window(NOON, NOON + timedelta(days=200)), BERLIN, 8)
    years = ticks_of(Window(NOON, NOON + timedelta(days=4000)), BERLIN, 8)
    assert days[0].label == f"{(NOON + timedelta(days=1)).day} {NOON.strftime('%b')}"
    assert all(tick.label.split()[0].isalpha() or tick.label.isdecimal() for tick in months)
    assert all(tick.label.isdecimal() for tick in years)
    midnight = ticks_of(Window(NOON, NOON + timedelta(hours=20)), BERLIN, 8)
    assert any(" " in tick.label for tick in midnight)


def test_times_that_no_calendar_means_are_moved_to_the_nearest_that_one_can() -> None:
    assert tamed(datetime.min.replace(tzinfo=UTC)) == EARLIEST
    assert tamed(datetime.max.replace(tzinfo=UTC)) == LATEST
    assert tamed(NOON) == NOON
