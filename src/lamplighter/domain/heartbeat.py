"""Heartbeats: the word in a ping URL, and what the pings that came say. Reads no clock, keeps nothing."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState

SLUG_LETTERS_MAX = 40
HEX_DIGITS = 32
PING_LETTERS_MAX = SLUG_LETTERS_MAX + 1 + HEX_DIGITS
NOTHING_YET = "waiting for the first ping"
PINGED = "ping"


@dataclass(frozen=True, slots=True)
class Beat:
    """What the pings say; `seconds` is how long ago the last one was, None where none came."""

    state: SampleState
    detail: str
    seconds: float | None = None


def ping_word(name: str, key: str) -> str:
    """The last part of the ping URL: a readable slug, and an HMAC of the check's name that nobody can guess."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:SLUG_LETTERS_MAX].strip("-") or "check"
    digest = hmac.new(key.encode(), name.encode(), hashlib.sha256).hexdigest()
    return f"{slug}-{digest[:HEX_DIGITS]}"


def pinged(word: str, checks: Iterable[CheckSpec], key: str) -> CheckSpec | None:
    """The heartbeat that a ping URL's last part means; every one is compared, each in constant time."""
    if not key or len(word) > PING_LETTERS_MAX:
        return None
    found = None
    for spec in checks:
        if spec.kind is CheckKind.HEARTBEAT and hmac.compare_digest(ping_word(spec.name, key).encode(), word.encode()):
            found = spec
    return found


def pings_name(check: str) -> str:
    """The name that the pings of a heartbeat are kept under, beside the samples of its rounds."""
    return f"{check} · pings"


def first_start(check: str, at: datetime) -> Sample:
    """The mark that is kept once for a heartbeat, so that waiting for its first ping ends some day."""
    return Sample(pings_name(check), at, SampleState.CANNOT_SEE, NOTHING_YET)


def ping(check: str, at: datetime) -> Sample:
    """One ping as it is kept."""
    return Sample(pings_name(check), at, SampleState.OK, PINGED)


def listen(spec: CheckSpec, pings: Sequence[Sample], now: datetime) -> Beat:
    """What the pings so far, oldest first, say at `now` (UTC)."""
    beat, grace = spec.expects.beat_seconds, spec.expects.grace_seconds
    came = [sample.at for sample in pings if sample.state is SampleState.OK]
    if not came:
        return _never(pings, beat + grace, now)
    since = max(0.0, (now - came[-1]).total_seconds())
    told = f"the last ping came {came[-1]:%Y-%m-%d %H:%M:%S} UTC"
    if since <= beat:
        return Beat(SampleState.OK, told, since)
    if since <= beat + grace:
        return Beat(SampleState.OK, f"{told}; the next is late, within its grace", since)
    due = came[-1] + timedelta(seconds=beat)
    return Beat(SampleState.FAILING, f"{told}; the next was due {due:%Y-%m-%d %H:%M:%S} UTC", since)


def _never(pings: Sequence[Sample], allowed_seconds: float, now: datetime) -> Beat:
    if not pings:
        return Beat(SampleState.CANNOT_SEE, NOTHING_YET)
    due = pings[0].at + timedelta(seconds=allowed_seconds)
    if now <= due:
        return Beat(SampleState.CANNOT_SEE, f"{NOTHING_YET}, due by {due:%Y-%m-%d %H:%M:%S} UTC")
    return Beat(SampleState.FAILING, f"no ping ever came; the first was due by {due:%Y-%m-%d %H:%M:%S} UTC")
