"""The plain incident page, rendered on the server from the timeline and the facts. No script runs in it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from functools import partial
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from lamplighter.domain.incident import Incident, State
from lamplighter.web.context import context
from lamplighter.web.incidents import IncidentPage, dossier

router = APIRouter(tags=["pages"])
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_templates = Environment(
    loader=PackageLoader("lamplighter.web"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
)


@router.get("/incidents/{incident_id}", response_class=HTMLResponse)
async def incident_page(request: Request, incident_id: Annotated[str, Path(pattern=r"^INC-\d{1,18}$")]) -> HTMLResponse:
    """One incident as a page."""
    store = context(request).app.store
    found = await asyncio.to_thread(dossier, store, incident_id)
    events = await asyncio.to_thread(store.incidents.timeline, incident_id)
    best = found.diagnosis.best if found.diagnosis else None
    site = context(request).app.settings.configuration.site
    html = _templates.get_template("incident.html").render(
        incident=found.incident,
        diagnosis=found.diagnosis,
        best=best,
        cited=found.diagnosis.cited(best) if found.diagnosis and best else (),
        plan=found.plan,
        plan_hash=found.plan_hash,
        approvals=found.approvals,
        events=events,
        votes=[event.data for event in events if event.moment == "voted"],
        path=_path(found.incident),
        site=site.name,
        zone=site.timezone,
        local=partial(_local, zone=ZoneInfo(site.timezone)),
    )
    return HTMLResponse(html, headers=PAGE_HEADERS)


@router.get("/incidents", tags=["ancestors"])
async def incident_list(
    request: Request, status: Annotated[State | None, Query()] = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> IncidentPage:
    """The ancestors' list of incidents."""
    store = context(request).app.store
    states = (status,) if status else ()
    found = await asyncio.to_thread(lambda: store.incidents.listed(states=states, limit=limit))
    return IncidentPage(list(found), None)


@router.get("/assets/page.css", include_in_schema=False)
async def style() -> HTMLResponse:
    """The page's style sheet."""
    text = _templates.get_template("page.css").render()
    return HTMLResponse(text, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


def _local(at: datetime, pattern: str, *, zone: ZoneInfo) -> str:
    """A time in the site's zone; `%f` stands for milliseconds."""
    here = at.astimezone(zone)
    return here.strftime(pattern.replace("%f", f"{here.microsecond // 1000:03d}"))


def _path(incident: Incident) -> list[tuple[str, bool]]:
    """The stages an incident passes, and whether this one stands there."""
    stages = ["received", "analysing", "council_review", "awaiting_approval", "executing", "verifying"]
    now = str(incident.state)
    aliases = {"scaling": "executing", "approved": "executing"}
    shown = [*stages, now if now not in stages and now not in aliases else "resolved"]
    return [(stage.replace("_", " "), stage == aliases.get(now, now)) for stage in shown]
