"""What goes on beside a running server: reloads by SIGHUP, the word to systemd, and the doctor at the first start."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import structlog

from lamplighter.app import App
from lamplighter.cli.output import say
from lamplighter.cli.supervision import Supervision
from lamplighter.doctor import Inside, examine
from lamplighter.domain.checkup import short_form
from lamplighter.settings import BadConfiguration

log = structlog.get_logger()


class Attendant:
    """Begins when the server is ready, and ends with it. Nothing that it does can end the server."""

    def __init__(self, app: App, address: str, *, first: bool, supervision: Supervision | None = None) -> None:
        self._app = app
        self._address = address
        self._first = first
        self._supervision = supervision or Supervision()
        self._words = ""
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, words: str) -> None:
        """Say that all is ready, and attend. Called on the server's loop."""
        self._words = words
        self._supervision.ready(words)
        self._spawn(self._supervision.stay_alive(lambda: not self._app.failure))
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._reload()))

    def look(self) -> None:
        """At the first start, say what is seen and what must be mended, below whatever was said before."""
        if self._first:
            self._spawn(self._tell_first_steps())

    def end(self) -> None:
        """The server stops."""
        self._supervision.stopping()
        for task in self._tasks:
            task.cancel()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("something beside the server broke off", exc_info=task.exception())

    async def _reload(self) -> None:
        self._supervision.reloading()
        try:
            await self._app.reload("a signal")
        except BadConfiguration as problem:
            log.warning(
                "the configuration was read again and cannot be used; the old one holds", problems=problem.problems
            )
        self._supervision.ready(self._words)

    async def _tell_first_steps(self) -> None:
        found = await examine(self._app.settings, Inside(self._address))
        for line in short_form(found):
            say(line)
        say("more: lamplighter doctor" if found.needs_work else "the doctor found nothing to mend")
