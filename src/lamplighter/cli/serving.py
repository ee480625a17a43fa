"""Runs the server in this process. Only `lamplighter serve` imports this: it brings every room of the house with it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import uvicorn

from lamplighter.app import build_app, calm_the_interpreter
from lamplighter.cli.attending import Attendant
from lamplighter.cli.client import ADDRESS_FILE, kept
from lamplighter.cli.output import Code, Stop, say
from lamplighter.domain.redaction import redact_tree
from lamplighter.ports import StoreUnavailable
from lamplighter.settings import Settings
from lamplighter.store.data_folder import UnusableFolder, is_held
from lamplighter.web.api import make_api
from lamplighter.web.reach import from_elsewhere, own_address

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
    listening = _listen(place.host, place.port, settings.data_folder)
    try:
        app = build_app(settings)
    except (UnusableFolder, StoreUnavailable) as problem:
        listening.close()
        raise Stop(str(problem)) from problem
    app.reread = reread
    address = own_address(settings.configuration)
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
        FirstLink(api.state.access.first_setup_url, from_elsewhere(settings.configuration)),
        api.state.context.feed.end,
        Attendant(app, address, first=first),
    )
    # uvicorn raises the signal that ended it once more when it is done; being told to stop is a good end, not a kill.
    signal.signal(signal.SIGTERM, _told_to_stop)
    calm_the_interpreter()
    server.run(sockets=[listening])
    if app.failure or not server.started:
        raise Stop(app.failure or "the server could not start; the log above says why")


@dataclass(frozen=True, slots=True)
class FirstLink:
    """While nobody has an account, says where the first is made; `elsewhere` is how from another machine."""

    setup_url: Callable[[], Awaitable[str]]
    elsewhere: str = ""

    async def tell(self) -> None:
        """Say it, the link alone on its line."""
        try:
            url = await self.setup_url()
        except StoreUnavailable as problem:
            say(f"warning: no set-up link could be made: {problem}; later: lamplighter setup-url")
            return
        if url:
            say(f"Open {url}")
            say(f"  makes the first admin, once{f'; {self.elsewhere}' if self.elsewhere else ''}")


class _Server(uvicorn.Server):
    """Says in one line when it is ready."""

    def __init__(
        self,
        config: uvicorn.Config,
        words: str,
        first_link: FirstLink,
        end_streams: Callable[[], None],
        attendant: Attendant,
    ) -> None:
        super().__init__(config)
        self._words = words
        self._first_link = first_link
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
            await self._first_link.tell()
            self._attendant.look()


def _tell_address(file: Path, address: str) -> None:
    try:
        file.write_text(address, encoding="utf-8")
    except OSError as problem:
        say(f"warning: {file} cannot be written: {problem.strerror}; commands need --server {address}")


def _told_to_stop(_number: int, _frame: FrameType | None) -> None:
    """Let the process go on to its own end."""


def _listen(host: str, port: int, folder: Path) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except (OSError, UnicodeError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise Stop(f"cannot listen on {host} port {port}: {why}; {_way_out(folder, port)}", Code.FAILED) from problem
    return listening


def _way_out(folder: Path, port: int) -> str:
    """What to do where the port cannot be had: most often it runs already."""
    if not is_held(folder):
        return f"see who has it: ss -ltnp 'sport = :{port}'; or give another with --host or --port"
    told = kept(folder / ADDRESS_FILE)
    return f"Lamplighter runs already{f': open {told}' if told else ''}; see it with: lamplighter status"


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
