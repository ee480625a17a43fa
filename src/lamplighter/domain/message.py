"""What people are told: one typed message for every moment and every channel. How it reads is wording.py's work."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lamplighter.domain.incident import State
from lamplighter.domain.texts import kept_text

TEXT_BYTES_MAX = 1_200
TITLE_BYTES_MAX = 240
LINES_MAX = 48
ITEMS_MAX = 40


class Kind(StrEnum):
    """The moments that people are told of, one text for each."""

    DETECTED = "detected"
    ASK = "ask"
    RUNNING = "running"
    RESOLVED = "resolved"
    NEEDS_YOU = "needs_you"
    SELF_CLEARED = "self_cleared"
    STORM = "storm"
    DENIED = "denied"
    EXPIRED = "expired"
    DIGEST = "digest"
    BLIND = "blind"
    SEES_AGAIN = "sees_again"
    TEST = "test"


KINDS = {
    "opened": Kind.DETECTED,
    "flapping": Kind.DETECTED,
    "graver": Kind.DETECTED,
    "asked": Kind.ASK,
    str(State.APPROVED): Kind.RUNNING,
    str(State.EXECUTING): Kind.RUNNING,
    str(State.SCALING): Kind.RUNNING,
    str(State.VERIFYING): Kind.RUNNING,
    str(State.RESOLVED): Kind.RESOLVED,
    str(State.MERGED): Kind.RESOLVED,
    str(State.SELF_CLEARED): Kind.SELF_CLEARED,
    str(State.REJECTED): Kind.DENIED,
    "storm": Kind.STORM,
    "digest": Kind.DIGEST,
    "blind": Kind.BLIND,
    "sees_again": Kind.SEES_AGAIN,
    "test": Kind.TEST,
}


class Press(StrEnum):
    """What a button of a message does. Nothing else can be done from a message."""

    APPROVE = "approve"
    DENY = "deny"
    SNOOZE = "snooze"
    WHY = "why"
    ACKNOWLEDGE = "acknowledge"
    SILENCE = "silence"
    COMMANDS = "commands"
    RIGHT = "right"
    WRONG = "wrong"
    # No button, but the words that somebody may send who has just said no.
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Button:
    """One button. `token` is a one-time secret; the channel hands it back, and it alone says what was pressed."""

    press: Press
    label: str
    token: str = ""


@dataclass(frozen=True, slots=True)
class Detail:
    """What a message may say beyond its lines. Empty where it is not known; times are UTC."""

    since: datetime | None = None
    cause: str = ""
    word: str = ""
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    ask: str = ""
    amended: str = ""
    effect: str = ""
    undo: str = ""
    council: str = ""
    plan_hash: str = ""
    approval_id: str = ""
    expires_at: datetime | None = None
    expired: bool = False
    answered_by: str = ""
    answered_at: datetime | None = None
    reason: str = ""
    tried: tuple[str, ...] = ()
    checked: str = ""
    next_steps: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    acknowledged_by: str = ""
    muted: str = ""
    assessed: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What people are told about one incident at one moment. `key` is for de-duplication.

    `loud` is False where nobody shall be woken; `replaces` is the channel's own id of its earlier message about the
    same incident; an `update` only refreshes what people know already.
    """

    key: str
    incident_id: str
    moment: str
    state: State
    severity: str
    title: str
    lines: tuple[str, ...]
    at: datetime | None = None
    zone: str = "UTC"
    url: str = ""
    detail: Detail = field(default_factory=Detail)
    loud: bool = True
    update: bool = False
    replaces: str = ""
    buttons: tuple[Button, ...] = ()

    @property
    def kind(self) -> Kind:
        """Which of the texts this is."""
        if self.detail.expired:
            return Kind.EXPIRED
        if self.moment.startswith("held-"):
            return Kind.STORM
        return KINDS.get(self.moment, Kind.NEEDS_YOU)


def safe(message: Message) -> Message:
    """The message with every text of it cleaned of controls, redacted and cut; done once, before it is kept."""
    detail = replace(message.detail, **_safe_fields(message.detail))
    lines = tuple(kept_text(line, TEXT_BYTES_MAX) for line in message.lines[:LINES_MAX])
    title = kept_text(message.title, TITLE_BYTES_MAX)
    return replace(message, title=title, lines=lines, severity=kept_text(message.severity, 40), detail=detail)


def _safe_fields(detail: Detail) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields(detail):
        value = getattr(detail, one.name)
        if isinstance(value, str):
            found[one.name] = kept_text(value, TEXT_BYTES_MAX)
        elif isinstance(value, tuple):
            found[one.name] = tuple(kept_text(item, TEXT_BYTES_MAX) for item in value[:ITEMS_MAX])
    return found
