"""The other pages: what came in and where it went, what is muted, and how the checks stand."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from lamplighter.web.alerts import journal_page
from lamplighter.web.checks import standings
from lamplighter.web.context import context
from lamplighter.web.filters import AlertQuery
from lamplighter.web.maintenance import planned
from lamplighter.web.rendering import local, page
from lamplighter.web.silences import silences

DEAD_LETTERS_SHOWN_MAX = 50
router = APIRouter(tags=["pages"])


@router.get("/alerts", response_class=HTMLResponse)
async def alerts(request: Request, query: Annotated[AlertQuery, Query()]) -> HTMLResponse:
    """The alert journal, and what could not be read."""
    here = context(request)
    found = await journal_page(here, query)
    letters = await asyncio.to_thread(here.app.store.journal.dead_letters, DEAD_LETTERS_SHOWN_MAX)
    zone = ZoneInfo(here.app.settings.configuration.site.timezone)
    return page(
        request,
        "alerts.html",
        alerts=found.alerts,
        following=found.next,
        first=not query.cursor,
        filters=query.filters,
        filtered=urlencode(query.filters),
        letters=letters,
        local_of=lambda text: local(datetime.fromisoformat(text), "%Y-%m-%d %H:%M:%S", zone=zone),
    )


@router.get("/silences", response_class=HTMLResponse)
async def quiet(request: Request) -> HTMLResponse:
    """What is muted now or later, and planned work."""
    app = context(request).app
    return page(request, "silences.html", silences=await silences(app), windows=await planned(app))


@router.get("/checks", response_class=HTMLResponse)
async def checks(request: Request) -> HTMLResponse:
    """Lamplighter's own checks."""
    return page(request, "checks.html", checks=standings(context(request).app, str(request.base_url)))
