"""Carries the console in NiceGUI: sets the library up once, hands requests over to it, starts and stops it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import nicegui
from jinja2 import DictLoader
from nicegui import app as library
from nicegui import client as pages
from nicegui import core, ui
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lamplighter import web
from lamplighter.web.console.acts import Desk
from lamplighter.web.console.hub import Hub, Key, Sheet
from lamplighter.web.console.pane import Pane
from lamplighter.web.console.policy import library_page, page_headers, with_nonces

LIBRARY_PATHS = ("/_nicegui/", "/_nicegui_ws/")
OPENING = "lamplighter.opening"
RECONNECT_SECONDS = 5.0
# The browser says every three seconds what it has; what it missed meanwhile is sent again from here.
MESSAGES_KEPT_MAX = 20
HEAD = (
    '<link rel="stylesheet" href="/assets/console.css">'
    '<script src="/assets/console.js"></script>'
    '<meta name="color-scheme" content="dark light">'
)
MARK = Path(web.__file__).parent / "templates" / "mark.svg"
FRAME = "frame"
NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Opening:
    """A page that is about to be made: what it shows at first, and what keeps it fresh."""

    title: str
    view: str
    keys: tuple[Key, ...]
    sheet: Sheet
    since: float
    hub: Hub
    desk: Desk


class Handed(Response):
    """An answer that the library gives to the same request."""

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = opening

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the library make the page."""
        nonce = secrets.token_urlsafe(18)
        scope.setdefault("state", {})["nonce"] = nonce
        scope[OPENING] = self._opening

        async def guarded(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() != b"cache-control"]  # type: ignore[attr-defined]
                more = [(key.lower().encode(), value.encode()) for key, value in page_headers(nonce).items()]
                message["headers"] = [*kept, *more]
            await send(message)

        await library(scope, receive, guarded)  # type: ignore[arg-type]


@ui.page("/{path:path}", response_timeout=10.0, reconnect_timeout=RECONNECT_SECONDS)
def _page(request: Request, path: str) -> Response | None:
    """The only page that the library knows: a frame, and the panes of whatever is opened."""
    opening = request.scope.get(OPENING)
    if not isinstance(opening, Opening):
        return Response(f"there is nothing at /{path[:80]}\n", HTTPStatus.NOT_FOUND, media_type="text/plain")
    client = ui.context.client
    client.title = opening.title
    panes: dict[str, Pane] = {}
    with client.layout:
        panes[FRAME] = Pane(opening.sheet[FRAME], opening.desk.act)
        panes[FRAME].move(target_index=0)
    for name, html in opening.sheet.items():
        if name != FRAME:
            panes[name] = Pane(html, opening.desk.act)
            panes[name].classes(f"pane-{name}")
    opening.desk.panes = panes
    client.content.classes(f"view-{opening.view}")
    opening.hub.watch(client, opening.keys, panes, opening.desk.who, opening.since)
    return None


def set_up() -> None:
    """Configure the library for this process. Raises `UnknownPage` where its page is not the one expected."""
    source = with_nonces(library_page(Path(nicegui.__file__).parent))
    pages.templates.env.loader = DictLoader({"index.html": source})
    library.config.add_run_config(
        reload=False,
        title="Lamplighter",
        viewport="width=device-width, initial-scale=1",
        favicon=MARK.read_text(encoding="utf-8"),
        dark=None,
        language="en-US",
        binding_refresh_interval=None,
        reconnect_timeout=RECONNECT_SECONDS,
        message_history_length=MESSAGES_KEPT_MAX,
        tailwind=False,
        unocss=None,
        prod_js=True,
        show_welcome_message=False,
        markdown=False,
    )
    library.config.socket_io_js_transports = ["websocket"]
    # What a browser says of itself has no place in our log, where it could pass for something that we said.
    core.sio.handlers["/"].pop("log", None)
    pages.Client.shared_head_html = HEAD


@asynccontextmanager
async def running() -> AsyncIterator[None]:
    """The library's own start and end."""
    async with library.router.lifespan_context(library):
        yield
