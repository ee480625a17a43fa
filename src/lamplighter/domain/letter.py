"""A letter is one message on its way through one channel: its states, when it is tried again, when it is given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lamplighter.domain.message import Message, Press

# Age decides when a letter is given up: so many attempts, spread as they are, take longer than that.
ATTEMPTS_MAX = 400
AGE_MAX = timedelta(hours=24)
FIRST_PAUSE_SECONDS = 2.0
PAUSE_SECONDS_MAX = 900.0
RETRY_AFTER_SECONDS_MAX = 3_600.0


class LetterState(StrEnum):
    """Where a letter stands. `sending` past its due time is what a killed process left, and is sent again."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Letter:
    """One row of the outbox: the intent to tell and what became of it. `key` is unique, so that it is written once.

    `said`, `severity` and `lead` are what telling.py remembers of a message. Times are UTC.
    """

    key: str
    channel: str
    message: Message
    run: int
    due_at: datetime
    created_at: datetime
    said: str = ""
    lead: str = ""
    state: LetterState = LetterState.QUEUED
    attempts: int = 0
    reference: str = ""
    problem: str = ""
    ended_at: datetime | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Nonce:
    """What one button of one delivered message may do, once. Only the digest of its token is kept.

    `holder` is who presses it, where the channel cannot tell; empty where the channel says who did.
    """

    digest: str
    channel: str
    incident_id: str
    run: int
    press: Press
    expires_at: datetime
    approval_id: str = ""
    plan_hash: str = ""
    holder: str = ""
    used_at: datetime | None = None
    used_by: str = ""


def why_given_up(letter: Letter, now: datetime, *, permanent: bool = False) -> str:
    """Why a letter that was just refused is not tried again; empty where it is."""
    if permanent:
        return "a retry cannot help"
    if letter.attempts >= ATTEMPTS_MAX:
        return f"tried {letter.attempts} times"
    if now - letter.created_at >= AGE_MAX:
        return f"older than {AGE_MAX.total_seconds() / 3600:.0f} h"
    return ""


def asked_pause(retry_after_seconds: float) -> float:
    """How long the other side asked to be left alone, within reason."""
    return min(RETRY_AFTER_SECONDS_MAX, max(0.0, retry_after_seconds))


def next_try(letter: Letter, now: datetime, *, chance: float, retry_after_seconds: float = 0.0) -> datetime:
    """When to try again: ever later, spread by `chance` (0 to 1), and never earlier than the other side asked for."""
    doubled = min(PAUSE_SECONDS_MAX, FIRST_PAUSE_SECONDS * 2.0 ** min(letter.attempts, 30))
    asked = asked_pause(retry_after_seconds)
    return now + timedelta(seconds=max(asked, doubled * (0.5 + chance / 2)) + (chance if asked else 0.0))
