"""Reads the ways tools write a moment into UTC datetimes. What cannot be read is None, never an error."""

from __future__ import annotations

import re
from datetime import UTC, datetime

YEAR_MIN = 1971
EPOCH_DIGITS_MAX = 16
_SYSTEMD = re.compile(
    r"^(?:[A-Z][a-z]{2} )?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d{1,9})?)(?: ?(UTC|GMT|Z|[+-]\d\d:?\d\d))?$"
)
_FRACTION = re.compile(r"(\.\d{6})\d+")
_STAMP = re.compile(r"^\s{0,4}(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)\s+")
ELSEWHERE_CHARS = 160
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_INSIDE = re.compile(r"(?<![\d/-])(\d{4}[-/]\d\d[-/]\d\d)[T ](\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)")
_NAMED_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})[-/ ]([A-Z][a-z]{2})[-/ ](\d{4})[:, ]{1,2}(\d\d:\d\d:\d\d(?:\.\d{1,6})?)(?: ([+-]\d{4}))?"
)
_EPOCH = re.compile(r"\b(?:ts|time|timestamp)\W{1,4}(1\d{9}(?:\.\d{1,9})?)\b|^\[?(?=(1\d{9}\.\d{3}))")


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
    """The moment a line begins with, and the rest of it; or a moment near its beginning, and the whole line."""
    found = _STAMP.match(line)
    if found is not None:
        return instant(found.group(1)), line[found.end() :]
    return _elsewhere(line[:ELSEWHERE_CHARS]), line


def _elsewhere(head: str) -> datetime | None:
    """A moment as other writers put it: in brackets, as a field, by the name of the month, or in seconds since 1970."""
    iso = _INSIDE.search(head)
    if iso:
        return instant(f"{iso[1].replace('/', '-')}T{iso[2]}")
    named = _NAMED_MONTH.search(head)
    if named and named[2] in MONTHS:
        month = MONTHS.index(named[2]) + 1
        zone = named[5] or ""
        return instant(f"{named[3]}-{month:02}-{int(named[1]):02}T{named[4]}{zone}")
    epoch = _EPOCH.search(head)
    return from_epoch(float(epoch[1] or epoch[2])) if epoch else None


def systemd_instant(words: str) -> datetime | None:
    """A moment as systemctl prints it, such as `Tue 2026-03-03 10:00:00 UTC` or `@1772532000`.

    Only UTC is believed: the letters of other zones mean different times in different places.
    """
    if words.startswith("@"):
        seconds = words[1:].partition(".")[0]
        return (
            from_epoch(float(seconds))
            if seconds.isascii() and seconds.isdigit() and len(seconds) < EPOCH_DIGITS_MAX
            else None
        )
    found = _SYSTEMD.match(words.strip())
    return (
        instant(f"{found[1]}T{found[2]}{found[3] if found[3] not in {'UTC', 'GMT', None} else ''}") if found else None
    )
