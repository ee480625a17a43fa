"""The stretch of time that a picture shows, and the round times beneath it in the zone of the site. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Clocks that are further off are no clocks; times stay where calendars and zones can count.
EARLIEST, LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(9990, 1, 1, tzinfo=UTC)
LEAD_MAX, LEAD_MIN = HOUR, timedelta(minutes=5)
CAUSE_LEAD_MAX = 12 * HOUR
LENGTH_MIN = timedelta(minutes=1)
# An end that moves with the clock moves in steps, so that a page that waits is not sent anew for nothing.
STEPS_PER_WINDOW = 20
MARGIN = 0.04
BEFORE = 0.25
SECONDS = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
DAYS = (1, 2, 7, 14)
MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000)
MONTH_DAYS = 30.0
YEAR_MONTHS = 12


class Span(StrEnum):
    """What one can ask to see: what fits the response, a last stretch, or all that is known."""

    AUTO = "auto"
    HOUR = "1h"
    HALF_DAY = "12h"
    DAY = "24h"
    ALL = "all"


LENGTHS = {Span.HOUR: HOUR, Span.HALF_DAY: 12 * HOUR, Span.DAY: DAY}


@dataclass(frozen=True, slots=True)
class Window:
    """From `begin` to `end`, both included; UTC, and never empty."""

    begin: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return self.end - self.begin

    def holds(self, at: datetime) -> bool:
        """Whether a time lies in it."""
        return self.begin <= at <= self.end

    def share(self, at: datetime) -> float:
        """Where a time lies: 0 at the beginning, 1 at the end, never outside."""
        return min(1.0, max(0.0, (at - self.begin) / self.length))


@dataclass(frozen=True, slots=True)
class Extent:
    """What a window has to fit: the first sign of trouble, the change that is blamed, the first and last of all."""

    sign: datetime
    end: datetime
    first: datetime
    last: datetime
    cause: datetime | None = None
    running: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A round time."""

    at: datetime
    label: str


def tamed(at: datetime) -> datetime:
    """A time that can be counted with; what no calendar could mean is moved to the nearest that one can."""
    return min(LATEST, max(EARLIEST, at)).astimezone(UTC)


def window_of(span: Span, extent: Extent) -> Window:
    """The window that was asked for; where the trouble goes on it ends shortly after now.

    What lasted longer than it is shown from a little before the first sign, because the question is what came first.
    """
    length = LENGTHS.get(span)
    sign, end = extent.sign, max(extent.end, extent.sign)
    if extent.running:
        # Everything is counted from the moved end, so that nothing of the picture moves in between.
        end = _rounded(end, length or end - sign + LEAD_MIN)
    if length is not None:
        fits = sign - length * MARGIN >= end - length
        begin = end - length if fits else sign - length * BEFORE
        return _window(begin, begin + length)
    if span is Span.ALL:
        begin, end = min(extent.first, sign), max(extent.last, end)
    else:
        begin = sign - _lead(extent, end)
    margin = max(LENGTH_MIN, end - begin) * MARGIN
    return _window(begin - margin, end + margin)


def ticks_of(window: Window, zone: tzinfo, count_max: int) -> tuple[Tick, ...]:
    """Round times of the zone, about `count_max` at most; an hour that the clocks repeat is told twice."""
    length = window.length.total_seconds()
    step = next((one for one in SECONDS if length / one <= count_max), None)
    if step is not None:
        return tuple(_in_a_day(window, zone, step))
    days = length / DAY.total_seconds()
    step = next((one for one in DAYS if days / one <= count_max), None)
    if step is not None:
        return tuple(_days(window, zone, step))
    step = next((one for one in MONTHS if days / (one * MONTH_DAYS) <= count_max), MONTHS[-1])
    return tuple(_months(window, zone, step))


