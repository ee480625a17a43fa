"""The audit log's words: an act, the row that it becomes, its canonical form and hash, and a row as a line of text.

Where rows are kept is not known here, nor what a chain of them shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from lamplighter.domain.texts import kept_text

NOTHING = "0" * 64
WORD_BYTES_MAX = 200
DETAILS_MAX = 12
FORM = "1"
UNKNOWN = "unknown"
# Who acts where no person does.
ITSELF = "lamplighter"
_COMPACT: Any = {"sort_keys": True, "separators": (",", ":"), "ensure_ascii": False}


class What(StrEnum):
    """Every kind of act that is written down."""

    CHAIN_BEGUN = "chain_begun"
    ROWS_PRUNED = "rows_pruned"
    APPROVAL_GRANTED = "approval_granted"
    APPROVAL_DENIED = "approval_denied"
    APPROVAL_AMENDED = "approval_amended"
    APPROVAL_SNOOZED = "approval_snoozed"
    ACTION_BEGUN = "action_begun"
    ACTION_ENDED = "action_ended"
    INCIDENT_CLOSED = "incident_closed"
    INCIDENT_REOPENED = "incident_reopened"
    INCIDENT_MERGED = "incident_merged"
    INCIDENT_SPLIT = "incident_split"
    SILENCE_MADE = "silence_made"
    SILENCE_CHANGED = "silence_changed"
    SILENCE_ENDED = "silence_ended"
    PAUSED = "paused"
    RESUMED = "resumed"
    CONFIGURATION_LOADED = "configuration_loaded"
    CONFIGURATION_RELOADED = "configuration_reloaded"
    CONFIGURATION_REFUSED = "configuration_refused"
    ACCOUNT_MADE = "account_made"
    ACCOUNT_REMOVED = "account_removed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    ROLE_CHANGED = "role_changed"
    SESSIONS_ENDED = "sessions_ended"
    TOKEN_MADE = "token_made"  # noqa: S105 - the name of an act
    TOKEN_REVOKED = "token_revoked"  # noqa: S105 - the name of an act
    INVITATION_MADE = "invitation_made"
    INVITATION_USED = "invitation_used"
    SETUP_LINK_MADE = "setup_link_made"
    SETUP_LINK_USED = "setup_link_used"
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    BACKUP_MADE = "backup_made"
    BACKUP_RESTORED = "backup_restored"


@dataclass(frozen=True, slots=True)
class Act:
    """Who did what to what, and when; made by `act`, so that it holds no secret and no endless text."""

    at: datetime
    actor: str
    what: What
    on: str
    detail: Mapping[str, str] = field(default_factory=dict)


def act(at: datetime, actor: str, what: What, on: str, **detail: str) -> Act:
    """An act whose texts are cleaned, redacted and cut; details that say nothing are left out."""
    told = {name: _word(said) for name, said in detail.items() if said}
    return Act(at, _word(actor) or UNKNOWN, what, _word(on), dict(list(told.items())[:DETAILS_MAX]))


def _word(text: str) -> str:
    return kept_text(" ".join(text[: 64 * WORD_BYTES_MAX].split()), WORD_BYTES_MAX)


@dataclass(frozen=True, slots=True)
class Row:
    """One act as it is kept. `previous` is the hash of the row before, `hash` that of this row's canonical form."""

    seq: int
    at: datetime
    actor: str
    what: str
    on: str
    detail: Mapping[str, str]
    previous: str
    hash: str = ""


def canonical(row: Row) -> bytes:
    """The row without its own hash as JSON in the form of RFC 8785: names sorted, no space, UTF-8, times in UTC."""
    plain = {
        "actor": row.actor,
        "at": f"{row.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
        "detail": dict(row.detail),
        "on": row.on,
        "previous": row.previous,
        "seq": row.seq,
        "what": row.what,
    }
    return json.dumps(plain, **_COMPACT).encode("utf-8", "surrogatepass")


def hash_of(row: Row) -> str:
    """The SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(row)).hexdigest()


def chained(done: Act, seq: int, previous: str) -> Row:
    """The row that an act becomes behind the row with that hash."""
    row = Row(seq, done.at, done.actor, str(done.what), done.on, done.detail, previous)
    return replace(row, hash=hash_of(row))


def line_of(row: Row) -> str:
    """The row as one line of JSON: the canonical form, and the hash in it."""
    return json.dumps({**json.loads(canonical(row)), "hash": row.hash}, **_COMPACT)


def row_of(line: str) -> Row:
    """The row of one line. Raises `ValueError` where it is none, or holds anything that its hash would not cover."""
    try:
        found = json.loads(line)
        row = Row(at=datetime.fromisoformat(found.pop("at")), **found)
        fits = line_of(row) == line.strip()
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError) as problem:
        raise ValueError("this is not a row of an audit log") from problem
    if (
        not fits
        or type(row.seq) is not int
        or not isinstance(row.detail, dict)
        or not all(isinstance(said, str) for said in _texts(row))
    ):
        raise ValueError("this is not a row of an audit log")
    return row


def _texts(row: Row) -> tuple[object, ...]:
    return row.actor, row.what, row.on, row.previous, row.hash, *row.detail.values()
