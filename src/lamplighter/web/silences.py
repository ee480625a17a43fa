"""Silences over REST: what mutes messages and fixes, since when, until when, by whom and why."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.app import App
from lamplighter.domain.quiet import BadSilence, matcher_words, parse_end, parse_matchers
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.settings.values import duration_seconds
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import Context, context
from lamplighter.web.filters import moment
from lamplighter.web.problems import Problem, not_found
from lamplighter.web.session import signature

router = APIRouter(prefix="/api/v1", tags=["silences"])
SilenceId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]
LISTED_MAX = 500
Made = TypeVar("Made", bound="Lasting")
FIX = 'write {"matchers": ["alertname=X"], "duration": "2h", "reason": "why"}'


class MatcherWords(BaseModel):
    """One comparison of one label."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(max_length=200)]
    op: Annotated[str, Field(pattern=r"^(=|!=|=~|!~)$")] = "="
    value: Annotated[str, Field(max_length=1000)]


class Lasting(BaseModel):
    """When something ends: at a time, or after a while. It may begin later than now."""

    model_config = ConfigDict(extra="forbid", strict=True)

    ends_at: Annotated[str, Field(max_length=40, description="ISO 8601")] = ""
    duration: Annotated[str, Field(max_length=40, description='such as "2h", or "until 8:00"')] = ""
    starts_at: Annotated[str, Field(max_length=40, description="ISO 8601; now where it is left out")] = ""
    author: Annotated[str, Field(max_length=100)] = APPROVER
    reason: Annotated[str, Field(max_length=500, description="why")] = ""

    def stretch(self, now: datetime, timezone: str) -> tuple[datetime, datetime]:
        """From when to when. Raises `BadSilence`, `Problem`."""
        starts_at = moment("starts_at", self.starts_at, now) or now
        if bool(self.ends_at) is bool(self.duration):
            raise BadSilence("give one of ends_at and duration: every silence has an end")
        if self.ends_at:
            return starts_at, moment("ends_at", self.ends_at, now) or now
        try:
            return starts_at, starts_at + timedelta(seconds=duration_seconds(self.duration))
        except OverflowError as problem:
            raise BadSilence("it begins more than a year from now") from problem
        except ValueError:
            return starts_at, parse_end(self.duration, now, timezone)


class NewSilence(Lasting):
    """A silence to be made; all matchers must hold."""

    matchers: Annotated[
        list[MatcherWords | str],
        Field(min_length=1, max_length=20, description='{"name", "op", "value"}, or text such as alertname=X'),
    ]


def authored(request: Request, body: Made) -> Made:
    """The same, by the person who is signed in."""
    return body.model_copy(update={"author": signature(request, body.author)})


@dataclass(frozen=True, slots=True)
class SilenceShown:
    """A silence; `state` is active, pending or ended, `words` the matchers as they can be written again."""

    id: str
    matchers: tuple[Matcher, ...]
    words: str
    state: str
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    origin: str
    outside_id: str


@dataclass(frozen=True, slots=True)
class SilenceList:
    """Silences, oldest first."""

    silences: list[SilenceShown]


@router.get("/silences")
async def listed(
    request: Request,
    ended: Annotated[bool, Query(description="also those that have ended")] = False,  # noqa: FBT002 - a query parameter
    limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = LISTED_MAX,
) -> SilenceList:
    """What is muted now, or will be."""
    app = context(request).app
    return SilenceList(await silences(app, ended_too=ended, limit=limit))


@router.post("/silences", status_code=201, response_model=SilenceShown)
async def add(request: Request, body: NewSilence) -> JSONResponse:
    """Mute messages and fixes of what matches, until it ends. Idempotency-Key is honoured."""
    here = context(request)

    async def make() -> tuple[int, SilenceShown]:
        return 201, await silenced_as_asked(here, authored(request, body))

    return await here.repeats.once(request, make)


@router.delete("/silences/{silence_id}")
async def expire(request: Request, silence_id: SilenceId) -> SilenceShown:
    """End a silence now; what still fires is told about."""
    return await unsilenced(request, silence_id)


async def silences(app: App, *, ended_too: bool = False, limit: int = LISTED_MAX) -> list[SilenceShown]:
    """Silences as they are shown, oldest first."""
    now = app.clock.now()
    found = await asyncio.to_thread(lambda: app.store.silences.listed(now=now, ended_too=ended_too, limit=limit))
    return [_shown(silence, now) for silence in found]


async def silenced_as_asked(here: Context, body: NewSilence) -> SilenceShown:
    """Make a silence of matchers. Raises `Problem`."""
    try:
        matchers = tuple(found for matcher in body.matchers for found in _matchers(matcher))
    except BadSilence as problem:
        raise bad_silence(problem) from problem
    return await silenced(here, body, matchers, body.reason)


async def silenced(here: Context, body: Lasting, matchers: tuple[Matcher, ...], reason: str) -> SilenceShown:
    """Make a silence. Raises `Problem`."""
    app = here.app
    now = app.clock.now()
    try:
        starts_at, ends_at = body.stretch(now, app.settings.configuration.site.timezone)
        made = await app.quiet.add(Silence("", matchers, starts_at, ends_at, body.author, reason))
    except BadSilence as problem:
        raise bad_silence(problem) from problem
    return _shown(made, now)


async def unsilenced(request: Request, silence_id: str) -> SilenceShown:
    """End a silence for the person who asks. Raises `Problem` 404."""
    here = context(request)
    try:
        ended = await here.app.quiet.end(silence_id, by=signature(request, APPROVER))
    except LookupError as problem:
        raise not_found("silence", silence_id, "/api/v1/silences") from problem
    return _shown(ended, here.app.clock.now())


def _matchers(given: MatcherWords | str) -> tuple[Matcher, ...]:
    if isinstance(given, str):
        return parse_matchers([given])
    return (Matcher(given.name, Op(given.op), given.value),)


def _shown(silence: Silence, now: datetime) -> SilenceShown:
    state = "ended" if silence.ends_at <= now else "pending" if silence.starts_at > now else "active"
    return SilenceShown(
        silence.id,
        silence.matchers,
        matcher_words(silence.matchers),
        state,
        silence.starts_at,
        silence.ends_at,
        silence.author,
        silence.reason,
        silence.origin,
        silence.outside_id,
    )


def bad_silence(problem: BadSilence) -> Problem:
    """What is wrong with it, as an answer."""
    return Problem(422, "bad-silence", str(problem), FIX)
