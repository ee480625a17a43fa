"""Lets the library's files and its socket through. Who may have them, and from which site, the gate has said before."""

from __future__ import annotations

from nicegui import app as library
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FILES = "/_nicegui/"
SOCKET = "/_nicegui_ws/"
FILE_HEADERS = ((b"cache-control", b"private, max-age=31536000, immutable"), (b"x-content-type-options", b"nosniff"))


class LibraryDoor:
    """An ASGI layer before our own routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request or socket on."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(FILES):
            await library(scope, receive, _lasting(send))
        elif scope["type"] == "websocket" and path.startswith(SOCKET):
            await library(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _lasting(send: Send) -> Send:
    """The address of a file of the library names its version, so a browser need never ask again."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:  # noqa: PLR2004 - a file was found
            replaced = {name for name, _ in FILE_HEADERS}
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in replaced]
            message["headers"] = [*kept, *FILE_HEADERS]
        await send(message)

    return sent
