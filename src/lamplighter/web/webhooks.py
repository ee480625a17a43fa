"""The alert receivers: parse, journal, answer. Nothing else happens while the sender waits."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

import stamina
import structlog
from fastapi import APIRouter, Query, Request

from lamplighter.domain.alert import Alert, BadSignal, Delivery
from lamplighter.ports import SignalBacklog, StoreUnavailable, ToolError
from lamplighter.web.context import Context, context
from lamplighter.web.problems import Problem, not_found

PULL_SECONDS_MAX = 15.0
PULLS_MAX = 3
DRY_RUN_ALERTS_MAX = 100
PARSE_INLINE_BYTES_MAX = 64 * 1024
router = APIRouter(tags=["alerts"])
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken in: alerts journaled, alerts set aside as unreadable, alerts the sender left out."""

    received: int
    dead_letters: int
    truncated: int
    status: str = "accepted"


@dataclass(frozen=True, slots=True)
class DryRun:
    """How a payload was read; nothing was stored."""

    alerts: list[Alert] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    truncated: int = 0
    status: str = "dry run"


@router.post("/api/v1/alerts/{source}", status_code=202)
async def receive(source: str, request: Request, dry_run: Annotated[bool, Query()] = False) -> Receipt | DryRun:  # noqa: FBT002 - a query parameter
    """Take one delivery of a monitoring system. Answers 202 only after it is durable; 503 when it cannot be."""
    here = context(request)
    reader = here.app.sources.get(source)
    if reader is None:
        raise not_found("alert source", source, f"the sources: {', '.join(sorted(here.app.sources))}")
    body = await request.body()
    try:
        # A large body takes a while to read, and must not hold up everybody else.
        large = len(body) > PARSE_INLINE_BYTES_MAX
        delivery = (
            await asyncio.to_thread(reader.parse, body, request.headers)
            if large
            else reader.parse(body, request.headers)
        )
    except BadSignal as problem:
        here.metrics.received(source, "refused", 1)
        raise Problem(400, "bad-signal", f"{problem.key}: {problem.problem}", problem.fix) from problem
    if dry_run:
        reasons = [bad.reason for bad in delivery.bad]
        return DryRun(list(delivery.alerts[:DRY_RUN_ALERTS_MAX]), reasons, delivery.truncated_count)
    await journal(here, delivery, source)
    here.metrics.received(source, "truncated", delivery.truncated_count)
    if delivery.truncated_count and source in here.app.backlogs:
        here.background(_pull(here, source))
    elif delivery.truncated_count:
        fix = f"set sources.{source}.url, so that they can be pulled"
        log.warning("the sender left alerts out", source=source, alerts=delivery.truncated_count, fix=fix)
    return Receipt(len(delivery.alerts), len(delivery.bad), delivery.truncated_count)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An alert that could not be read or placed, with the reason."""

    received_at: str
    source: str
    reason: str
    payload: str


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """What nobody responds to, newest first."""

    dead_letters: list[DeadLetter]


@router.get("/api/v1/dead-letters")
async def dead_letters(request: Request, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> DeadLetters:
    """Alerts that were taken in and could not be read or placed."""
    found = await asyncio.to_thread(context(request).app.store.journal.dead_letters, limit)
    return DeadLetters([DeadLetter(**letter) for letter in found])


@router.post("/alert", status_code=202, tags=["ancestors"])
async def receive_plainly(request: Request, dry_run: Annotated[bool, Query()] = False) -> Receipt | DryRun:  # noqa: FBT002 - a query parameter
    """The ancestors' receiver: Alertmanager's payload."""
    return await receive("alertmanager", request, dry_run)


async def journal(here: Context, delivery: Delivery, source: str) -> None:
    """Make a delivery durable and wake the correlator."""
    try:
        await here.app.store.journal.append(delivery, source, here.app.clock.now())
    except StoreUnavailable:
        here.metrics.received(source, "unavailable", max(1, len(delivery.alerts)))
        raise
    here.metrics.received(source, "accepted", len(delivery.alerts))
    here.metrics.received(source, "dead_letter", len(delivery.bad))
    here.app.correlator.nudge()


async def _pull(here: Context, source: str) -> None:
    """Fetch what a truncated delivery left out. One pull at a time: a second one would fetch the same."""
    if here.pulling.locked():
        return
    async with here.pulling:
        try:
            async with asyncio.timeout(PULL_SECONDS_MAX):
                delivery = await _pulled(here.app.backlogs[source])
            await journal(here, delivery, source)
            log.info("pulled what the webhook left out", source=source, alerts=len(delivery.alerts))
        except (ToolError, TimeoutError, StoreUnavailable) as problem:
            log.warning("what the webhook left out could not be pulled", source=source, problem=str(problem))


@stamina.retry(on=ToolError, attempts=PULLS_MAX, wait_initial=0.5)
async def _pulled(backlog: SignalBacklog) -> Delivery:
    return await backlog.pull()
