"""What a route may use: the app, the meters, and bounded work in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request

from lamplighter.app import App
from lamplighter.web.metrics import Meters

BACKGROUND_MAX = 16


@dataclass(slots=True)
class Context:
    """One for each running server."""

    app: App
    metrics: Meters
    pulling: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def background(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something after the answer; past the bound it is dropped, because the same work is under way."""
        if len(self._tasks) >= BACKGROUND_MAX:
            work.close()
            return
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def context(request: Request) -> Context:
    """The context of the server that took this request."""
    found = request.app.state.context
    if not isinstance(found, Context):
        raise TypeError("the server was not put together by make_api")
    return found
