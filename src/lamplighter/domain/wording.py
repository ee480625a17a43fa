"""The ten texts: from a typed message to a first line for the lock screen and a few labelled lines. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lamplighter.domain.message import Kind, Message

EVIDENCE_MAX = 3
TRIED_MAX = 3
STEPS_MAX = 2
AFFECTED_MAX = 4
STORM_ITEMS_MAX = 12
MINUTE_SECONDS = 60
HOUR_SECONDS = 3_600
GRAVE = "critical"


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled part of a text: a sentence, or a list of them. Without a label it is plain prose."""

    label: str
    lines: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """A whole text: `first` makes sense alone, on a lock screen."""

    first: str
    rows: tuple[Row, ...]


def worded(message: Message) -> Wording:
    """The text of a message."""
    rows = _ROWS[message.kind](message)
    return Wording(_first(message), tuple(row for row in rows if any(row.lines)))


def took(seconds: float) -> str:
    """A duration as people say it: 40 s, 3 min, 6 min 12 s, 2 h 5 min."""
    whole = max(0, round(seconds))
    if whole < MINUTE_SECONDS:
        return f"{whole} s"
    if whole < HOUR_SECONDS:
        rest = whole % MINUTE_SECONDS
        return f"{whole // MINUTE_SECONDS} min" + (f" {rest} s" if rest else "")
    rest = whole % HOUR_SECONDS // MINUTE_SECONDS
    return f"{whole // HOUR_SECONDS} h" + (f" {rest} min" if rest else "")


