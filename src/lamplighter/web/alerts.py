"""The alert journal over REST: every alert that came in, where it went, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request

from lamplighter.web.context import Context, context
from lamplighter.web.cursors import CURSOR_PATTERN
from lamplighter.web.filters import PAGE_MAX

ASKED: dict[str, object] = {"list": "alerts"}
router = APIRouter(tags=["alerts"])


@dataclass(frozen=True, slots=True)
class JournalPage:
    """A page of the journal, newest first.

    Each has seq, received_at, source, alert, status, component, placement, incident, reason.
    """

    alerts: list[Mapping[str, str]]
    next: str | None


@router.get("/api/v1/alerts")
async def listed(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 50,
    cursor: Annotated[str, Query(pattern=CURSOR_PATTERN)] = "",
) -> JournalPage:
    """Alerts as they came in, newest first, and why each went where it went."""
    return await journal_page(context(request), limit, cursor)


async def journal_page(here: Context, limit: int, cursor: str) -> JournalPage:
    """One page of the journal. Raises `Problem` 400 for a cursor that is not ours."""
    before = int(here.cursors.position(cursor, ASKED) or "0")
    alerts = here.app.store.journal.alerts
    found = await asyncio.to_thread(lambda: alerts(limit=limit + 1, before=before))
    page = list(found[:limit])
    following = here.cursors.after(page[-1]["seq"], ASKED) if len(found) > limit else None
    return JournalPage(page, following)
