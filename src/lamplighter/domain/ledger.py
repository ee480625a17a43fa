"""The intent ledger's words: what is about to be done is written down before it is done."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from lamplighter.domain.plan import Action


class AttemptState(StrEnum):
    """How far an attempt got. `unknown` is an end: a person is told, and nothing is tried again."""

    PLANNED = "planned"
    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


ENDED = frozenset({AttemptState.DONE, AttemptState.FAILED, AttemptState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One intent to do one action once. `before` is the target's state that was recorded first."""

    key: str
    incident_id: str
    plan_hash: str
    grant: str
    system: str
    verb: str
    target_id: str
    target_name: str
    params: dict[str, str]
    state: AttemptState
    planned_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    before: dict[str, str] = field(default_factory=dict)
    detail: str = ""
    undo_of: str = ""


class ResultKind(StrEnum):
    """How an action ended for the story."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    STOPPED = "stopped"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one action: done, failed, unknown, stopped before it began, or no longer needed."""

    kind: ResultKind
    detail: str
    words: str = ""
    target_id: str = ""


def result_of(attempt: Attempt, words: str) -> Result:
    """The result that an ended attempt stands for."""
    return Result(ResultKind(attempt.state), attempt.detail, words, attempt.target_id)


def intent_key(grant: str, action: Action, *, undo: bool = False) -> str:
    """The key of an intent: the grant (an approval's id or the policy's own), target id, verb, parameters."""
    parts = [grant, action.target.system, action.target.id, str(action.verb), sorted(action.params.items()), undo]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a look at the target says of an attempt whose end was not recorded."""

    state: AttemptState
    reason: str


def settle(*, happened: bool | None, why: str) -> Settled:
    """The end of an attempt found `started` after a crash. Never a second try."""
    if happened is True:
        return Settled(
            AttemptState.DONE, f"found started after an interruption; the target shows that it happened: {why}"
        )
    if happened is False:
        return Settled(
            AttemptState.FAILED, f"found started after an interruption; the target shows that it did not happen: {why}"
        )
    return Settled(AttemptState.UNKNOWN, f"found started after an interruption; the target does not tell: {why}")
