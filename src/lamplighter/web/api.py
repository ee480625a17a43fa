"""Puts the HTTP doors together."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from lamplighter import __version__
from lamplighter.app import App
from lamplighter.web import approvals, incidents, operation, pages, problems, webhooks
from lamplighter.web.auth import TokenGate
from lamplighter.web.bodies import BodyBound
from lamplighter.web.context import Context
from lamplighter.web.metrics import Meters


def make_api(app: App) -> FastAPI:
    """The application for one running app; its lifespan starts and stops the app."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # A part that broke off ends the process: what restarts it recovers everything from the store.
        await app.start(on_failure=lambda: os.kill(os.getpid(), signal.SIGTERM))
        try:
            yield
        finally:
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
    api.state.context = Context(app, Meters(app))
    problems.install(api)
    for door in (webhooks, incidents, approvals, operation, pages):
        api.include_router(door.router)
    # The last one added is the outermost: nothing of a body is read for who may not come in.
    api.add_middleware(BodyBound, bytes_max=app.settings.configuration.server.body_bytes_max)
    api.add_middleware(TokenGate, token=app.token)
    return api
