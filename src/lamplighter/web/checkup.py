"""The doctor's look from inside the server, for the settings page and `lamplighter doctor --server`. It only looks."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from lamplighter.doctor import Inside, as_tree, examine
from lamplighter.domain.letter import LetterState
from lamplighter.ports import Store, StoreUnavailable
from lamplighter.web.context import Context, context
from lamplighter.web.operation import unready
from lamplighter.web.reach import own_address

router = APIRouter(prefix="/api/v1", tags=["operation"])
FRESH_SECONDS = 10.0


@router.get("/doctor")
async def doctor(request: Request) -> dict[str, Any]:
    """What can be seen, what cannot, what may be done now, and the line that mends each. Changes nothing."""
    return await looked(context(request))


def _known(store: Store) -> tuple[int | None, dict[str, str]]:
    """How many have an account, and how the newest message of each channel ended; nothing where the store is away."""
    try:
        accounts = len(store.accounts.listed(limit=1))
        letters = [*store.outbox.listed(LetterState.SENT), *store.outbox.listed(LetterState.DEAD)]
    except StoreUnavailable:
        return None, {}
    letters.sort(key=lambda letter: letter.created_at)
    return accounts, {letter.channel: letter.problem if letter.state is LetterState.DEAD else "" for letter in letters}


async def looked(here: Context) -> dict[str, Any]:
    """The same for a page: at most ten seconds old."""
    rounds, clock = here.rounds, here.app.clock
    async with rounds.turn:
        if rounds.at is None or clock.monotonic() - rounds.at >= FRESH_SECONDS:
            accounts, delivered = await asyncio.to_thread(_known, here.app.store)
            reasons = "; ".join(await unready(here))
            inside = Inside(
                own_address(here.app.settings.configuration), reasons, here.app.switch.paused(), accounts, delivered
            )
            rounds.found = as_tree(await examine(here.app.settings, inside))
            rounds.at = clock.monotonic()
        return rounds.found
