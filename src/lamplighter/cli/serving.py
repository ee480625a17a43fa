"""Runs the server in this process. Only `lamplighter serve` imports this: it brings every room of the house with it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn

from lamplighter.app import build_app, calm_the_interpreter
from lamplighter.cli.attending import Attendant
from lamplighter.cli.client import ADDRESS_FILE
from lamplighter.cli.output import Code, Stop, say
from lamplighter.domain.redaction import redact_tree
from lamplighter.ports import StoreUnavailable
from lamplighter.settings import Settings
from lamplighter.store.data_folder import UnusableFolder
from lamplighter.web.api import make_api

CONNECTIONS_WAITING_MAX = 2048
STOP_SECONDS_MAX = 3
# Senders keep connections open between their groups; one that is closed under a delivery costs them a repeat.
IDLE_SECONDS_MAX = 75
SOCKET_BYTES_MAX = 256 * 1024


def run(settings: Settings, reread: Callable[[], Settings]) -> None:
    """Serve until told to stop; `reread` gives the settings anew for a reload. Raises `Stop` where it cannot."""
    # Whoever asks for a reload before there is something to reload must not end the process.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _log_to_stderr()
    first = not (settings.data_folder / "token").exists()
    for warning in settings.warnings:
        say(f"warning: {warning}")
    place = settings.configuration.server
    listening = _listen(place.host, place.port)
    try:
        app = build_app(settings)
    except (UnusableFolder, StoreUnavailable) as problem:
        listening.close()
        raise Stop(str(problem)) from problem
    app.reread = reread
    address = f"http://{f'[{place.host}]' if ':' in place.host else place.host}:{place.port}"
    _tell_address(settings.data_folder / ADDRESS_FILE, address)
    api = make_api(app)
    server = _Server(
        uvicorn.Config(
            api,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS_MAX,
            timeout_keep_alive=IDLE_SECONDS_MAX,
            backlog=CONNECTIONS_WAITING_MAX,
            # Compression would cost each open console a third of a megabyte, and what it sends is small.
            ws_per_message_deflate=False,
            ws_max_size=SOCKET_BYTES_MAX,
            # Whom a proxy names is decided by `auth.proxy`, which must see the proxy's own address.
            proxy_headers=False,
        ),
        f"ready on {address}; token in {settings.data_folder / 'token'}",
        api.state.access.first_setup_url,
        api.state.context.feed.end,
        Attendant(app, address, first=first),
    )
    # uvicorn raises the signal that ended it once more when it is done; being told to stop is a good end, not a kill.
    signal.signal(signal.SIGTERM, _told_to_stop)
    calm_the_interpreter()
    server.run(sockets=[listening])
    if app.failure or not server.started:
        raise Stop(app.failure or "the server could not start; the log above says why")


class _Server(uvicorn.Server):
    """Says in one line when it is ready."""

    def __init__(
        self,
        config: uvicorn.Config,
        words: str,
        setup_url: Callable[[], Awaitable[str]],
        end_streams: Callable[[], None],
        attendant: Attendant,
    ) -> None:
        super().__init__(config)
        self._words = words
        self._setup_url = setup_url
        self._end_streams = end_streams
        self._attendant = attendant

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Whoever follows the events would otherwise hold up the end until it is forced.
        self._end_streams()
        self._attendant.end()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            say(self._words)
            self._attendant.begin(self._words)
            await self._invite()

    async def _invite(self) -> None:
        """While nobody has an account, say where the first is made."""
        try:
            url = await self._setup_url()
        except StoreUnavailable as problem:
            say(f"warning: no set-up link could be made: {problem}; later: lamplighter setup-url")
            return
        if url:
            say(f"Open {url}")


def _tell_address(file: Path, address: str) -> None:
    try:
        file.write_text(address, encoding="utf-8")
    except OSError as problem:
        say(f"warning: {file} cannot be written: {problem.strerror}; commands need --server {address}")


def _told_to_stop(_number: int, _frame: FrameType | None) -> None:
    """Let the process go on to its own end."""


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except (OSError, UnicodeError) as problem:
        why = getattr(problem, "strerror", None) or problem
        words = f"cannot listen on {host} port {port}: {why}; give another with --host or --port"
        raise Stop(words, Code.FAILED) from problem
    return listening


def _log_to_stderr() -> None:
    as_json = os.environ.get("LOG_FORMAT", "") == "json"
    renderer: Any = structlog.processors.JSONRenderer() if as_json else _key_values()
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _without_secrets,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries log through the standard module; only what they warn of is ours to show.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def _without_secrets(_logger: object, _name: str, event: Any) -> Any:  # noqa: ANN401 - structlog's own shapes
    """No line of the log holds what looks like a secret."""
    return redact_tree(dict(event))


def _key_values() -> Any:  # noqa: ANN401 - one of structlog's renderers
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in os.environ)
    return structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])
