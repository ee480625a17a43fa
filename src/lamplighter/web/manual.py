"""Incidents that people or programs report by hand. They go through the journal and the placing like every alert."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lamplighter.app import App
from lamplighter.diagnosis.advice import Advice, weigh_up
from lamplighter.domain.alert import Alert, BadSignal, Delivery
from lamplighter.domain.incident import Incident
from lamplighter.ports import StoreUnavailable
from lamplighter.web.context import Context, context
from lamplighter.web.filters import Severity
from lamplighter.web.incidents import present
from lamplighter.web.life import Resolving, Words, resolved, signed
from lamplighter.web.problems import Problem
from lamplighter.web.webhooks import DryRun, read_dry

SOURCE = "manual"
WAIT_SECONDS_MAX = 3.0
PAUSE_SECONDS = 0.01
PAUSE_SECONDS_MAX = 0.2
RUNBOOKS_MAX = 3
LESSONS_MAX = 10
router = APIRouter(tags=["incidents"])


class Report(BaseModel):
    """What somebody saw, and where."""

    model_config = ConfigDict(extra="forbid", strict=True)

    log: Annotated[str, StringConstraints(min_length=1, max_length=16_000, strip_whitespace=True)]
    service: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    severity: Severity | None = None


class OldResolving(BaseModel):
    """The ancestors' way to close an incident; ids are INC-142 or 142."""

    model_config = ConfigDict(extra="forbid", strict=True)

    incident_id: Annotated[str, Field(pattern=r"^INC-[0-9]{1,18}$")] | Annotated[int, Field(ge=1, lt=10**18)]
    resolution: Words = "resolved by hand"
    resolved_by: Annotated[str, Field(max_length=100)] = ""


@dataclass(frozen=True, slots=True)
class RunbookHint:
    """A runbook that speaks of this."""

    name: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class ReportAnswer:
    """What became of a report: `status` is new, existing, regression, put_aside or pending, `reason` says why."""

    status: str
    incident_id: str | None
    incident: Incident | None
    reason: str
    response_time_ms: float
    runbooks: list[RunbookHint] = field(default_factory=list)
    recommendations: list[str] = field(default_factory=list)
    recommended_because: str = ""


@router.post("/api/v1/incidents", status_code=201, response_model=ReportAnswer | DryRun)
@router.post("/incident", status_code=201, response_model=ReportAnswer | DryRun, tags=["ancestors"])
async def report(request: Request, body: Report, dry_run: Annotated[bool, Query()] = False) -> Response:  # noqa: FBT002 - a query parameter
    """Report trouble: 201 for a new incident, 200 where one is known, 202 while it is placed. Takes Idempotency-Key."""
    here = context(request)
    if dry_run:
        return read_dry(Delivery((_read(here.app, body),)))

    async def make() -> tuple[int, ReportAnswer]:
        return await reported(here, body)

    return await here.repeats.once(request, make)


@router.post("/resolve", tags=["ancestors"])
async def resolve(request: Request, body: OldResolving) -> Incident:
    """The ancestors' way to close an incident by hand."""
    incident_id = f"INC-{body.incident_id}" if isinstance(body.incident_id, int) else body.incident_id
    words = {"resolution": body.resolution, **({"by": body.resolved_by} if body.resolved_by else {})}
    return await resolved(context(request), incident_id, signed(request, Resolving.model_validate(words)))


async def reported(here: Context, body: Report) -> tuple[int, ReportAnswer]:
    """Journal a report and wait a little for its place: the HTTP status, and the answer. Raises `Problem`."""
    clock = here.app.clock
    began = clock.monotonic()
    alert = _read(here.app, body)
    seq = await _journaled(here, alert)
    outcome = await _outcome(here.app, seq)
    incident = await present(here.app.store, outcome[1]) if outcome and outcome[1] else None
    status, word = _status(outcome, incident)
    runbooks, advice = await asyncio.to_thread(_hints, here.app, alert, incident, body.log)
    shown = ReportAnswer(
        status=word,
        incident_id=incident.id if incident else None,
        incident=incident,
        reason=outcome[2] if outcome else "it is durable and waits for its place; ask GET /api/v1/alerts",
        response_time_ms=round((clock.monotonic() - began) * 1000, 3),
        runbooks=runbooks,
        recommendations=list(advice.actions),
        recommended_because=advice.reason,
    )
    return status, shown


async def _journaled(here: Context, alert: Alert) -> int:
    """Make the report durable; its place in the journal. Raises `StoreUnavailable`."""
    try:
        seq = await here.app.store.journal.append(Delivery((alert,)), SOURCE, here.app.clock.now())
    except StoreUnavailable:
        here.metrics.received(SOURCE, "unavailable", 1)
        raise
    here.metrics.received(SOURCE, "accepted", 1)
    here.app.correlator.nudge()
    return seq


def _read(app: App, body: Report) -> Alert:
    """The report as an alert. Raises `Problem` 422."""
    try:
        delivery = app.sources[SOURCE].parse(json.dumps(body.model_dump(exclude_none=True)).encode(), {})
    except BadSignal as problem:
        raise Problem(422, "bad-signal", f"{problem.key}: {problem.problem}", problem.fix) from problem
    if not delivery.alerts:
        why = delivery.bad[0].reason if delivery.bad else "it holds nothing"
        raise Problem(422, "bad-signal", why, 'write {"log": "what you see", "service": "where"}')
    return delivery.alerts[0]


async def _outcome(app: App, seq: int) -> tuple[str, str, str] | None:
    """What became of a journal entry: placement, incident id, reason; None where that takes longer."""
    deadline = app.clock.monotonic() + WAIT_SECONDS_MAX
    pause = PAUSE_SECONDS
    while True:
        found = await asyncio.to_thread(app.store.journal.outcome, seq)
        if found is not None or app.clock.monotonic() >= deadline:
            return found
        await app.clock.sleep(pause)
        pause = min(PAUSE_SECONDS_MAX, pause * 2)


def _status(outcome: tuple[str, str, str] | None, incident: Incident | None) -> tuple[int, str]:
    if outcome is None:
        return 202, "pending"
    if incident is None:
        return 200, "put_aside"
    if outcome[0] != "opens":
        return 200, "existing"
    return 201, "regression" if incident.regression_of else "new"


def _hints(app: App, alert: Alert, incident: Incident | None, log: str) -> tuple[list[RunbookHint], Advice]:
    """Runbooks and first steps that fit. Blocks."""
    component = incident.component if incident else alert.labels.get("service", "")
    found = app.runbooks.find(log, {**alert.labels, "component": component}, RUNBOOKS_MAX)
    lessons = app.store.lessons.recall(alert.trouble, "", LESSONS_MAX)
    hints = [RunbookHint(name, title, round(score, 3)) for name, title, score in found]
    return hints, weigh_up(log, component, lessons)
