"""The list of incidents and the page of one, rendered on the server from the timeline and the facts."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError

from lamplighter.domain.access import Right
from lamplighter.domain.incident import CLOSED, Incident, State
from lamplighter.reports.answers import can_ask
from lamplighter.reports.asking import QUESTION_CHARS_MAX
from lamplighter.reports.axis import Span
from lamplighter.reports.findings import Doubt, Known
from lamplighter.reports.sparkline import picture, told
from lamplighter.reports.units import SECONDS, amount, lapse
from lamplighter.web.chronology import ASKED, pictured
from lamplighter.web.context import Context, Opener, context
from lamplighter.web.dossiers import Dossier, dossier
from lamplighter.web.filters import IncidentQuery
from lamplighter.web.incidents import IncidentId, IncidentPage, belonging, incident_page
from lamplighter.web.problems import Problem
from lamplighter.web.questions import replied
from lamplighter.web.rendering import PLAIN, local, page, problem_page, templates, wants_page
from lamplighter.web.session import person_of, why_not

router = APIRouter(tags=["pages"])
ROWS = 25
MEMBERS_SHOWN_MAX = 50
EVENTS_SHOWN_MAX = 300
FACTS_SHOWN_MAX = 200
EVERYTHING = "all"
ASSETS = {
    "page.css": "text/css",
    "live.js": "text/javascript",
    "mark.svg": "image/svg+xml",
    "console.css": "text/css",
    "console.js": "text/javascript",
}


@router.get("/", include_in_schema=False)
async def front(request: Request) -> Response:
    """The command centre; the list where there is no console."""
    console = live(request)
    if console is not None:
        return await console.overview(request)
    return RedirectResponse("/incidents", headers={"Cache-Control": "no-store"})


@router.get("/incidents", response_model=IncidentPage, tags=["ancestors"])
async def incident_list(request: Request) -> Response | IncidentPage:
    """The list of incidents: a page for browsers, and the ancestors' JSON for programs (`?status=OPEN`)."""
    here = context(request)
    if not wants_page(request):
        return await incident_page(here, _query(_asked(request)))
    try:
        console = live(request)
        return await (console.incidents(request) if console is not None else _plain_list(request))
    except Problem as problem:
        return problem_page(request, problem, "/incidents")
    except RequestValidationError as error:
        first = error.errors()[0]
        wrong = Problem(422, "invalid", f"{first['loc'][-1]}: {first['msg']}", "correct that filter")
        return problem_page(request, wrong, "/incidents")


async def _plain_list(request: Request) -> Response:
    here = context(request)
    asked = {name: value for name, value in _asked(request).items() if value not in ("", [""])}
    shown = asked.pop("status", "open")
    if shown != EVERYTHING:
        asked["status"] = shown
    query = _query({"limit": ROWS, **asked})
    found = await incident_page(here, query)
    return page(
        request,
        "incidents.html",
        plain=True,
        incidents=found.incidents,
        query=query,
        shown=shown,
        first=not query.cursor,
        following=_address(query, shown, found.next) if found.next else "",
        counts=await _counts(here),
    )


@router.get("/incidents/{incident_id}", response_class=HTMLResponse)
async def one_incident(
    request: Request,
    incident_id: IncidentId,
    question: Annotated[str, Query(max_length=QUESTION_CHARS_MAX, description="asked on the plain page")] = "",
    span: Annotated[Span, Query(alias=ASKED, description="the stretch of time that the timeline draws")] = Span.AUTO,
) -> Response:
    """One incident as a page, with the answer to a question where one is asked."""
    here = context(request)
    console = live(request)
    if console is not None:
        return await console.incident(request, incident_id, span)
    found = await asyncio.to_thread(dossier, here, incident_id)
    reply = await replied(here, incident_id, question) if question.strip() else None
    story = await asyncio.to_thread(_story, here, found, span, plain=PLAIN in request.query_params)
    rests = {one.key: one.place for one in reply.evidence} if reply else {}
    no_approve = why_not(person_of(request), Right.APPROVE)
    return page(
        request,
        "incident.html",
        plain=True,
        reply=reply,
        rests=rests,
        suggested=can_ask(),
        no_approve=no_approve,
        **story,
    )


@router.get("/approvals", response_class=HTMLResponse)
async def approvals(request: Request) -> Response:
    """What waits for people."""
    return await _opened(request).approvals(request)


@router.get("/components", response_class=HTMLResponse)
async def components(request: Request) -> Response:
    """What is watched, and what may be done to it."""
    return await _opened(request).components(request)


@router.get("/settings", response_class=HTMLResponse)
async def settings(request: Request) -> Response:
    """The configuration in force."""
    return await _opened(request).settings(request)


@router.get("/audit", response_class=HTMLResponse)
async def audit(request: Request) -> Response:
    """Who did what, for admins."""
    try:
        return await _opened(request).audit(request)
    except Problem as problem:
        return problem_page(request, problem, "/audit")
    except RequestValidationError as error:
        first = error.errors()[0]
        wrong = Problem(422, "invalid", f"{first['loc'][-1]}: {first['msg']}", "correct that filter")
        return problem_page(request, wrong, "/audit")


@router.get("/people", response_class=HTMLResponse)
async def people(request: Request) -> Response:
    """Who may come in, and the tokens of programs."""
    return await _opened(request).people(request)


