"""The doctor's look from inside the server, for the settings page and `lamplighter doctor --server`. It only looks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from lamplighter.doctor import Inside, as_tree, examine
from lamplighter.web.context import Context, context
from lamplighter.web.operation import unready

router = APIRouter(prefix="/api/v1", tags=["operation"])
FRESH_SECONDS = 10.0


@router.get("/doctor")
async def doctor(request: Request) -> dict[str, Any]:
    """What can be seen, what cannot, what may be done now, and the line that mends each. Changes nothing."""
    return await looked(context(request))


async def looked(here: Context) -> dict[str, Any]:
    """The same for a page: at most ten seconds old."""
    rounds, clock = here.rounds, here.app.clock
    async with rounds.turn:
        if rounds.at is None or clock.monotonic() - rounds.at >= FRESH_SECONDS:
            place = here.app.settings.configuration.server
            inside = Inside(f"{place.host}:{place.port}", "; ".join(await unready(here)), here.app.switch.paused())
            rounds.found = as_tree(await examine(here.app.settings, inside))
            rounds.at = clock.monotonic()
        return rounds.found
