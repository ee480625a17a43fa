"""Speaks to systemd: ready, reloading, stopping, and alive. Where nobody listens nothing is said."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

WATCHDOG_SHARE = 0.4
PAUSE_SECONDS_MIN = 0.1
MICROSECONDS = 1_000_000


class Supervision:
    """The service manager that started this process, by the variables that it set."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        env = os.environ if environ is None else environ
        self._place = env.get("NOTIFY_SOCKET", "")
        meant = env.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
        text = env.get("WATCHDOG_USEC", "")
        usec = int(text) if meant and text.isascii() and text.isdigit() and self._place else 0
        self.every_seconds = max(PAUSE_SECONDS_MIN, usec / MICROSECONDS * WATCHDOG_SHARE) if usec else 0.0

    def ready(self, words: str) -> None:
        """Whatever waits for this service may start."""
        self._say("READY=1", f"STATUS={words}")

    def reloading(self) -> None:
        """The configuration is read again; `ready` says that it is done."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """The end has begun."""
        self._say("STOPPING=1", "STATUS=stopping")

    async def stay_alive(self, is_well: Callable[[], bool]) -> None:
        """Say so until cancelled, where it is asked for; a part that broke off, or a loop that hangs, is silence."""
        while self.every_seconds:
            if is_well():
                self._say("WATCHDOG=1")
            await asyncio.sleep(self.every_seconds)

    def _say(self, *lines: str) -> None:
        if not self._place:
            return
        # An abstract socket's name begins with a zero byte, which a variable cannot hold.
        place = f"\0{self._place[1:]}" if self._place.startswith("@") else self._place
        text = "\n".join(line.replace("\n", " ") for line in lines)
        # A manager that went away is no reason to end.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as told:
            told.connect(place)
            told.sendall(text.encode())
