"""Incidents over REST: list, show, timeline, resolve by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.domain.approval import Approval
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.incident import BadMove, Incident, State
from lamplighter.domain.ledger import Attempt
from lamplighter.domain.plan import Plan
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Store
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import context
from lamplighter.web.problems import Problem, not_found

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
IncidentId = Annotated[str, Path(pattern=r"^INC-\d{1,18}$", description="such as INC-142")]
PAGE_MAX = 200


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """A page of incidents, newest first; `next` is the cursor of the page after it."""

    incidents: list[Incident]
    next: str | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known about one incident."""

    incident: Incident
    diagnosis: Diagnosis | None
    plan: Plan | None
    plan_hash: str
    approvals: list[Approval]
    attempts: list[Attempt]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, in order."""

    events: list[Event]


class Resolving(BaseModel):
    """How a person closed an incident."""

    model_config = ConfigDict(extra="forbid")

    resolution: Annotated[str, Field(min_length=1, max_length=2000, description="what was wrong and what was done")]


@router.get("")
async def listed(
    request: Request,
    state: Annotated[list[State] | None, Query(description="only these states")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    cursor: Annotated[str, Query(pattern=r"^(INC-\d{1,18})?$")] = "",
) -> IncidentPage:
    """Incidents, newest first."""
    store = context(request).app.store
    states = tuple(state or ())
    found = await asyncio.to_thread(lambda: store.incidents.listed(states=states, limit=limit + 1, before=cursor))
    page = list(found[:limit])
    return IncidentPage(page, page[-1].id if len(found) > limit else None)


@router.get("/{incident_id}")
async def show(request: Request, incident_id: IncidentId) -> Dossier:
    """One incident with its diagnosis, plan, approvals and attempts."""
    return await asyncio.to_thread(dossier, context(request).app.store, incident_id)


@router.get("/{incident_id}/timeline")
async def timeline(request: Request, incident_id: IncidentId) -> Timeline:
    """Everything that happened to one incident."""
    store = context(request).app.store
    if await asyncio.to_thread(store.incidents.load, incident_id) is None:
        raise not_found("incident", incident_id, "/api/v1/incidents")
    return Timeline(list(await asyncio.to_thread(store.incidents.timeline, incident_id)))


@router.post("/{incident_id}/resolve")
async def resolve(request: Request, incident_id: IncidentId, body: Resolving) -> Incident:
    """Close an incident by hand. A response that waits ends; an action that runs is not interrupted."""
    here = context(request).app
    present = await asyncio.to_thread(here.store.incidents.load, incident_id)
    if present is None:
        raise not_found("incident", incident_id, "/api/v1/incidents")
    text = f"{APPROVER} closed it: {body.resolution}"
    event = Event(incident_id, f"{present.run}:by-hand", here.clock.now(), Moment.CLOSED, Crew.PERSON, text)
    try:
        closed = await asyncio.to_thread(_close, here.store, event, body.resolution)
    except BadMove as problem:
        raise Problem(409, "wrong-state", str(problem), "look at its timeline; it may be closed already") from problem
    await here.response.wake(present)
    return closed


def _close(store: Store, event: Event, resolution: str) -> Incident:
    """Close it, and let what it froze be acted on again: a person has looked."""
    closed = store.incidents.move(event.incident_id, State.RESOLVED, event, resolution=resolution, by=APPROVER)
    store.ledger.thaw([attempt.target_id for attempt in store.ledger.of_incident(event.incident_id)])
    return closed


def dossier(store: Store, incident_id: str) -> Dossier:
    """Read everything about one incident. Raises `Problem` 404."""
    incident = store.incidents.load(incident_id)
    if incident is None:
        raise not_found("incident", incident_id, "/api/v1/incidents")
    plan = store.dossiers.plan(incident_id, incident.run)
    return Dossier(
        incident=incident,
        diagnosis=store.dossiers.diagnosis(incident_id, incident.run),
        plan=plan,
        plan_hash=plan.hash if plan else "",
        approvals=list(store.approvals.of_incident(incident_id)),
        attempts=list(store.ledger.of_incident(incident_id)),
    )