def _lead(extent: Extent, end: datetime) -> timedelta:
    """How long before the first sign to begin: a third of what came after it, and as far as the blamed change."""
    lead = min(LEAD_MAX, max(LEAD_MIN, (end - extent.sign) / 3))
    if extent.cause is not None and timedelta(0) <= extent.sign - extent.cause <= CAUSE_LEAD_MAX:
        lead = max(lead, extent.sign - extent.cause)
    return lead


def _rounded(end: datetime, length: timedelta) -> datetime:
    """The end moved on to the next step of its ladder."""
    step = next((one for one in reversed(SECONDS) if one <= length.total_seconds() / STEPS_PER_WINDOW), SECONDS[0])
    seconds = end.timestamp()
    return datetime.fromtimestamp(-(-seconds // step) * step, UTC)


def _window(begin: datetime, end: datetime) -> Window:
    ended = max(tamed(end), EARLIEST + LENGTH_MIN)
    return Window(min(tamed(begin), ended - LENGTH_MIN), ended)


def _in_a_day(window: Window, zone: tzinfo, step: int) -> Iterator[Tick]:
    first, last = window.begin.astimezone(zone), window.end.astimezone(zone)
    # Where clocks were moved meanwhile, the hands may have stood further back or on than at either end.
    slack = abs((first.utcoffset() or timedelta(0)) - (last.utcoffset() or timedelta(0)))
    begin, end = (one.replace(tzinfo=None, fold=0) for one in (first, last))
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    number = (begin - slack - midnight) // timedelta(seconds=step)
    seen: set[datetime] = set()
    while (hands := midnight + timedelta(seconds=step) * number) <= end + slack:
        number += 1
        found = [at for at in _instants(_aligned(hands, step), zone) if window.holds(at) and at not in seen]
        for at in sorted(found):
            seen.add(at)
            yield Tick(at, _hands_label(at.astimezone(zone), step))


def _aligned(hands: datetime, step: int) -> datetime:
    """The time on the dial, counted from the midnight of its own day."""
    midnight = hands.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (hands - midnight) // timedelta(seconds=step) * timedelta(seconds=step)


def _instants(hands: datetime, zone: tzinfo) -> set[datetime]:
    """When the clocks of the zone show this: once, twice in the hour that is repeated, never in the one left out."""
    found = {hands.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return {at for at in found if at.astimezone(zone).replace(tzinfo=None, fold=0) == hands}


def _hands_label(here: datetime, step: int) -> str:
    if step < SECONDS[4]:
        return here.strftime("%H:%M:%S")
    if (here.hour, here.minute) == (0, 0):
        return _day_label(here)
    twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return here.strftime("%H:%M %Z" if twice else "%H:%M")


def _days(window: Window, zone: tzinfo, step: int) -> Iterator[Tick]:
    day = window.begin.astimezone(zone).date()
    last = window.end.astimezone(zone).date()
    while day <= last:
        if day.toordinal() % step == 0:
            yield from _midnight(window, zone, datetime(day.year, day.month, day.day), years=False)  # noqa: DTZ001 - hands of the zone
        day += DAY


def _months(window: Window, zone: tzinfo, step: int) -> Iterator[Tick]:
    first, last = window.begin.astimezone(zone), window.end.astimezone(zone)
    number = (first.year * YEAR_MONTHS + first.month - 1) // step * step
    while number <= last.year * YEAR_MONTHS + last.month - 1:
        year, month = divmod(number, YEAR_MONTHS)
        if year > 0:
            yield from _midnight(window, zone, datetime(year, month + 1, 1), years=True)  # noqa: DTZ001 - as above
        number += step


def _midnight(window: Window, zone: tzinfo, hands: datetime, *, years: bool) -> Iterator[Tick]:
    for at in sorted(_instants(hands, zone))[:1]:
        if window.holds(at):
            here = at.astimezone(zone)
            yield Tick(at, here.strftime("%Y" if here.month == 1 else "%b %Y") if years else _day_label(here))


def _day_label(here: datetime) -> str:
    return f"{here.day} {here.strftime('%b')}"
