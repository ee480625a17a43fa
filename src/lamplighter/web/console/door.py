"""The library's files and its socket as routes of ours. Who may have them, and from which site, the gate has said."""

from __future__ import annotations

from nicegui import app as library
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

FILES = "/_nicegui/{file:path}"
SOCKET = "/_nicegui_ws/socket.io/"
FILE_HEADERS = ((b"cache-control", b"private, max-age=31536000, immutable"), (b"x-content-type-options", b"nosniff"))


class Files:
    """The library's own scripts and styles."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. The address of a file names its version, so a browser need never ask again."""

        async def lasting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:  # noqa: PLR2004 - a file was found
                replaced = {name for name, _ in FILE_HEADERS}
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in replaced]
                message["headers"] = [*kept, *FILE_HEADERS]
            await send(message)

        await library(scope, receive, lasting)


class Socket:
    """The socket of an open page; only as a WebSocket, because polling could not bring the token that forms bring."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await library(scope, receive, send)


def routes() -> list[BaseRoute]:
    """What the server gets besides its own routes."""
    return [Route(FILES, Files(), methods=["GET"]), WebSocketRoute(SOCKET, Socket())]
