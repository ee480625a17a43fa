"""Messages to people over REST: what became of each, a test message, and the answers of buttons. Only POST answers."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.domain.letter import Letter, LetterState
from lamplighter.domain.message import Detail
from lamplighter.domain.signing import token_of
from lamplighter.domain.wording import worded
from lamplighter.ports import Pressed
from lamplighter.web.context import Context, context
from lamplighter.web.problems import Problem

router = APIRouter(tags=["notifications"])
ANSWERED_BY = "ntfy"
LOOKS_MAX = 40
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Notification:
    """One letter: to which channel, what its first line says, and what became of it."""

    key: str
    channel: str
    incident: str
    kind: str
    first_line: str
    state: LetterState
    attempts: int
    problem: str
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotificationList:
    """Letters, newest first, and the channels that there are."""

    notifications: list[Notification]
    channels: list[str]


class Testing(BaseModel):
    """Which channel; all where it is left out."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(max_length=60)] = ""


@dataclass(frozen=True, slots=True)
class Tested:
    """The letters that were put into the outbox for a test."""

    keys: list[str]


@router.get("/api/v1/notifications")
async def listed(
    request: Request,
    state: Annotated[LetterState | None, Query(description="queued, sending, sent, dead or superseded")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> NotificationList:
    """What people were told, or should have been; `state=dead` shows what was given up."""
    app = context(request).app
    found = await asyncio.to_thread(lambda: app.store.outbox.listed(state, limit=limit))
    channels = [channel.name for channel in app.world.channels]
    return NotificationList([_shown(letter) for letter in found], channels)


@router.post("/api/v1/notifications/test", status_code=202)
async def send_test(request: Request, body: Testing | None = None) -> Tested:
    """Send a test message; look at the list for what became of it."""
    return Tested(await tested(context(request), body.channel if body else ""))


async def tested(here: Context, wanted: str) -> list[str]:
    """Put a test into the outbox for one channel, or for all; the keys of its letters. Raises `Problem` 404."""
    posting = here.app.communicator.posting
    names = [channel.name for channel in posting.channels]
    if not names or (wanted and wanted not in names):
        detail = f"there is no channel {wanted!r}" if wanted else "there is no channel but the log"
        fix = f"name one of: {', '.join(names)}" if names else "configure one below notify"
        raise Problem(404, "not-found", detail, fix)
    words = ("If you read this, I can reach you here. You need to do nothing.",)
    message = posting.briefing.plain(
        f"test:{secrets.token_hex(8)}", "test", "this is a test of Lamplighter", Detail(), words
    )
    await posting.announce(message, [wanted] if wanted else ())
    return [f"{name}|{message.key}" for name in names if wanted in {"", name}]


async def outcome(here: Context, keys: Collection[str], looks_max: int = LOOKS_MAX) -> list[Letter]:
    """What became of these letters; waits for a moment until all were tried."""
    letters: list[Letter] = []
    for _ in range(looks_max):
        letters = [one for one in await asyncio.to_thread(here.app.store.outbox.listed) if one.key in keys]
        if letters and all(one.ended_at is not None or one.problem for one in letters):
            break
        await here.app.clock.sleep(LOOK_SECONDS)
    return letters


@router.post("/act/{word}", include_in_schema=False)
async def act(request: Request, word: Annotated[str, Path(max_length=200)]) -> PlainTextResponse:
    """A button of a push message was pressed. A preview that GETs the address does nothing."""
    app = context(request).app
    token = token_of(word, app.token)
    if not token:
        raise Problem(404, "not-found", "no button has this address", "press a button of a newer message")
    reply = await app.communicator.answering.press(Pressed(ANSWERED_BY, token, ""))
    if not reply.ok:
        raise Problem(409, "cannot-answer", reply.notice, "look at the incident; a later question may be open")
    text = "\n".join(part for part in (reply.notice, reply.text) if part)
    return PlainTextResponse(f"{text}\n", headers={"Cache-Control": "no-store"})


def _shown(letter: Letter) -> Notification:
    return Notification(
        key=letter.key,
        channel=letter.channel,
        incident=letter.message.incident_id,
        kind=str(letter.message.kind),
        first_line=worded(letter.message).first,
        state=letter.state,
        attempts=letter.attempts,
        problem=letter.problem,
        created_at=letter.created_at,
        due_at=letter.due_at,
        ended_at=letter.ended_at,
    )
