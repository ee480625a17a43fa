"""The alert receivers: parse, journal, answer. Nothing else happens while the sender waits."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
import stamina
import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lamplighter.domain.alert import Alert, BadSignal, Delivery
from lamplighter.integrations import Unproven
from lamplighter.integrations.recognition import is_grafanas
from lamplighter.ports import Forged, SignalBacklog, SignalGate, SignalSource, StoreUnavailable, ToolError
from lamplighter.web.auth import VOUCHED
from lamplighter.web.context import Context, context
from lamplighter.web.problems import RETRY_AFTER_SECONDS, Problem, not_found

PULL_SECONDS_MAX = 15.0
PULLS_MAX = 3
DRY_RUN_ALERTS_MAX = 100
PARSE_INLINE_BYTES_MAX = 64 * 1024
LOOKALIKE = "alertmanager"
GRAFANA = "grafana"
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


@router.post("/api/v1/alerts/{source}", status_code=202, response_model=Receipt | DryRun)
async def receive(source: str, request: Request, dry_run: Annotated[bool, Query()] = False) -> Response:  # noqa: FBT002 - a query parameter
    """Take one delivery of a monitoring system. Answers 202 only after it is durable; 503 when it cannot be."""
    here = context(request)
    body = await request.body()
    source = _sender(here, source, body)
    reader = here.app.sources.get(source)
    if reader is None:
        raise not_found("alert source", source, f"the sources: {', '.join(sorted(here.app.sources))}")
    gate = here.app.gates.get(source)
    if gate is not None and not await _admitted(gate, request, body, dry_run=dry_run):
        return _answer(200, Receipt(0, 0, 0, "dealt with"))
    if dry_run:
        return read_dry(await _parsed(here, reader, request, body))
    if gate is None:
        delivery = await _parsed(here, reader, request, body)
        await journal(here, delivery, source)
    else:
        with _in_hand(here, source, body):
            delivery = await _parsed(here, reader, request, body)
            await journal(here, delivery, source)
            gate.accepted(body, request.headers)
    if delivery.truncated_count:
        _fetch_the_rest(here, source, delivery.truncated_count)
    return _answer(202, Receipt(len(delivery.alerts), len(delivery.bad), delivery.truncated_count))


@contextmanager
def _in_hand(here: Context, source: str, body: bytes) -> Iterator[None]:
    """Until a proven delivery is durable, a copy of it cannot be told to be one. Raises `Problem` 503 for a copy."""
    mark = (source, hashlib.sha256(body).digest())
    if mark in here.in_hand:
        fix = "send it again after the time in Retry-After"
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        raise Problem(503, "under-way", "the same delivery is being taken in", fix, headers)
    here.in_hand.add(mark)
    try:
        yield
    finally:
        here.in_hand.discard(mark)


def read_dry(delivery: Delivery) -> Response:
    """The answer to a dry run: how a delivery was read."""
    reasons = [bad.reason for bad in delivery.bad]
    return _answer(202, DryRun(list(delivery.alerts[:DRY_RUN_ALERTS_MAX]), reasons, delivery.truncated_count))


def _answer(status: int, value: Receipt | DryRun) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def _sender(here: Context, source: str, body: bytes) -> str:
    """Grafana may be pointed at Alertmanager's receiver, and its troubles are its own all the same."""
    if source == LOOKALIKE and GRAFANA in here.app.sources and is_grafanas(body):
        return GRAFANA
    return source


async def _admitted(gate: SignalGate, request: Request, body: bytes, *, dry_run: bool) -> bool:
    """Whether to read the delivery. Raises `Problem` 401 for a forged one, 503 where its proof cannot be checked."""
    here = context(request)
    try:
        return await gate.admit(body, request.headers, dry_run=dry_run)
    except Unproven as problem:
        if request.scope.get(VOUCHED, False):
            return True
        raise _forged(here, gate.source, problem) from problem
    except Forged as problem:
        raise _forged(here, gate.source, problem) from problem
    except ToolError as problem:
        here.metrics.received(gate.source, "unavailable", 1)
        raise Problem(
            503,
            "proof-unavailable",
            f"where this delivery comes from cannot be checked now: {problem}",
            "send it again after the time in Retry-After",
            {"Retry-After": str(RETRY_AFTER_SECONDS)},
        ) from problem


def _forged(here: Context, source: str, problem: Forged) -> Problem:
    here.metrics.received(source, "forged", 1)
    log.warning("a delivery was refused", source=source, reason=str(problem))
    fix = f"see docs/integrations.md, {source}, for how its sender proves itself"
    return Problem(401, "forged", str(problem), fix)


async def _parsed(here: Context, reader: SignalSource, request: Request, body: bytes) -> Delivery:
    try:
        # A large body takes a while to read, and must not hold up everybody else.
        if len(body) > PARSE_INLINE_BYTES_MAX:
            return await asyncio.to_thread(reader.parse, body, request.headers)
        return reader.parse(body, request.headers)
    except BadSignal as problem:
        here.metrics.received(reader.name, "refused", 1)
        raise Problem(400, "bad-signal", f"{problem.key}: {problem.problem}", problem.fix) from problem


def _fetch_the_rest(here: Context, source: str, count: int) -> None:
    """What the sender left out, pulled where there is somebody to ask."""
    here.metrics.received(source, "truncated", count)
    if source in here.app.backlogs:
        here.background(_pull(here, source))
        return
    fix = f"set sources.{source}.url, so that they can be pulled"
    log.warning("the sender left alerts out", source=source, alerts=count, fix=fix)


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


@router.post("/alert", status_code=202, tags=["ancestors"], response_model=Receipt | DryRun)
async def receive_plainly(request: Request, dry_run: Annotated[bool, Query()] = False) -> Response:  # noqa: FBT002 - a query parameter
    """The ancestors' receiver: Alertmanager's payload."""
    return await receive(LOOKALIKE, request, dry_run)


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
    """Fetch what a truncated delivery left out. One pull at a time, and one that waits for what came since it read."""
    if source in here.pulls_waiting:
        return
    here.pulls_waiting.add(source)
    async with here.pulling:
        here.pulls_waiting.discard(source)
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
