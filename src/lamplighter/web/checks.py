"""Lamplighter's own checks over REST: how each stands, looking now, and the address where a heartbeat is heard."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import PlainTextResponse

from lamplighter.app import App
from lamplighter.domain.check import CheckKind, CheckSpec, SampleState, Watch
from lamplighter.domain.heartbeat import ping_word, pinged
from lamplighter.web.context import context
from lamplighter.web.problems import Problem, not_found

RUN_SECONDS_MAX = 20.0
NOT_YET = "it has not looked yet"
router = APIRouter(tags=["checks"])
CheckName = Annotated[str, Path(min_length=1, max_length=100)]


@dataclass(frozen=True, slots=True)
class FailingPart:
    """One of the many things that one check watches, where it fails."""

    subject: str
    detail: str
    since: datetime


@dataclass(frozen=True, slots=True)
class CheckStanding:
    """One check. `since` is when it began to fail, `at` the last look; `ping_url` is where a heartbeat is heard."""

    name: str
    kind: str
    target: str
    component: str
    state: SampleState
    detail: str
    since: datetime | None
    at: datetime | None
    every_seconds: float
    blind: bool
    firing: bool
    parts: list[FailingPart]
    ping_url: str | None = None


@dataclass(frozen=True, slots=True)
class CheckList:
    """All checks, in the order of the configuration."""

    checks: list[CheckStanding]


@router.get("/api/v1/checks")
async def listed(request: Request) -> CheckList:
    """Every check and how it stands. What cannot be seen is a state of its own, and never good."""
    return CheckList(standings(context(request).app, str(request.base_url)))


@router.post("/api/v1/checks/{name:path}/run")
async def run(request: Request, name: CheckName) -> CheckStanding:
    """Look now; what the look says counts like any other."""
    app = context(request).app
    spec = next((spec for spec in app.patrol.specs if spec.name == name), None)
    if spec is None:
        raise not_found("check", name, "/api/v1/checks")
    try:
        async with asyncio.timeout(RUN_SECONDS_MAX):
            await app.patrol.once(spec)
    except TimeoutError as problem:
        detail = f"the check did not end in {RUN_SECONDS_MAX:.0f} s"
        raise Problem(504, "slow-check", detail, "ask /api/v1/checks for its result later") from problem
    return _standing(app, spec, str(request.base_url))


@router.api_route(
    "/ping/{word}", methods=["GET", "HEAD", "POST"], response_class=PlainTextResponse, include_in_schema=False
)
async def ping(request: Request, word: Annotated[str, Path(max_length=200)]) -> PlainTextResponse:
    """A heartbeat is heard. The address itself is the proof, so that a cron line needs nothing else."""
    app = context(request).app
    spec = pinged(word, app.patrol.specs, app.token)
    if spec is None:
        fix = "copy the whole address from /api/v1/checks; it changes with the name of the check and with the token"
        raise Problem(404, "not-found", "no heartbeat listens here", fix)
    await app.patrol.ping(spec.name)
    return PlainTextResponse("OK\n", headers={"Cache-Control": "no-store"})


def standings(app: App, address: str) -> list[CheckStanding]:
    """Every check, with ping URLs below `address` unless the site has a URL of its own."""
    return [_standing(app, spec, address) for spec in app.patrol.specs]


def _standing(app: App, spec: CheckSpec, address: str) -> CheckStanding:
    watch = app.patrol.watches.get(spec.name, Watch())
    last = watch.last
    url = None
    if spec.kind is CheckKind.HEARTBEAT:
        site = app.settings.configuration.site.url or address
        url = f"{site.rstrip('/')}/ping/{ping_word(spec.name, app.token)}"
    return CheckStanding(
        name=spec.name,
        kind=str(spec.kind),
        target=spec.target,
        component=spec.component,
        state=last.state if last else SampleState.CANNOT_SEE,
        detail=last.detail if last else NOT_YET,
        since=watch.failing_since,
        at=last.at if last else None,
        every_seconds=spec.every_seconds,
        blind=watch.is_blind,
        firing=watch.firing,
        parts=[
            FailingPart(subject, part.last.detail if part.last else "", part.failing_since)
            for subject, part in watch.parts.items()
            if part.failing_since is not None
        ],
        ping_url=url,
    )
