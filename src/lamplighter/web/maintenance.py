"""Maintenance over REST: the windows of the configuration, and planned work that people add by hand as silences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import Field

from lamplighter.app import App
from lamplighter.domain.expression import escaped
from lamplighter.domain.maintenance import next_start, open_until
from lamplighter.domain.quiet import COMPONENT, BadSilence, parse_matcher
from lamplighter.domain.silence import Matcher, Op
from lamplighter.web.context import Context, context
from lamplighter.web.silences import (
    Lasting,
    SilenceId,
    SilenceShown,
    authored,
    bad_silence,
    silenced,
    silences,
    unsilenced,
)

router = APIRouter(prefix="/api/v1", tags=["silences"])
# Planned work by hand is told from other silences by how its reason begins.
PLANNED = "maintenance"


class NewMaintenance(Lasting):
    """Planned work that is not in the configuration."""

    targets: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(min_length=1, max_length=20, description="components, by name or with *"),
    ]


@dataclass(frozen=True, slots=True)
class WindowShown:
    """A window of the configuration, or (with an id) planned work that was added by hand; times are UTC."""

    id: str
    name: str
    targets: list[str]
    when: str
    timezone: str
    open_until: datetime | None
    next_start: datetime | None
    author: str


@dataclass(frozen=True, slots=True)
class WindowList:
    """Every window: those of the configuration first."""

    windows: list[WindowShown]


@router.get("/maintenance")
async def windows(request: Request) -> WindowList:
    """Planned work: when it is open until, and when it opens next."""
    return WindowList(await planned(context(request).app))


@router.post("/maintenance", status_code=201, response_model=SilenceShown)
async def plan(request: Request, body: NewMaintenance) -> JSONResponse:
    """Planned work on some components, from now on or later. Idempotency-Key is honoured."""
    here = context(request)

    async def make() -> tuple[int, SilenceShown]:
        return 201, await worked_on(here, authored(request, body))

    return await here.repeats.once(request, make)


@router.delete("/maintenance/{silence_id}")
async def done(request: Request, silence_id: SilenceId) -> SilenceShown:
    """End planned work that was added by hand."""
    return await unsilenced(request, silence_id)


async def planned(app: App) -> list[WindowShown]:
    """The windows of the configuration, then planned work that was added by hand."""
    now = app.clock.now()
    configuration = app.settings.configuration
    found = [
        WindowShown(
            "",
            window.name,
            list(window.targets),
            part.when,
            window.timezone,
            open_until(window, now),
            next_start(window, now),
            "configuration",
        )
        for part, window in zip(configuration.maintenance, configuration.windows, strict=True)
    ]
    by_hand = [one for one in await silences(app) if one.reason.startswith(PLANNED)]
    return found + [
        WindowShown(
            one.id,
            one.reason,
            [target for matcher in one.matchers for target in _targets(matcher)],
            "once",
            "UTC",
            one.ends_at if one.state == "active" else None,
            one.starts_at if one.state == "pending" else None,
            one.author,
        )
        for one in by_hand
    ]


async def worked_on(here: Context, body: NewMaintenance) -> SilenceShown:
    """Make a silence of planned work. Raises `Problem`."""
    try:
        matcher = _of_targets(body.targets)
    except BadSilence as problem:
        raise bad_silence(problem) from problem
    reason = f"{PLANNED}: {body.reason}" if body.reason.strip() else PLANNED
    return await silenced(here, body, (matcher,), reason)


def _of_targets(targets: list[str]) -> Matcher:
    """One matcher for all targets. Raises `BadSilence`."""
    found = [parse_matcher(target) for target in targets]
    if any(matcher.name != COMPONENT for matcher in found):
        raise BadSilence("a target is the name of a component, such as nas or web-*")
    if len(found) == 1:
        return found[0]
    parts = (matcher.value if matcher.op is Op.MATCHES else escaped(matcher.value) for matcher in found)
    return Matcher(COMPONENT, Op.MATCHES, "|".join(parts))


def _targets(matcher: Matcher) -> list[str]:
    """The targets of planned work as they were written."""
    if matcher.op is not Op.MATCHES:
        return [matcher.value]
    return [part.replace(".*", "*").replace("\\", "") for part in matcher.value.split("|")]