def clock(at: datetime | None, zone: str) -> str:
    """A time of day where the reader lives."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M") if at else ""


def _first(message: Message) -> str:
    mark, word = _MARKS[message.kind]
    if message.kind in {Kind.DETECTED, Kind.STORM} and message.severity != GRAVE:
        mark = "\N{LARGE YELLOW CIRCLE}"
    if message.moment == "graver":
        word = "Graver"
    if message.moment == str(message.state) == "merged":
        word = "Merged"
    tail = (message.incident_id, _tail(message))
    return " · ".join(part for part in (f"{mark} {word}: {message.title}", *tail) if part)


def _tail(message: Message) -> str:
    if message.kind in {Kind.DETECTED, Kind.STORM}:
        return message.severity
    if message.kind is Kind.BLIND:
        return f"since {clock(message.detail.since or message.at, message.zone)}"
    if message.kind in _WITH_DURATION and message.detail.since and message.at:
        return took((message.at - message.detail.since).total_seconds())
    return ""


def _since(message: Message) -> str:
    since = message.detail.since
    return f"Since {clock(since, message.zone)}." if since else ""


def _known(message: Message) -> tuple[Row, ...]:
    """The cause and the evidence."""
    detail = message.detail
    word = f"{detail.word.capitalize() or 'Possible'} cause ({detail.confidence:.0%})"
    cause = Row(word, (detail.cause,)) if detail.confidence else Row("Cause", (detail.cause,))
    return (cause, Row("Evidence", detail.evidence[:EVIDENCE_MAX], numbered=True))


def _detected(message: Message) -> tuple[Row, ...]:
    detail = message.detail
    affected = ", ".join(detail.affected[:AFFECTED_MAX]) or "nothing else that I know of"
    said = tuple(line for line in message.lines if line != message.title)
    return (
        Row("", (" ".join(part for part in (_since(message), *said) if part),)),
        Row("Also affected", (affected,)),
        *(_known(message) if detail.cause else ()),
        Row("", (detail.muted,)),
        _taken(message, "Looking into it. You need to do nothing yet."),
    )


def _ask(message: Message) -> tuple[Row, ...]:
    detail = message.detail
    ends = clock(detail.expires_at, message.zone)
    expiry = f"Expires {ends}; then I do nothing and call you again." if ends else ""
    return (
        *_known(message),
        Row("I want to", (f"{detail.ask}{f' ({detail.effect})' if detail.effect else ''}",)),
        Row("Amended", (detail.amended,)),
        Row("Undo", (detail.undo,)),
        Row("Council", (detail.council,)),
        Row("", (f"{expiry} May I?".strip(),)),
    )


def _running(message: Message) -> tuple[Row, ...]:
    detail = message.detail
    at = clock(detail.answered_at, message.zone)
    yes = (
        f"Approved by {detail.answered_by}{f' at {at}' if at else ''}." if detail.answered_by else "Allowed by policy."
    )
    doing = detail.ask or ", ".join(message.lines)
    verb = "Checking whether it helped" if message.moment == "verifying" else "Now"
    return (Row("", (yes,)), Row(verb, (doing,)), *_known(message)[:1], Row("", ("You need to do nothing.",)))


def _resolved(message: Message) -> tuple[Row, ...]:
    detail = message.detail
    steps = detail.next_steps[:STEPS_MAX]
    return (
        Row("Fixed by", ("; ".join(detail.tried[-1:]),)),
        Row("Checked", (detail.checked or "; ".join(message.lines),)),
        *_known(message)[:1],
        Row("Against the next time", steps),
        Row("", (f"Noted: {detail.assessed}." if detail.assessed else "",)),
        Row("", (f"Over at {clock(message.at, message.zone)}. You need to do nothing.",)),
    )


def _needs_you(message: Message) -> tuple[Row, ...]:
    detail = message.detail
    tried = detail.tried[-TRIED_MAX:] or ("nothing",)
    changed = "Nothing else was changed." if detail.tried else "Nothing was changed."
    steps = detail.next_steps[:STEPS_MAX] or ("look at the incident's page: its evidence says what I saw",)
    return (
        Row("", (_since(message),)),
        *_known(message),
        Row("Tried", tried),
        Row("I stopped", message.lines[-1:]),
        Row("Most useful next step", steps),
        _taken(message, f"{changed} Please look."),
    )


def _self_cleared(message: Message) -> tuple[Row, ...]:
    return (Row("", (*message.lines, f"Over at {clock(message.at, message.zone)}, gone by itself; nothing to do.")),)


def _storm(message: Message) -> tuple[Row, ...]:
    return (
        Row("", (_since(message), *message.lines[:2])),
        Row("Waiting", message.lines[2 : 2 + STORM_ITEMS_MAX]),
        Row("", (_more(len(message.lines) - 2 - STORM_ITEMS_MAX), "I take them one after another, the grave first.")),
    )


def _denied(message: Message) -> tuple[Row, ...]:
    detail = message.detail
    by = detail.answered_by or "Somebody"
    at = clock(detail.answered_at, message.zone)
    return (
        Row("", (f"{by} said no{f' at {at}' if at else ''}. Nothing was changed.",)),
        Row("Why", (detail.reason,)),
        Row("I wanted to", (detail.ask,)),
        *_known(message),
        Row("Next", ("it stays open until it is over or you close it; the morning digest names it",)),
    )


def _expired(message: Message) -> tuple[Row, ...]:
    detail = message.detail
    at = clock(detail.expires_at, message.zone)
    return (
        Row("", (f"No answer{f' until {at}' if at else ''}. Nothing was changed.",)),
        Row("I wanted to", (detail.ask,)),
        *_known(message),
        Row("Most useful next step", detail.next_steps[:STEPS_MAX] or ("please look; I do nothing without a yes",)),
    )


def _digest(message: Message) -> tuple[Row, ...]:
    return (Row("", message.lines), *(Row("", (item,)) for item in message.detail.items))


def _blind(message: Message) -> tuple[Row, ...]:
    return (
        Row("What it said", message.lines),
        Row("", ("Anything on it may be down without me noticing.",)),
        Row("Most useful next step", message.detail.next_steps),
    )


def _sees_again(message: Message) -> tuple[Row, ...]:
    return (Row("", (f"Since {clock(message.at, message.zone)}. You need to do nothing.", *message.lines)),)


def _plain(message: Message) -> tuple[Row, ...]:
    return (Row("", message.lines),)


def _taken(message: Message, otherwise: str) -> Row:
    by = message.detail.acknowledged_by
    return Row("", (f"{by} has it." if by else otherwise,))


def _more(number: int) -> str:
    return f"and {number} more" if number > 0 else ""


_WITH_DURATION = frozenset({Kind.ASK, Kind.RUNNING, Kind.RESOLVED, Kind.NEEDS_YOU, Kind.EXPIRED, Kind.SELF_CLEARED})
_MARKS = {
    Kind.DETECTED: ("\N{LARGE RED CIRCLE}", "Trouble"),
    Kind.ASK: ("\N{LARGE ORANGE CIRCLE}", "May I fix it"),
    Kind.RUNNING: ("\N{LARGE BLUE CIRCLE}", "Fixing"),
    Kind.RESOLVED: ("\N{LARGE GREEN CIRCLE}", "Resolved"),
    Kind.NEEDS_YOU: ("\N{LARGE RED CIRCLE}", "I need you"),
    Kind.SELF_CLEARED: ("\N{MEDIUM WHITE CIRCLE}", "Gone by itself"),
    Kind.STORM: ("\N{LARGE RED CIRCLE}", "Storm"),
    Kind.DENIED: ("\N{MEDIUM BLACK CIRCLE}", "Denied, nothing done"),
    Kind.EXPIRED: ("\N{MEDIUM BLACK CIRCLE}", "No answer, I need you"),
    Kind.DIGEST: ("\N{BLACK SUN WITH RAYS}\N{VARIATION SELECTOR-16}", "Morning digest"),
    Kind.BLIND: ("\N{LARGE PURPLE CIRCLE}", "I cannot see"),
    Kind.SEES_AGAIN: ("\N{LARGE GREEN CIRCLE}", "I see again"),
    Kind.TEST: ("\N{LARGE BLUE CIRCLE}", "Test"),
}
_ROWS: dict[Kind, Callable[[Message], tuple[Row, ...]]] = {
    Kind.DETECTED: _detected,
    Kind.ASK: _ask,
    Kind.RUNNING: _running,
    Kind.RESOLVED: _resolved,
    Kind.NEEDS_YOU: _needs_you,
    Kind.SELF_CLEARED: _self_cleared,
    Kind.STORM: _storm,
    Kind.DENIED: _denied,
    Kind.EXPIRED: _expired,
    Kind.DIGEST: _digest,
    Kind.BLIND: _blind,
    Kind.SEES_AGAIN: _sees_again,
    Kind.TEST: _plain,
}
