"""Puts the HTTP doors together."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI

from lamplighter import __version__
from lamplighter.app import App
from lamplighter.web import (
    alerts,
    approvals,
    audit,
    checks,
    checkup,
    events,
    forms,
    incidents,
    invitations,
    life,
    maintenance,
    manual,
    notifications,
    oidc_door,
    operation,
    overviews,
    pages,
    pairing_forms,
    people,
    people_forms,
    problems,
    questions,
    rehearsal,
    setting_up,
    signing_in,
    silences,
    tokens,
    webhooks,
)
from lamplighter.web.access import make_access
from lamplighter.web.auth import Gate
from lamplighter.web.bodies import BodyBound
from lamplighter.web.context import Context, make_context
from lamplighter.web.csrf import FormGuard
from lamplighter.web.rights import Rights

if TYPE_CHECKING:
    from lamplighter.web.console.pages import Console

log = structlog.get_logger()
DOORS = (
    *(webhooks, alerts, manual, incidents, questions, life, approvals, silences, maintenance, checks, events),
    *(operation, checkup, rehearsal),
    *(pages, overviews, forms, signing_in, setting_up, people, tokens, invitations, audit),
    *(people_forms, pairing_forms, oidc_door, notifications),
)


def _feed_ended(feeding: asyncio.Task[None]) -> None:
    """Nobody would hear anything any more, and nobody would see why: as with the app's parts, a restart mends it."""
    if not feeding.cancelled() and feeding.exception() is not None:
        log.critical("the feed broke off", exc_info=feeding.exception())
        os.kill(os.getpid(), signal.SIGTERM)


def _console(context: Context) -> Console:
    """The console of this server. Only here is it imported, so that a server without it is spared the library."""
    from lamplighter.web.console.pages import Console  # noqa: PLC0415 - as the docstring says

    return Console.make(context)


def make_api(app: App) -> FastAPI:
    """The application for one running app; its lifespan starts and stops the app."""
    context = make_context(app)
    console = _console(context) if app.settings.configuration.server.console else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # A part that broke off ends the process: what restarts it recovers everything from the store.
        await app.start(on_failure=lambda: os.kill(os.getpid(), signal.SIGTERM))
        feeding = asyncio.create_task(context.feed.run(), name="feed")
        feeding.add_done_callback(_feed_ended)
        try:
            async with console.running() if console else nullcontext():
                yield
        finally:
            context.feed.end()
            await context.pairings.end()
            feeding.cancel()
            with suppress(asyncio.CancelledError):
                await feeding
            await app.stop()

    api = FastAPI(
        title="Lamplighter",
        version=__version__,
        summary="An on-call engineer in software.",
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    api.state.context = context
    api.state.access = access = make_access(app)
    problems.install(api)
    for door in DOORS:
        api.include_router(door.router)
    if console is not None:
        context.console = console
        api.router.routes.extend(console.routes())
    # The last one added is the outermost: nothing of a body is read for who may not come in.
    api.add_middleware(FormGuard)
    api.add_middleware(BodyBound, bytes_max=app.settings.configuration.server.body_bytes_max)
    proving = [source for source, gate in app.gates.items() if gate.sufficient]
    api.add_middleware(Gate, identities=access.identities, rights=Rights(), proving=proving)
    return api
