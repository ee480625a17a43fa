"""Incidents over REST: the list with its filters, one incident, its timeline, and why each alert belongs to it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from lamplighter.domain.alert import Alert
from lamplighter.domain.evidence import Case
from lamplighter.domain.incident import RUNS_MAX, Incident
from lamplighter.domain.member import Link, Member
from lamplighter.domain.timeline import Event
from lamplighter.ports import Store
from lamplighter.reports.case_export import case_files, packed, safe_name
from lamplighter.reports.markdown import markdown_of
from lamplighter.reports.postmortem import postmortem_of
from lamplighter.web.context import Context, context
from lamplighter.web.cursors import CURSOR_PATTERN
from lamplighter.web.dossiers import Dossier, dossier, papers_of
from lamplighter.web.filters import PAGE_MAX, IncidentQuery
from lamplighter.web.problems import not_found

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])
IncidentId = Annotated[str, Path(pattern=r"^INC-[0-9]{1,18}$", description="such as INC-142")]


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """A page of incidents, newest first; `next` is the cursor of the page after it."""

    incidents: list[Incident]
    next: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened, in order."""

    events: list[Event]


@dataclass(frozen=True, slots=True)
class Belonging:
    """One trouble of an incident: what it last said, and by which link and for which reason it is here."""

    trouble: str
    name: str
    severity: str
    component: str
    link: Link
    reason: str
    since: datetime
    count: int
    firing: bool
    alert: Alert


@dataclass(frozen=True, slots=True)
class Belongings:
    """A page of what belongs to an incident, in the order of joining; `total` counts all pages."""

    alerts: list[Belonging]
    total: int
    next: str | None


@router.get("")
async def listed(request: Request, query: Annotated[IncidentQuery, Query()]) -> IncidentPage:
    """Incidents, newest first; all filters must hold."""
    return await incident_page(context(request), query)


@router.get("/{incident_id}")
async def show(request: Request, incident_id: IncidentId) -> Dossier:
    """One incident: what is known and how surely, its plan, approvals and attempts, and what was seen before."""
    return await asyncio.to_thread(dossier, context(request), incident_id)


@router.get("/{incident_id}/timeline")
async def timeline(request: Request, incident_id: IncidentId) -> Timeline:
    """Everything that happened to one incident."""
    store = context(request).app.store
    await present(store, incident_id)
    return Timeline(list(await asyncio.to_thread(store.incidents.timeline, incident_id)))


@router.get("/{incident_id}/alerts")
async def belongings(
    request: Request,
    incident_id: IncidentId,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = PAGE_MAX,
    cursor: Annotated[str, Query(pattern=CURSOR_PATTERN)] = "",
) -> Belongings:
    """The alerts in this incident, and why each is here."""
    here = context(request)
    await present(here.app.store, incident_id)
    asked = {"alerts of": incident_id}
    start = int(here.cursors.position(cursor, asked) or "0")
    members = await asyncio.to_thread(here.app.store.incidents.members, incident_id)
    following = here.cursors.after(str(start + limit), asked) if len(members) > start + limit else None
    return Belongings([belonging(member) for member in members[start : start + limit]], len(members), following)


@router.get("/{incident_id}/case", response_class=Response, responses={200: {"content": {"application/gzip": {}}}})
async def exported(request: Request, incident_id: IncidentId) -> Response:
    """Everything that was known when this incident was diagnosed, as one .tar.gz of the case format."""
    store = context(request).app.store
    incident = await present(store, incident_id)
    archive = await asyncio.to_thread(_archive, store, incident)
    headers = {"Content-Disposition": f'attachment; filename="{incident_id}.tar.gz"', "Cache-Control": "no-store"}
    return Response(archive, media_type="application/gzip", headers=headers)


@router.get("/{incident_id}/markdown", response_class=Response, responses={200: {"content": {"text/markdown": {}}}})
async def as_markdown(request: Request, incident_id: IncidentId) -> Response:
    """The incident as plain Markdown, to paste elsewhere."""
    return _text(await asyncio.to_thread(_markdown, context(request), incident_id))


@router.get("/{incident_id}/postmortem", response_class=Response, responses={200: {"content": {"text/markdown": {}}}})
async def as_postmortem(request: Request, incident_id: IncidentId) -> Response:
    """The draft of a post-mortem as plain Markdown, from what is on record."""
    papers = await asyncio.to_thread(papers_of, context(request), incident_id)
    return _text(await asyncio.to_thread(postmortem_of, papers))


def _text(markdown: str) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(markdown, media_type="text/markdown; charset=utf-8", headers=headers)


def _markdown(here: Context, incident_id: str) -> str:
    found = dossier(here, incident_id)
    events = here.app.store.incidents.timeline(incident_id)
    return markdown_of(found.incident, found.known, found.facts, found.ruled_out, found.plan, events)


def _archive(store: Store, incident: Incident) -> bytes:
    case = case_of_incident(store, incident)
    return packed(case_files(case), safe_name(case.id))


def case_of_incident(store: Store, incident: Incident) -> Case:
    """The case that the newest diagnosed run was diagnosed by; what is known so far where there was none."""
    for run in range(incident.run, max(0, incident.run - RUNS_MAX), -1):
        case = store.dossiers.case(incident.id, run)
        if case is not None:
            return case
    alerts = tuple(member.alert for member in store.incidents.members(incident.id)[:PAGE_MAX]) or (incident.alert,)
    evidence = tuple(store.dossiers.evidence(incident.id, incident.run))
    whole = (incident.workflow_id, incident.updated_at, incident.title)
    return Case(*whole, alerts=alerts, evidence=evidence, subject=incident.component)


async def incident_page(here: Context, query: IncidentQuery) -> IncidentPage:
    """The incidents that a query asks for. Raises `Problem`."""
    wanted = query.wanted(here.app.clock.now())
    before = here.cursors.position(query.cursor, query.asked)
    incidents = here.app.store.incidents
    found = await asyncio.to_thread(lambda: incidents.listed(wanted, limit=query.limit + 1, before=before))
    page = list(found[: query.limit])
    return IncidentPage(page, here.cursors.after(page[-1].id, query.asked) if len(found) > query.limit else None)


async def present(store: Store, incident_id: str) -> Incident:
    """The incident as it stands. Raises `Problem` 404."""
    found = await asyncio.to_thread(store.incidents.load, incident_id)
    if found is None:
        raise not_found("incident", incident_id, "/api/v1/incidents")
    return found


def belonging(member: Member) -> Belonging:
    """A member as it is shown."""
    return Belonging(
        trouble=member.trouble,
        name=member.alert.name,
        severity=member.alert.severity,
        component=member.component,
        link=member.link,
        reason=member.reason,
        since=member.joined_at,
        count=member.count,
        firing=member.firing,
        alert=member.alert,
    )
