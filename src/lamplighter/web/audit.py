"""The audit log over REST, for admins: who did what, newest first, and how its chain stands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.domain.audit import Row, What
from lamplighter.ports import ActsWanted
from lamplighter.web.chain import Seen
from lamplighter.web.context import Context, context
from lamplighter.web.cursors import CURSOR_PATTERN
from lamplighter.web.filters import PAGE_MAX, Text, moment

router = APIRouter(prefix="/api/v1", tags=["audit"])
FILTERS = ("actor", "what", "on", "incident", "since")


class ActQuery(BaseModel):
    """Filters, all of which must hold, and which page of them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    actor: Annotated[Text, Field(description="who did it, as approvals name people")] = ""
    what: Annotated[What | Literal[""], Field(description="only this kind of act")] = ""
    on: Annotated[Text, Field(description="what was acted on: an account, a token, a silence, an incident")] = ""
    incident: Annotated[Text, Field(description="acts on this incident: INC-7")] = ""
    since: Annotated[str, Field(max_length=40, description="since: ISO 8601, or how long ago: 24h")] = ""
    limit: Annotated[int, Field(ge=1, le=PAGE_MAX)] = 50
    cursor: Annotated[str, Field(pattern=CURSOR_PATTERN, description="`next` of the page before")] = ""

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return {name: str(value) for name in FILTERS if (value := getattr(self, name))}

    @property
    def asked(self) -> dict[str, object]:
        """What a cursor is bound to: all but which page."""
        return {"list": "audit", **self.filters}

    def wanted(self, now: datetime) -> ActsWanted:
        """The same for the store. Raises `Problem` 422."""
        on = self.incident.strip().upper() or self.on.strip()
        return ActsWanted(self.actor.strip(), str(self.what), on, moment("since", self.since, now))


@dataclass(frozen=True, slots=True)
class ActShown:
    """One row: an act, the hash of the row before, and its own."""

    seq: int
    at: datetime
    actor: str
    what: str
    on: str
    detail: Mapping[str, str]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class ChainShown:
    """How the chain stands: looked through up to a row, of so many; `state` is ok, or what is wrong with it."""

    state: str
    checked_up_to: int
    newest: int
    words: str


@dataclass(frozen=True, slots=True)
class ActPage:
    """Rows, newest first; `next` is the cursor of the page after, empty at the end."""

    acts: list[ActShown]
    next: str
    chain: ChainShown


@router.get("/audit")
async def acts(request: Request, query: Annotated[ActQuery, Query()]) -> ActPage:
    """Who did what. `lamplighter audit verify` looks through the whole chain, this a piece at each time."""
    here = context(request)
    return await asyncio.to_thread(_page, here, query)


def _page(here: Context, query: ActQuery) -> ActPage:
    rows, following, seen = act_page(here, query)
    chain = ChainShown(seen.broken.fault if seen.broken else "ok", seen.upto, seen.newest, seen.words)
    return ActPage([_shown(row) for row in rows], following, chain)


def act_page(here: Context, query: ActQuery) -> tuple[Sequence[Row], str, Seen]:
    """One page of rows, the cursor of the next, and how the chain stands. Blocks; raises `Problem`."""
    log = here.app.store.audit
    before = int(here.cursors.position(query.cursor, query.asked) or 0)
    found = log.listed(query.wanted(here.app.clock.now()), limit=query.limit + 1, before=before)
    rows = found[: query.limit]
    following = here.cursors.after(str(rows[-1].seq), query.asked) if len(found) > query.limit else ""
    return rows, following, here.chain.look(log)


def _shown(row: Row) -> ActShown:
    return ActShown(row.seq, row.at, row.actor, row.what, row.on, row.detail, row.previous, row.hash)
