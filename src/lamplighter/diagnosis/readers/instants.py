"""Reads the ways tools write a moment into UTC datetimes. What cannot be read is None, never an error."""

from __future__ import annotations

import re
from datetime import UTC, datetime

YEAR_MIN = 1971
_FRACTION = re.compile(r"(\.\d{6})\d+")
_STAMP = re.compile(r"^\s{0,4}(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\s+")


def instant(text: str) -> datetime | None:
    """An RFC 3339 moment with any number of decimals; an engine's zero time is None. No zone reads as UTC."""
    try:
        parsed = datetime.fromisoformat(_FRACTION.sub(r"\1", text.strip().replace(",", ".")))
        moment = parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= YEAR_MIN else None


def from_epoch(seconds: float | None) -> datetime | None:
    """Seconds since 1970 as UTC; zero, nothing and what lies out of range are None."""
    if not seconds or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def split_stamp(line: str) -> tuple[datetime | None, str]:
    """The moment a line begins with, and the rest of it."""
    found = _STAMP.match(line)
    if found is None:
        return None, line
    return instant(found.group(1)), line[found.end() :]
