"""The alert receivers: parse, journal, answer. Nothing else happens while the sender waits."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Annotated

import msgspec
import stamina
import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from lamplighter.domain.alert import Alert, BadAlert, BadSignal, Delivery
from lamplighter.integrations import Unproven
from lamplighter.integrations.recognition import is_grafanas
from lamplighter.ports import Forged, SignalBacklog, SignalGate, SignalSource, StoreUnavailable, ToolError
from lamplighter.web.auth import VOUCHED
from lamplighter.web.context import Context, context
from lamplighter.web.cursors import CURSOR_PATTERN
from lamplighter.web.filters import PAGE_MAX
from lamplighter.web.problems import RETRY_AFTER_SECONDS, Problem, not_found

PULL_SECONDS_MAX = 15.0
PULLS_MAX = 3
REASON_CHARS_MAX = 500
DRY_RUN_ALERTS_MAX = 100
PARSE_INLINE_BYTES_MAX = 64 * 1024
LOOKALIKE = "alertmanager"
GRAFANA = "grafana"
ASKED: dict[str, object] = {"list": "dead letters"}
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
        await journal(here, _owning_up(here, delivery, source), source)
    else:
        with _in_hand(here, source, body):
            delivery = await _parsed(here, reader, request, body)
            await journal(here, _owning_up(here, delivery, source), source)
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
        here.left_out[source] = here.left_out.get(source, 0) + count
        here.background(_pull(here, source))
        return
    log.warning("the sender left alerts out", source=source, alerts=count, fix=_pullable(source))


def _pullable(source: str) -> str:
    return f"set sources.{source}.url, so that they can be pulled"


def _owning_up(here: Context, delivery: Delivery, source: str) -> Delivery:
    """The delivery; where nobody can be asked for what the sender left out, with a dead letter that says so."""
    if not delivery.truncated_count or source in here.app.backlogs:
        return delivery
    letter = _left_out(delivery.truncated_count, f"nobody can be asked for them: {_pullable(source)}")
    return replace(delivery, bad=(*delivery.bad, letter))


def _left_out(count: int, why: str) -> BadAlert:
    return BadAlert(f"the sender left {count} alerts out, and {why}", "")


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An alert that could not be read or placed, with the reason."""

    id: str
    received_at: str
    source: str
    reason: str
    payload: str


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A page of what nobody responds to, newest first."""

    dead_letters: list[DeadLetter]
    next: str | None


@router.get("/api/v1/dead-letters")
async def dead_letters(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    cursor: Annotated[str, Query(pattern=CURSOR_PATTERN)] = "",
) -> DeadLetters:
    """Alerts that were taken in and could not be read or placed, and how many a sender left out for good."""
    here = context(request)
    before = int(here.cursors.position(cursor, ASKED) or "0")
    letters = here.app.store.journal.dead_letters
    found = await asyncio.to_thread(lambda: letters(limit + 1, before=before))
    page = [DeadLetter(**letter) for letter in found[:limit]]
    return DeadLetters(page, here.cursors.after(page[-1].id, ASKED) if len(found) > limit else None)


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
        count = here.left_out.pop(source, 0)
        try:
            async with asyncio.timeout(PULL_SECONDS_MAX):
                delivery = await _pulled(here.app.backlogs[source])
            await journal(here, delivery, source)
            log.info("pulled what the webhook left out", source=source, alerts=len(delivery.alerts))
        except (ToolError, TimeoutError, StoreUnavailable) as problem:
            log.warning("what the webhook left out could not be pulled", source=source, problem=str(problem))
            await _state_loss(here, source, count, f"they could not be pulled: {problem}"[:REASON_CHARS_MAX])


async def _state_loss(here: Context, source: str, count: int, why: str) -> None:
    try:
        await journal(here, Delivery(bad=(_left_out(count, why),)), source)
    except StoreUnavailable as problem:
        log.warning("how many were left out could not be kept", source=source, alerts=count, problem=str(problem))


@stamina.retry(on=ToolError, attempts=PULLS_MAX, wait_initial=0.5)
async def _pulled(backlog: SignalBacklog) -> Delivery:
    return await backlog.pull()
