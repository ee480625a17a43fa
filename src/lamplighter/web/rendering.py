"""How pages are made: templates with every text escaped, headers that keep them harmless, times in the site's zone."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from lamplighter.domain.access import Right
from lamplighter.domain.timeline import Moment
from lamplighter.web.context import context
from lamplighter.web.problems import Problem
from lamplighter.web.session import CSRF_FIELD, csrf_of, person_of, why_not

FIELDS_MAX = 30
PLACES = (
    ("/", "Overview", True),
    ("/incidents", "Incidents", False),
    ("/approvals", "Approvals", True),
    ("/components", "Components", True),
    ("/alerts", "Alerts", False),
    ("/silences", "Silences", False),
    ("/checks", "Checks", False),
    ("/settings", "Settings", True),
)
PLAIN = "plain"
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with that, browsers send the origin of our own forms as null, and the gate refuses them.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    # A program that asks for the same address gets JSON.
    "Vary": "Accept",
}
templates = Environment(
    loader=PackageLoader("lamplighter.web"), autoescape=select_autoescape(default=True), undefined=StrictUndefined
)


def page(request: Request, template: str, *, status: int = 200, plain: bool = False, **values: object) -> HTMLResponse:
    """A page of a running server; every template gets the site, its zone, and what it needs to stay live.

    `plain` is a page that the console has too: whoever is there is led to no page of the console.
    """
    site = context(request).app.settings.configuration.site
    html = templates.get_template(template).render(
        site=site.name,
        zone=site.timezone,
        local=partial(local, zone=ZoneInfo(site.timezone)),
        called=context(request).called.of,
        paused=context(request).app.switch.paused(),
        moments=" ".join(Moment),
        places=places(console=context(request).console is not None and not plain),
        person=person_of(request),
        csrf=csrf_of(request),
        account="/account" if context(request).console is not None and not plain else "",
        plain_too=PLAIN in request.query_params,
        no_switch=why_not(person_of(request), Right.SWITCH),
        back=f"{request.url.path}?{PLAIN}=1" if PLAIN in request.query_params else request.url.path,
        **values,
    )
    return HTMLResponse(html, status_code=status, headers=PAGE_HEADERS)


def places(*, console: bool) -> tuple[tuple[str, str], ...]:
    """The pages there are, in the order in which every page shows them; some are the console's alone."""
    return tuple((address, name) for address, name, alone in PLACES if console or not alone)


def problem_page(request: Request, problem: Problem, back: str) -> HTMLResponse:
    """An error as a page, with the way back."""
    made = page(request, "problem.html", status=problem.status, detail=problem.detail, fix=problem.fix, way_back=back)
    made.headers.update(problem.headers)
    return made


def local(at: datetime, pattern: str, *, zone: ZoneInfo) -> str:
    """A time in the site's zone; `%f` stands for milliseconds."""
    here = at.astimezone(zone)
    return here.strftime(pattern.replace("%f", f"{here.microsecond // 1000:03d}"))


def wants_page(request: Request) -> bool:
    """Whether a browser asks, and not a program."""
    return "text/html" in request.headers.get("accept", "").lower()


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that a page sent; the last of each name, empty ones left out. Raises `Problem`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Problem(415, "no-form", "this address takes the forms of the pages", "programs use /api/v1")
    text = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, max_num_fields=FIELDS_MAX, errors="replace")
    except ValueError as problem:
        raise Problem(422, "invalid", "the form has too many fields", "use the form as it is") from problem
    return {name: value.replace("\r\n", "\n").strip() for name, value in pairs if value.strip() and name != CSRF_FIELD}
