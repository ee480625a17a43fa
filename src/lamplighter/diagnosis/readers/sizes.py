"""Reads the amounts that Linux tools print for people: sizes such as 61.0M or 1.5Gi, spans such as 2h 3min 4s."""

from __future__ import annotations

import re

_SIZE = re.compile(r"^(\d{1,20}(?:[.,]\d{1,6})?)\s?([KMGTPE]?)(i?)B?$")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}
_SPAN = re.compile(
    r"(\d{1,12}(?:\.\d{1,6})?)\s?(years?|y|months?|weeks?|w|days?|d|hours?|h|minutes?|min|seconds?|ms|us|s|m)(?![a-z])"
)
_SECONDS = {
    "y": 31_557_600.0,
    "year": 31_557_600.0,
    "month": 2_629_800.0,
    "w": 604_800.0,
    "week": 604_800.0,
    "d": 86_400.0,
    "day": 86_400.0,
    "h": 3_600.0,
    "hour": 3_600.0,
    "minute": 60.0,
    "min": 60.0,
    "m": 60.0,
    "second": 1.0,
    "s": 1.0,
    "ms": 0.001,
    "us": 0.000_001,
}
SPAN_CHARS_MAX = 80


def size_of(word: str) -> float | None:
    """Bytes in a size as these tools print it; letters mean powers of 1024, as free, df -h and systemctl have it."""
    found = _SIZE.match(word.strip())
    if found is None:
        return None
    return float(found[1].replace(",", ".")) * 1024.0 ** _POWERS[found[2]]


def span_seconds(words: str) -> float | None:
    """Seconds in a span such as `1h 2min 3.4s`; None where no part of one is found."""
    parts = _SPAN.findall(words[:SPAN_CHARS_MAX])
    if not parts:
        return None
    # "years" and "days" are plural; "s" and "ms" are whole words.
    return sum(float(count) * _SECONDS[unit if unit in _SECONDS else unit.rstrip("s")] for count, unit in parts)
