"""What a signed-in person does on a page: each act asks for its right again, and goes the way that the API goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from lamplighter.domain.access import Denied, Person, Right, may
from lamplighter.domain.letter import LetterState
from lamplighter.domain.plan import bytes_of
from lamplighter.domain.redaction import redact
from lamplighter.ports import StoreUnavailable
from lamplighter.reports.reply import Reply
from lamplighter.web.approvals import Answer, Change, amended, answered, put_off
from lamplighter.web.console.hub import Hub, Key, Said
from lamplighter.web.console.pane import Pane
from lamplighter.web.console.staffing import STAFFING
from lamplighter.web.context import Context
from lamplighter.web.life import (
    Acknowledging,
    Comment,
    Feedback,
    Merging,
    Reopening,
    Resolving,
    Splitting,
    acknowledged,
    assessed,
    commented,
    divided,
    merged,
    reopened,
    resolved,
)
from lamplighter.web.notifications import Testing, outcome, tested
from lamplighter.web.operation import REASON_CHARS_MAX, pressed, released
from lamplighter.web.problems import Problem
from lamplighter.web.questions import Question, replied

Body = TypeVar("Body", bound=BaseModel)
Values = Mapping[str, str]
NOTICE = "notice"
REPLY = "reply"
KEEP, LIMIT = "keep-", "limit-"
DIGITS_MAX = 20
# What must work while nobody can be asked who this is.
WITHOUT_STORE = "pause"
# A store that hangs must not hold up the switch.
KNOWING_SECONDS_MAX = 5.0
TEST_FIX = "correct it below notify, and start again; lamplighter notify list tells more"


@dataclass(slots=True)
class Desk:
    """The acts of one open page. `who` tells who is signed in on it now; None for nobody any more.

    `known` is whom the page was opened for, and then whoever `who` told of last.
    """

    here: Context
    hub: Hub
    keys: tuple[Key, ...]
    who: Callable[[], Awaitable[Person | None]]
    panes: Mapping[str, Pane] = field(default_factory=dict)
    known: Person | None = None
    shown: Callable[[str, Reply], str] | None = None

    async def act(self, values: Values) -> None:
        """Do what was asked for, say what came of it, and show the page anew. An answer is shown on this page alone."""
        said = await self._said(values)
        if isinstance(said, Reply):
            self._show(REPLY, self.shown(_incident(values), said) if self.shown else "")
            self._show(NOTICE, self.hub.notice(Said("")))
            return
        self._show(NOTICE, self.hub.notice(said))
        for key in self.keys:
            await self.hub.refresh(key)

    def _show(self, name: str, html: str) -> None:
        pane = self.panes.get(name)
        if pane is not None:
            pane.show(html)

    async def _said(self, values: Values) -> Said | Reply:
        verb = values.get("act", "")
        if verb not in ACTS:
            return Said("this page knows no such act; reload it", fine=False)
        right, work = ACTS[verb]
        try:
            person = await self._present(verb)
            if person is None:
                return Said("you are signed out; reload the page and sign in", fine=False)
            verdict = may(person, right)
            if isinstance(verdict, Denied):
                return Said(verdict.reason, fine=False)
            done = await work(self.here, person, values)
            return Said(done) if isinstance(done, str) else done
        except Problem as problem:
            return Said(f"{problem.detail}; {problem.fix}", fine=False)
        except StoreUnavailable as problem:
            return Said(f"nothing was done: {problem}", fine=False)

    async def _present(self, verb: str) -> Person | None:
        """Who is at this page. Raises `StoreUnavailable`, but never for the act that must work without a store."""
        try:
            async with asyncio.timeout(KNOWING_SECONDS_MAX if verb == WITHOUT_STORE else None):
                self.known = await self.who()
        except (StoreUnavailable, TimeoutError):
            if verb != WITHOUT_STORE:
                raise
        return self.known


async def _approve(here: Context, person: Person, values: Values) -> str:
    await _answer(here, person, values, approve=True)
    if paused := here.app.switch.paused():
        return f"approved, but actions are paused {paused}: nothing runs, and the incident goes to a person"
    return "approved; it runs now"


async def _deny(here: Context, person: Person, values: Values) -> str:
    await _answer(here, person, values, approve=False)
    return "denied; nothing is done"


async def _answer(here: Context, person: Person, values: Values, *, approve: bool) -> None:
    body = _read(Answer, {"plan_hash": values.get("plan"), "reason": values.get("reason", "")})
    await answered(here, values.get("approval", ""), body, approve=approve, by=person.signature)


async def _snooze(here: Context, person: Person, values: Values) -> str:
    await put_off(here, values.get("approval", ""), by=person.signature)
    return "I ask again in 30 minutes, and do nothing until then"


async def _amend(here: Context, person: Person, values: Values) -> str:
    wanted = {
        "plan_hash": values.get("plan"),
        "keep": _numbered(values, KEEP),
        "limits": [
            {"action": number, "bytes": _mebibytes(values[f"{LIMIT}{number}"])}
            for number in _numbered(values, LIMIT)
            if values.get(f"{LIMIT}{number}", "").strip() and f"{KEEP}{number}" in values
        ],
        "reason": values.get("reason", "").strip(),
    }
    await amended(here, values.get("approval", ""), _read(Change, wanted), by=person.signature)
    return "amended; it is judged anew, and then asked anew"


async def _right(here: Context, person: Person, values: Values) -> str:
    return await _assess(here, person, values, right=True)


async def _wrong(here: Context, person: Person, values: Values) -> str:
    return await _assess(here, person, values, right=False)


async def _correct(here: Context, person: Person, values: Values) -> str:
    body = _read(Feedback, {"right": False, **_by(person, values, "component", "text")})
    await assessed(here, _incident(values), body)
    return "written into the timeline"


async def _ask(here: Context, _person: Person, values: Values) -> Reply:
    body = _read(Question, {"question": values.get("question", "").strip()})
    return await replied(here, _incident(values), body.question)


async def _assess(here: Context, person: Person, values: Values, *, right: bool) -> str:
    body = _read(Feedback, {"by": person.signature, "right": right, "text": values.get("reason", "").strip()})
    await assessed(here, _incident(values), body)
    return "written into the timeline"


async def _pause(here: Context, person: Person, values: Values) -> str:
    await pressed(here, person.signature, values.get("reason", "")[:REASON_CHARS_MAX])
    return "paused; no action begins until somebody resumes"


async def _resume(here: Context, person: Person, _values: Values) -> str:
    await released(here, person.signature)
    return "actions may run again"


async def _comment(here: Context, person: Person, values: Values) -> str:
    await commented(here, _incident(values), _read(Comment, _by(person, values, "text")))
    return "written into the timeline"


async def _acknowledge(here: Context, person: Person, values: Values) -> str:
    await acknowledged(here, _incident(values), _read(Acknowledging, _by(person, values)))
    return "you have it"


async def _resolve(here: Context, person: Person, values: Values) -> str:
    await resolved(here, _incident(values), _read(Resolving, _by(person, values, "resolution")))
    return "closed"


async def _reopen(here: Context, person: Person, values: Values) -> str:
    await reopened(here, _incident(values), _read(Reopening, _by(person, values, "reason")))
    return "open again"


async def _merge(here: Context, person: Person, values: Values) -> str:
    whole = await merged(here, _incident(values), _read(Merging, _by(person, values, "into")))
    return f"merged into {whole.id}"


async def _split(here: Context, person: Person, values: Values) -> str:
    alone = await divided(here, _incident(values), _read(Splitting, _by(person, values, "trouble")))
    return f"split off as {alone.id}"


async def _send_test(here: Context, _person: Person, values: Values) -> str:
    """Raises `Problem` where a channel took it not, so that nobody takes silence for a message that arrived."""
    letters = await outcome(here, await tested(here, _read(Testing, {"channel": values.get("channel", "")}).channel))
    unsent = [one for one in letters if one.state is not LetterState.SENT]
    if unsent or not letters:
        names = ", ".join(one.channel for one in unsent) or "nothing"
        why = "; ".join(one.problem for one in unsent if one.problem) or "it still waits"
        raise Problem(502, "not-delivered", f"{names} did not take it: {redact(why)[:REASON_CHARS_MAX]}", TEST_FIX)
    return f"{', '.join(one.channel for one in letters)} took the test message; look whether you have it"


Work = Callable[[Context, Person, Values], Awaitable[str | Reply]]
ACTS: Mapping[str, tuple[Right, Work]] = {
    "approve": (Right.APPROVE, _approve),
    "deny": (Right.APPROVE, _deny),
    "snooze": (Right.APPROVE, _snooze),
    "amend": (Right.APPROVE, _amend),
    "right": (Right.OPERATE, _right),
    "wrong": (Right.OPERATE, _wrong),
    "correct": (Right.OPERATE, _correct),
    "ask": (Right.SEE, _ask),
    "pause": (Right.SWITCH, _pause),
    "resume": (Right.SWITCH, _resume),
    "comment": (Right.OPERATE, _comment),
    "acknowledge": (Right.OPERATE, _acknowledge),
    "resolve": (Right.OPERATE, _resolve),
    "reopen": (Right.OPERATE, _reopen),
    "merge": (Right.OPERATE, _merge),
    "split": (Right.OPERATE, _split),
    **STAFFING,
    "send_test": (Right.OPERATE, _send_test),
}


def _numbered(values: Values, prefix: str) -> list[int]:
    """The numbers of the fields that are named so."""
    names = (name.removeprefix(prefix) for name in values if name.startswith(prefix))
    return sorted(int(name) for name in names if name.isascii() and name.isdigit() and len(name) < DIGITS_MAX)


def _mebibytes(text: str) -> int | str:
    """Bytes; the text itself where it is no number, so that it is refused by name."""
    found = bytes_of(f"{text.strip()} MiB")
    return text[:DIGITS_MAX] if found is None else found


def _incident(values: Values) -> str:
    return values.get("incident", "")


def _by(person: Person, values: Values, *names: str) -> dict[str, str]:
    return {"by": person.signature, **{name: values.get(name, "").strip() for name in names}}


def _read(kind: type[Body], values: Mapping[str, Any]) -> Body:
    """The values as the API takes them. Raises `Problem` 422."""
    try:
        return kind.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise Problem(422, "invalid", f"{key}: {first['msg']}", "correct that field") from error
