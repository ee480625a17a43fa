"""Between the domain's values and what a database holds: JSON, clean text, bounded keys, UTC. Knows no table."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from lamplighter.domain.alert import Alert

KEY_CHARS_MAX = 400
REPLACEMENT = "\ufffd"
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_INT_MAX = 2**63 - 1
_T = TypeVar("_T")
_ALERTS = msgspec.json.Decoder(Alert)


def clean(text: str) -> str:
    """`text` with each NUL and lone surrogate, which no database takes, replaced by U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return _UNSTORABLE.sub(REPLACEMENT, text)


def bounded_key(text: str) -> str:
    """`text` short enough for a unique index; a long one keeps its head and gains a SHA-256, so it stays its own."""
    text = clean(text)
    if len(text) <= KEY_CHARS_MAX:
        return text
    return f"{text[:KEY_CHARS_MAX]}#{hashlib.sha256(text.encode()).hexdigest()}"


def utc(at: datetime) -> datetime:
    """`at` in UTC; a time that would leave the calendar keeps its digits. Raises `ValueError` without a zone."""
    if at.tzinfo is None:
        raise ValueError(f"the time {at.isoformat()} has no zone; the store takes UTC only")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        # The calendar ends at both sides, and some senders write its first or last day for "never".
        return at.replace(tzinfo=UTC)


def packed_alert(alert: Alert) -> str:
    """One alert as JSON. Raises `ValueError` where a time has no zone."""
    utc(alert.starts_at)
    if alert.ends_at is not None:
        utc(alert.ends_at)
    return packed_quickly(alert)


def packed_quickly(value: object) -> str:
    """A value of text, times and small numbers as JSON; only where something must be cleaned it takes the long way."""
    try:
        raw = msgspec.json.encode(value)
    except UnicodeEncodeError:
        return packed(value)
    return packed(value) if b"\\u0000" in raw else raw.decode()


def packed(value: object) -> str:
    """Any of the domain's values as JSON that can be stored and read back."""
    return msgspec.json.encode(_storable(msgspec.to_builtins(value, str_keys=True))).decode()


def unpacked_alert(raw: str | bytes) -> Alert:
    """The alert that was packed, on the short way. Raises `msgspec.ValidationError`."""
    return _ALERTS.decode(raw)


def unpacked(raw: str, kind: type[_T]) -> _T:
    """The value that was packed. Raises `msgspec.ValidationError` where the text is not one of `kind`."""
    return msgspec.json.decode(raw, type=kind)


def _storable(value: object) -> object:
    """The value with clean text, and numbers that JSON or 64 bits do not hold as text."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): _storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) > _INT_MAX:
        return str(value)
    return value
