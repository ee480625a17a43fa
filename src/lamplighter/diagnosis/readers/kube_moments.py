"""Reads moments as kubectl writes them: RFC 3339, RFC 1123 with a zone, or an age before the look was taken."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from lamplighter.diagnosis.readers.instants import YEAR_MIN, instant
from lamplighter.diagnosis.readers.kube_quantity import age_seconds

_AGO = re.compile(r"^(\w{1,20})(?: ago)?(?:\s{1,3}\(x(\d{1,7})(?: over (\w{1,20}))?\))?$")


def moment(said: str) -> datetime | None:
    """`2025-01-01T00:00:00Z` or `Tue, 26 Nov 2024 12:38:55 +0100`; None where it is neither."""
    if not said:
        return None
    found = instant(said)
    if found is not None:
        return found
    try:
        parsed = parsedate_to_datetime(said[:60])
        whole = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return whole if whole.year >= YEAR_MIN else None


def ago(said: str, now: datetime) -> tuple[datetime | None, int]:
    """The moment that `3m30s (x256 over 58m)` means, and how often it was (1 where that is not said)."""
    found = _AGO.match(said.strip()[:60])
    if found is None:
        return moment(said), 1
    seconds = age_seconds(found[1])
    when = now - timedelta(seconds=min(seconds, 1e9)) if seconds is not None else None
    return when, int(found[2] or 1)
