"""The unit that the name of a metric tells, and amounts as people read them. Pure."""

from __future__ import annotations

import math
import re

from lamplighter.domain.plan import bytes_words

BYTES, SECONDS, MILLISECONDS, PERCENT = "B", "s", "ms", "%"
_UNITS = (
    (BYTES, re.compile(r"bytes(?:_|\b)", re.IGNORECASE)),
    (PERCENT, re.compile(r"percent|_pct|availability", re.IGNORECASE)),
    (MILLISECONDS, re.compile(r"(?:_|\b)(?:ms|millis[a-z]{0,10})(?:_|\b)", re.IGNORECASE)),
    (SECONDS, re.compile(r"seconds|latency_(?:average|p\d\d)$", re.IGNORECASE)),
)
MILLE = 1e3
MINUTE = 60
PLAIN_FROM, PLAIN_BELOW = 1e-3, 1e7


def unit_of(metric: str) -> str:
    """B, s, ms or %; empty where the name tells none."""
    return next((unit for unit, pattern in _UNITS if pattern.search(metric)), "")


def amount(value: float, unit: str) -> str:
    """A value with its unit, to three digits: 1.5 GiB, 250 ms, 93 %."""
    if not math.isfinite(value):
        return "no number"
    if unit == BYTES and abs(value) < 2**62:
        return bytes_words(round(value)) if value >= 0 else f"-{bytes_words(round(-value))}"
    if unit == SECONDS and 0 < abs(value) < 1:
        return f"{_figure(value * MILLE)} {MILLISECONDS}"
    return f"{_figure(value)} {unit}".strip()


def lapse(seconds: float) -> str:
    """A stretch of time in its two largest parts: 40 s, 17 min, 3 h 5 min, 2 d."""
    if not math.isfinite(seconds):
        return "no number"
    left = round(abs(seconds))
    if left < MINUTE:
        return f"{left} s"
    parts: list[str] = []
    for size, word in ((86_400, "d"), (3_600, "h"), (MINUTE, "min")):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {word}")
    return " ".join(parts[:2])


def _figure(value: float) -> str:
    if value == 0:
        return "0"
    if not PLAIN_FROM <= abs(value) < PLAIN_BELOW:
        return f"{value:.3g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