@router.get("/account", response_class=HTMLResponse)
async def account(request: Request) -> Response:
    """Who I am here, and my password."""
    return await _opened(request).account(request)


@router.get("/welcome", response_class=HTMLResponse)
async def welcome(request: Request) -> Response:
    """The first steps: what is seen, what is open, and the lines that do it."""
    return await _opened(request).welcome(request)


@router.get("/assets/{name}", include_in_schema=False)
async def asset(name: str) -> Response:
    """The style sheet, the script and the sign of the pages."""
    if name not in ASSETS:
        raise Problem(404, "not-found", f"there is no asset {name[:40]!r}", "see the pages for what there is")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Response(templates.get_template(name).render(), media_type=ASSETS[name], headers=headers)


def live(request: Request) -> Opener | None:
    """The console, for a browser that did not ask for the plain page."""
    wanted = wants_page(request) and PLAIN not in request.query_params
    return context(request).console if wanted else None


def _opened(request: Request) -> Opener:
    console = context(request).console
    if console is None:
        raise Problem(404, "no-console", "the console is switched off", "set server.console to true, or use the API")
    return console


def _asked(request: Request) -> dict[str, Any]:
    """The query's parameters as the filters take them."""
    given = request.query_params
    lists = {name: given.getlist(name) for name in ("state", "severity") if name in given}
    return {**{name: value for name, value in given.items() if name not in lists}, **lists}


def _query(asked: dict[str, Any]) -> IncidentQuery:
    """The filters. Raises `RequestValidationError`."""
    try:
        return IncidentQuery.model_validate(asked)
    except ValidationError as problem:
        errors = [{**error, "loc": ("query", *error["loc"])} for error in problem.errors()]
        raise RequestValidationError(errors) from problem


def _address(query: IncidentQuery, shown: str, cursor: str) -> str:
    """The address of the next page."""
    filters = {name: value for name, value in query.asked.items() if value not in ("", [], None) and name != "status"}
    return "/incidents?" + urlencode({**filters, "status": shown, "cursor": cursor}, doseq=True)


async def _counts(here: Context) -> dict[str, int]:
    counts = await asyncio.to_thread(here.app.store.incidents.counts)
    closed = sum(count for state, count in counts.items() if state in CLOSED)
    return {"open": sum(counts.values()) - closed, "closed": closed}


def _story(here: Context, found: Dossier, span: Span, *, plain: bool) -> dict[str, Any]:
    """What the page of an incident shows. Blocks."""
    incident = found.incident
    events = here.app.store.incidents.timeline(incident.id)
    members = here.app.store.incidents.members(incident.id)
    cited = found.known.facts if found.known else ()
    shown = {fact.id: fact for fact in found.facts}
    others = [fact for fact in found.facts if fact.id not in cited]
    first = [shown[key] for key in cited if key in shown]
    latest, told_of = events[-EVENTS_SHOWN_MAX:], [*first, *others[:FACTS_SHOWN_MAX]]
    return {
        "seen": pictured(here, found, events, members, span, shown=latest, facts=told_of, plain=plain),
        "incident": incident,
        "known": found.known,
        "cited": first,
        "others": others[:FACTS_SHOWN_MAX],
        "left_out": max(0, len(others) - FACTS_SHOWN_MAX),
        "not_proven": found.not_proven,
        "doubts": [doubt for doubt in found.not_proven.causes if not _is_headline(doubt, found.known)],
        "ruled_out": found.ruled_out,
        "changes": found.changes,
        "seen_before": found.seen_before,
        "lapse": lapse,
        "took": amount(found.known.elapsed_seconds, SECONDS) if found.known else "",
        "see": _sight(here),
        "plan": found.plan,
        "plan_hash": found.plan_hash,
        "approvals": found.approvals,
        "events": latest,
        "earlier": max(0, len(events) - EVENTS_SHOWN_MAX),
        "votes": [event.data for event in events if event.moment == "voted"],
        "members": [belonging(member) for member in members[:MEMBERS_SHOWN_MAX]],
        "member_total": len(members),
        "path": _path(incident),
        "source_link": _link,
    }


def _sight(here: Context) -> dict[str, object]:
    """How facts are shown: what draws them, and what tells their times in the site's zone."""
    zone = here.app.settings.configuration.site.timezone
    here_and_now = partial(local, zone=ZoneInfo(zone))
    return {
        "picture": picture,
        "told": told,
        "hour": lambda at: here_and_now(at, "%H:%M"),
        "local": here_and_now,
        "zone": zone,
        "source_link": _link,
    }


def _is_headline(doubt: Doubt, known: Known | None) -> bool:
    """Whether a possible cause is the one that the page begins with, and so need not be said again."""
    return known is not None and (doubt.component, doubt.fault) == (known.component, known.fault)


def _link(url: str) -> str:
    """A link that a browser may follow; empty for anything that is not plain http."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in {"http", "https"} and parts.hostname else ""


def _path(incident: Incident) -> list[tuple[str, bool]]:
    """The stages an incident passes, and whether this one stands there."""
    stages = ["received", "analysing", "council_review", "awaiting_approval", "executing", "verifying"]
    now = str(incident.state)
    aliases = {str(State.SCALING): "executing", str(State.APPROVED): "executing"}
    shown = [*stages, now if now not in stages and now not in aliases else "resolved"]
    return [(stage.replace("_", " "), stage == aliases.get(now, now)) for stage in shown]
