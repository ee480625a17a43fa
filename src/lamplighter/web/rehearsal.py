"""How far a rehearsal on the user's own canary has come: for the set-up page, programs and the command line."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from datetime import datetime

from fastapi import APIRouter, Request

from lamplighter.app import App
from lamplighter.domain.check import Watch
from lamplighter.domain.checkup import HEARING
from lamplighter.domain.rehearsal import (
    BREAK,
    CANARY,
    CLEAN,
    ENGINE,
    RECENT,
    START,
    Scene,
    Stage,
    about_canary,
    is_over,
    rehearsal,
)
from lamplighter.ports import Wanted
from lamplighter.web.context import context

INCIDENTS_MAX = 20
router = APIRouter(prefix="/api/v1", tags=["operation"])


@dataclass(frozen=True, slots=True)
class RehearsalStage:
    """One step. `pace` is done, now, later or missing; `took_seconds` is since the step before."""

    name: str
    pace: str
    words: str
    fix: str
    line: str
    at: datetime | None
    took_seconds: float | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The steps, the incident that they are read off, and the lines to copy. `over`: nothing more comes by itself."""

    stages: list[RehearsalStage]
    incident: str | None
    over: bool
    start: str
    end: str
    clean: str


@router.get("/rehearsal")
async def rehearsed(request: Request) -> Rehearsal:
    """How far the rehearsal has come. Starts nothing, and changes nothing."""
    app = context(request).app
    stages, incident = await asyncio.to_thread(standing, app)
    told = [RehearsalStage(**{**asdict(one), "pace": str(one.pace)}) for one in stages]
    return Rehearsal(told, incident or None, is_over(stages), START, BREAK, CLEAN)


def standing(app: App) -> tuple[tuple[Stage, ...], str]:
    """The steps, and the id of the incident; empty where there is none yet. Blocks; raises `StoreUnavailable`."""
    scene = scene_of(app)
    incident = about_canary(scene)
    events = app.store.incidents.timeline(incident.id) if incident else ()
    return rehearsal(scene, events), incident.id if incident else ""


def scene_of(app: App) -> Scene:
    """What is so now. Blocks; raises `StoreUnavailable`."""
    now = app.clock.now()
    wanted = Wanted(text=CANARY, since=now - RECENT)
    return Scene(
        now=now,
        mode=app.settings.configuration.autonomy.mode,
        components=app.surveying.components,
        checks=[(spec, app.patrol.watches.get(spec.name, Watch())) for spec in app.patrol.specs],
        incidents=app.store.incidents.listed(wanted, limit=INCIDENTS_MAX),
        engine=ENGINE in app.settings.sources,
        away=app.surveying.away.get(ENGINE, ""),
        listens=any(getattr(app.settings.sources.get(name), "url", "") for name in HEARING),
        channels=[channel.name for channel in app.communicator.posting.channels],
    )
