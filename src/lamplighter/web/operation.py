"""Running it: health, readiness, metrics, standing, and the kill switch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, ConfigDict, Field

from lamplighter import __version__
from lamplighter.domain.chain import LOST
from lamplighter.domain.check import SampleState
from lamplighter.domain.redaction import redact
from lamplighter.ports import StoreUnavailable
from lamplighter.settings import BadConfiguration
from lamplighter.settings.values import Duration
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import Context, context
from lamplighter.web.problems import Problem, answer
from lamplighter.web.session import signature

router = APIRouter(tags=["operation"])
READY_SECONDS_MAX = 3.0
DETAIL_CHARS_MAX = 8000
REASON_CHARS_MAX = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """One screen: the version, whether it is ready, whether it is paused, and what there is.

    `audit_newest` is the newest row of the audit log and its hash, `ROW:HASH`: worth keeping in another place.
    """

    version: str
    ready: bool
    reasons: list[str]
    paused: str
    mode: str
    incidents: dict[str, int]
    approvals_pending: int
    checks: dict[str, str]
    audit_newest: str = ""


class Pausing(BaseModel):
    """How long, and why."""

    model_config = ConfigDict(extra="forbid")

    duration: Annotated[Duration | None, Field(description='such as "30m"; without it, until resume')] = None
    reason: Annotated[str, Field(max_length=REASON_CHARS_MAX)] = ""


@dataclass(frozen=True, slots=True)
class SwitchState:
    """Whether actions are paused, in words; empty where they may run."""

    paused: str


@dataclass(frozen=True, slots=True)
class Reloaded:
    """Keys whose new values hold from now on, and those that wait for a restart."""

    applied: list[str]
    restart: list[str]
    warnings: list[str]


@router.get("/-/healthy")
@router.get("/healthz", include_in_schema=False)
async def healthy() -> PlainTextResponse:
    """The process answers."""
    return PlainTextResponse("Lamplighter is healthy.\n")


@router.get("/-/ready", response_model=None)
@router.get("/readyz", include_in_schema=False, response_model=None)
async def ready(request: Request) -> Response:
    """Durable writes work and every part runs; 503 with the reasons otherwise."""
    reasons = await unready(context(request))
    if not reasons:
        return PlainTextResponse("Lamplighter is ready.\n")
    problem = Problem(503, "not-ready", "; ".join(reasons), "wait, or correct what it says", {"Retry-After": "5"})
    return answer(request.url.path, problem)


@router.get("/health", response_model=None, tags=["ancestors"])
async def health(request: Request) -> JSONResponse:
    """The ancestors' health answer."""
    reasons = await unready(context(request))
    body = {"status": "healthy" if not reasons else "unhealthy", "version": __version__, "reasons": reasons}
    return JSONResponse(body, status_code=200 if not reasons else 503)


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Lamplighter's own metrics for Prometheus."""
    text = await asyncio.to_thread(context(request).metrics.text)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


@router.get("/api/v1/status")
async def status(request: Request) -> Standing:
    """One screen of how things stand."""
    here = context(request)
    app = here.app
    reasons = await unready(here)
    counts: dict[str, int] = {}
    pending, newest = 0, ""
    try:
        counts = {str(state): n for state, n in (await asyncio.to_thread(app.store.incidents.counts)).items()}
        listed = app.store.approvals.listed
        pending = len(await asyncio.to_thread(lambda: listed(pending_only=True, limit=500)))
        head = await asyncio.to_thread(app.store.audit.head)
        if head == LOST:
            reasons.append("the audit log has lost its head, so no act can be written, and none is done")
        else:
            newest = f"{head.seq}:{head.hash}"
    except StoreUnavailable as problem:
        reasons.append(str(problem))
    checks = {spec.name: str(SampleState.CANNOT_SEE) for spec in app.patrol.specs}
    checks |= {name: str(watch.last.state) for name, watch in app.patrol.watches.items() if watch.last}
    mode = str(app.settings.configuration.autonomy.mode)
    paused = app.switch.paused()
    return Standing(__version__, not reasons, reasons, paused, mode, counts, pending, checks, newest)


@router.post("/api/v1/pause")
async def pause(request: Request, body: Pausing) -> SwitchState:
    """Press the kill switch: no new action begins, whatever was approved."""
    duration = timedelta(seconds=body.duration) if body.duration else None
    return SwitchState(await pressed(context(request), signature(request, APPROVER), body.reason, duration))


@router.post("/api/v1/resume")
async def resume(request: Request) -> SwitchState:
    """Let actions run again."""
    return SwitchState(await released(context(request), signature(request, APPROVER)))


@router.post("/-/reload")
async def reload(request: Request) -> Reloaded:
    """Read the configuration again. What is wrong is 422, and everything stays as it was."""
    app = context(request).app
    try:
        found = await app.reload(signature(request, APPROVER))
    except BadConfiguration as problem:
        fix = "correct the lines that it names, then reload again; until then the old configuration holds"
        raise Problem(
            422, "bad-configuration", redact("; ".join(problem.problems))[:DETAIL_CHARS_MAX], fix
        ) from problem
    return Reloaded(list(found.applied), list(found.restart), [redact(words) for words in app.settings.warnings])


@router.get("/stats", tags=["ancestors"])
async def stats(request: Request) -> dict[str, int | dict[str, int]]:
    """The ancestors' numbers: how many incidents there are, and in which states."""
    counts = await asyncio.to_thread(context(request).app.store.incidents.counts)
    by_status = {str(state): number for state, number in counts.items()}
    resolved = by_status.get("resolved", 0)
    return {"total_incidents": sum(by_status.values()), "resolved_incidents": resolved, "by_status": by_status}


async def pressed(here: Context, by: str, reason: str, duration: timedelta | None = None) -> str:
    """Press the kill switch for somebody; in words what holds now. Raises `Problem` 503."""
    switch = here.app.switch
    try:
        return await asyncio.to_thread(lambda: switch.pause(by=by, reason=reason, duration=duration))
    except OSError as problem:
        raise _stuck(problem) from problem


async def released(here: Context, by: str) -> str:
    """Let actions run again; what still holds them, else nothing. Raises `Problem` 503."""
    switch = here.app.switch
    try:
        await asyncio.to_thread(lambda: switch.resume(by=by))
    except OSError as problem:
        raise _stuck(problem) from problem
    return switch.paused()


def _stuck(problem: OSError) -> Problem:
    """The kill switch's file could not be changed."""
    detail = f"the switch could not be changed: {problem.strerror}"
    fix = "make the data folder writable and its disk free; stopping the server stops actions too"
    return Problem(503, "switch-stuck", detail, fix, {"Retry-After": "5"})


async def unready(here: Context) -> list[str]:
    """Why the server is not ready."""
    reasons = [here.app.failure] if here.app.failure else []
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            problem = await asyncio.to_thread(here.app.store.ready)
    except TimeoutError:
        problem = f"the store did not answer within {READY_SECONDS_MAX:.0f} s"
    return [*reasons, redact(problem)] if problem else reasons
