"""The alert journal over REST: every alert that came in, where it went, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request

from lamplighter.web.context import Context, context
from lamplighter.web.filters import AlertQuery

router = APIRouter(tags=["alerts"])


@dataclass(frozen=True, slots=True)
class JournalPage:
    """A page of the journal, newest first.

    Each has seq, received_at, source, alert, status, component, placement, incident, reason.
    """

    alerts: list[Mapping[str, str]]
    next: str | None


@router.get("/api/v1/alerts")
async def listed(request: Request, query: Annotated[AlertQuery, Query()]) -> JournalPage:
    """Alerts as they came in, newest first, and why each went where it went."""
    return await journal_page(context(request), query)


async def journal_page(here: Context, query: AlertQuery) -> JournalPage:
    """One page of the journal. Raises `Problem` 400 for a cursor that is not ours."""
    before = int(here.cursors.position(query.cursor, query.asked) or "0")
    alerts = here.app.store.journal.alerts
    found = await asyncio.to_thread(lambda: alerts(limit=query.limit + 1, before=before, sought=query.sought))
    page = list(found[: query.limit])
    following = here.cursors.after(page[-1]["seq"], query.asked) if len(found) > query.limit else None
    return JournalPage(page, following)
