"""Quiet hours and the time of the digest, on the clock of the people who sleep. Pure; daylight saving included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lamplighter.domain.course import graver


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `begin` to `end` on the wall clock of `zone`, over midnight where `end` is earlier."""

    begin: time
    end: time
    zone: str
    let_through: str = "critical"

    def hold(self, at: datetime) -> bool:
        """Whether it is quiet now."""
        wall = at.astimezone(ZoneInfo(self.zone)).time()
        if self.begin <= self.end:
            return self.begin <= wall < self.end
        return wall >= self.begin or wall < self.end

    def passes(self, severity: str) -> bool:
        """Whether a message of this severity wakes people all the same."""
        return severity == self.let_through or graver(self.let_through, severity) == severity

    def over_at(self, at: datetime) -> datetime:
        """When the quiet that holds now is over; `at` where it is not quiet."""
        return next_at(self.end, self.zone, at) if self.hold(at) else at


def next_at(wall: time, zone: str, after: datetime) -> datetime:
    """The next moment after `after` at which the wall clock shows this time, in UTC.

    A time that the clock leaps over in spring is taken an hour later; one that it shows twice in autumn, at the first.
    """
    here = ZoneInfo(zone)
    day = after.astimezone(here).date() - timedelta(days=1)
    for ahead in range(4):
        found = datetime.combine(day + timedelta(days=ahead), wall, here).astimezone(UTC)
        if found > after:
            return found
    raise AssertionError("a time of day comes again within three days")
