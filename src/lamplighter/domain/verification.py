"""Whether the signal that fired is over, on fresh data that was asked for. No data is not health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class SignalState(StrEnum):
    """What one look at a signal says."""

    CLEAR = "clear"
    FIRING = "firing"
    NO_DATA = "no_data"


class Outcome(StrEnum):
    """What verification comes to."""

    RECOVERED = "recovered"
    UNCHANGED = "unchanged"
    WORSE = "worse"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a signal: what was asked, what came back, when (UTC)."""

    state: SignalState
    at: datetime
    query: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of the whole look after an action, with the reason in words."""

    outcome: Outcome
    reason: str
    verified_by: str = ""
    at: datetime | None = None


def clear_since(readings: tuple[Reading, ...]) -> datetime | None:
    """When the present unbroken run of clear readings began; None where the last one is not clear."""
    since: datetime | None = None
    for reading in readings:
        if reading.state is not SignalState.CLEAR:
            since = None
        elif since is None:
            since = reading.at
    return since


def assess(
    readings: tuple[Reading, ...], dwell: timedelta, deadline: datetime, now: datetime, worse: str = ""
) -> Verification | None:
    """The verdict on an action, or None while it is too early to say.

    `worse` is a sign of harm that did not exist before the action, in words; while it stands nothing is recovered,
    and it decides at the deadline, because a target that is just starting looks like harm.
    """
    since = clear_since(readings)
    if not worse and since is not None and readings[-1].at - since >= dwell:
        last = readings[-1]
        held = f"clear for {(last.at - since).total_seconds():.0f} s on fresh data"
        return Verification(Outcome.RECOVERED, f"{held}: {last.detail}", last.query, last.at)
    if now < deadline:
        return None
    if worse:
        return Verification(Outcome.WORSE, worse, at=now)
    if not readings or readings[-1].state is SignalState.NO_DATA:
        detail = readings[-1].detail if readings else "the signal was never read"
        return Verification(Outcome.UNKNOWN, f"no data to verify on: {detail}", at=now)
    if since is not None:
        return Verification(Outcome.UNKNOWN, "clear, but not for long enough before the deadline", at=now)
    return Verification(Outcome.UNCHANGED, f"still firing: {readings[-1].detail}", readings[-1].query, now)
