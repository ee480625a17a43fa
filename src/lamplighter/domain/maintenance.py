"""Maintenance windows: when planned work mutes messages and fixes for some targets. Knows no clock of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(len(DAYS)))
ONCE_MAX = timedelta(days=30)
YEARS = range(2000, 2201)
WORDS_CHARS_MAX = 200
_GROUPS = {"daily": EVERY_DAY, "weekdays": frozenset(range(5)), "weekends": frozenset({5, 6})}
_LOOK_AHEAD_DAYS = 9
_MINUTE = timedelta(minutes=1)

_CLOCK = r"(\d{1,2}):(\d\d)"
_DATE = r"(\d{4}-\d\d-\d\d)"
_WEEKLY = re.compile(rf"([A-Za-z, -]{{1,80}}?)\s+{_CLOCK}\s*-\s*{_CLOCK}", re.ASCII)
_ONCE = re.compile(rf"{_DATE}[ T]{_CLOCK}\s*-\s*(?:{_DATE}[ T])?{_CLOCK}", re.ASCII)
_FIX = 'write "Sun 02:00-04:00", "Mon-Fri 22:00-06:00", "daily 03:00-03:30" or "2026-01-05 22:00 - 2026-01-06 02:00"'


class BadWindow(ValueError):
    """Words that name no window; the message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """Some days of the week (Monday is 0) from one wall time to another; past midnight where `end` is not later."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Once:
    """One stretch, in wall time of the window's zone."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """One window of the configuration. `targets` are names or globs of components; `timezone` an IANA name."""

    name: str
    when: Weekly | Once
    targets: tuple[str, ...]
    timezone: str = "UTC"


def covers(window: Window, component: str) -> bool:
    """Whether the component is one of the window's targets. What is not known to be any is only covered by `*`."""
    return any(fnmatchcase(component, target) for target in window.targets)


def open_until(window: Window, now: datetime) -> datetime | None:
    """When the window that is open at `now` (aware) ends, in UTC; None where it is not open."""
    ends = [end for start, end in _stretches(window, now) if start <= now < end]
    return max(ends, default=None)


def next_start(window: Window, now: datetime) -> datetime | None:
    """When the window opens the next time after `now` (aware), in UTC; None where it never does again."""
    starts = [start for start, end in _stretches(window, now) if now < start < end]
    return min(starts, default=None)


def parse_when(text: str) -> Weekly | Once:
    """`Sun 02:00-04:00`, `Mon-Fri 22:00-06:00`, `daily 03:00-03:30` or `2026-01-05 22:00 - 2026-01-06 02:00`.

    Days may also be a list (`Tue,Sat`), `weekdays` or `weekends`; an end may be 24:00. Raises `BadWindow`.
    """
    words = " ".join(text[: WORDS_CHARS_MAX + 1].replace("\N{EN DASH}", "-").split())
    if len(text) > WORDS_CHARS_MAX:
        raise BadWindow(f'"{words[:40]}…" is longer than {WORDS_CHARS_MAX} characters; {_FIX}')
    if found := _ONCE.fullmatch(words):
        return _once(words, found)
    if found := _WEEKLY.fullmatch(words):
        start = _clock(words, found[2], found[3])
        end = _clock(words, found[4], found[5])
        if start.days:
            raise BadWindow(f'"{words}": nothing begins at 24:00; write 00:00 of the next day')
        return Weekly(_days(words, found[1]), _time_of(start), _time_of(end))
    raise BadWindow(f'"{words[:60]}" is no window; {_FIX}')


def _once(words: str, found: re.Match[str]) -> Once:
    first, last = _date(words, found[1]), _date(words, found[4] or found[1])
    start = datetime.combine(first, time()) + _clock(words, found[2], found[3])
    end = datetime.combine(last, time()) + _clock(words, found[5], found[6])
    if end <= start:
        raise BadWindow(f'"{words}" ends before it begins; past midnight, write the date of the end as well')
    if end - start > ONCE_MAX:
        raise BadWindow(f'"{words}" is longer than {ONCE_MAX.days} days; nothing is muted for so long')
    return Once(start, end)


def _date(words: str, text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as problem:
        raise BadWindow(f'"{words}": {text} is no date; write it such as 2026-01-05') from problem
    if found.year not in YEARS:
        raise BadWindow(f'"{words}": the year must be from {YEARS.start} to {YEARS.stop - 1}')
    return found


def _clock(words: str, hours: str, minutes: str) -> timedelta:
    hour, minute = int(hours), int(minutes)
    if hour * 60 + minute > 24 * 60 or minute > 59:  # noqa: PLR2004 - minutes of an hour
        raise BadWindow(f'"{words}": {hours}:{minutes} is no time of day; write it from 00:00 to 24:00')
    return timedelta(hours=hour, minutes=minute)


def _time_of(clock: timedelta) -> time:
    """24:00 is the midnight at which the day ends; an end that is not later than the start lies on the next day."""
    minutes = clock // _MINUTE
    return time(minutes // 60 % 24, minutes % 60)


def _days(words: str, text: str) -> frozenset[int]:
    days: frozenset[int] = frozenset()
    for part in text.replace(" ", "").lower().split(","):
        first, dash, last = part.partition("-")
        if part in _GROUPS:
            days |= _GROUPS[part]
        elif dash:
            days |= _span(_day(words, first), _day(words, last))
        else:
            days |= {_day(words, first)}
    return days


def _span(first: int, last: int) -> frozenset[int]:
    """From one day to another, over the end of the week where the second comes before the first."""
    return frozenset((first + step) % len(DAYS) for step in range((last - first) % len(DAYS) + 1))


def _day(words: str, text: str) -> int:
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    for index, name in enumerate(names):
        if text in {DAYS[index], name, name[:4]}:
            return index
    raise BadWindow(f'"{words}": "{text}" is no day; write Mon, Tue, Wed, Thu, Fri, Sat, Sun, daily or weekdays')


def _stretches(window: Window, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The window's stretches around `now`, in UTC; a weekly one's last and next at least."""
    zone, when = ZoneInfo(window.timezone), window.when
    if isinstance(when, Once):
        yield _stretch(when.start, when.end, zone)
        return
    today = now.astimezone(zone).date()
    over_midnight = timedelta(days=1 if when.end <= when.start else 0)
    for days in range(-2, _LOOK_AHEAD_DAYS):
        day = today + timedelta(days=days)
        if day.weekday() in when.days:
            start = datetime.combine(day, when.start)
            yield _stretch(start, datetime.combine(day, when.end) + over_midnight, zone)


def _stretch(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the first moment at which the wall clock shows `start` to the last at which it shows `end`, in UTC.

    Where the clock jumps ahead over both, the work is done all the same, after the jump: the stretch keeps its length.
    """
    opens = _moment(start, zone, fold=0)
    closes = _moment(end, zone, fold=1)
    return opens, closes if closes > opens else opens + (end - start)


def _moment(wall: datetime, zone: ZoneInfo, *, fold: int) -> datetime:
    """When the clock of this zone shows `wall`; the moment of the jump where it never does."""
    earlier, later = sorted(wall.replace(tzinfo=zone, fold=side).astimezone(UTC) for side in (0, 1))
    if later.astimezone(zone).replace(tzinfo=None) == wall:
        return later if fold else earlier
    # The clock never shows it: of the two readings one lies before the jump and one after it.
    while later - earlier > _MINUTE:
        middle = earlier + (later - earlier) / 2
        if middle.astimezone(zone).utcoffset() == later.astimezone(zone).utcoffset():
            later = middle
        else:
            earlier = middle
    return later.replace(second=0, microsecond=0)
