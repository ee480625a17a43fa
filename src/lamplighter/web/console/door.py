"""The library's files and its socket as routes of ours. Who may have them, and from which site, the gate has said."""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass

from nicegui import app as library
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Message, Receive, Scope, Send

FILES = "/_nicegui/{file:path}"
SOCKET = "/_nicegui_ws/socket.io/"
# The address of a file names its version, so a browser need never ask again.
FILE_HEADERS = (
    (b"cache-control", b"private, max-age=31536000, immutable"),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"Accept-Encoding"),
)
PACKED_FILES_MAX = 64
PACKED_BYTES_MIN = 1_000
PACKED_BYTES_MAX = 2_000_000
TEXTS = (b"text/", b"application/json", b"image/svg+xml")
OK = 200


@dataclass(frozen=True, slots=True)
class Packed:
    """A file as it goes to a browser that takes gzip; no body where it is not worth it."""

    kind: bytes
    body: bytes


class Files:
    """The library's own scripts and styles. Each is packed once, beside the event loop, and then kept."""

    def __init__(self) -> None:
        self._packed: dict[str, Packed] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        packed = await self._found(scope) if "gzip" in Headers(scope=scope).get("accept-encoding", "") else None
        if packed is None or not packed.body:
            await library(scope, receive, _lasting(send))
            return
        length = str(len(packed.body)).encode()
        own = [(b"content-type", packed.kind), (b"content-encoding", b"gzip"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": OK, "headers": [*own, *FILE_HEADERS]})
        await send({"type": "http.response.body", "body": packed.body})

    async def _found(self, scope: Scope) -> Packed | None:
        path = scope["path"]
        if path not in self._packed and len(self._packed) < PACKED_FILES_MAX:
            kind, body = await _read(scope)
            if kind:
                self._packed[path] = Packed(kind, await asyncio.to_thread(_pack, kind, body))
        return self._packed.get(path)


class Socket:
    """The socket of an open page; only as a WebSocket, because polling could not bring the token that forms bring."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await library(scope, receive, send)


def routes() -> list[BaseRoute]:
    """What the server gets besides its own routes."""
    return [Route(FILES, Files(), methods=["GET"]), WebSocketRoute(SOCKET, Socket())]


async def _read(scope: Scope) -> tuple[bytes, bytes]:
    """The kind and the whole of a file as the library gives it; no kind where it gives none."""
    kind, parts = b"", [b""]

    async def nothing() -> Message:
        # Nobody leaves before the file is read: whoever sends it cancels this when it is done.
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def kept(message: Message) -> None:
        nonlocal kind
        if message["type"] == "http.response.start" and message["status"] == OK:
            kind = dict(message.get("headers", ())).get(b"content-type", b"")
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    await library({**scope, "headers": [], "extensions": {}, "state": {}}, nothing, kept)
    return kind, b"".join(parts)


def _pack(kind: bytes, body: bytes) -> bytes:
    if not kind.startswith(TEXTS) or not PACKED_BYTES_MIN <= len(body) <= PACKED_BYTES_MAX:
        return b""
    return gzip.compress(body, mtime=0)


def _lasting(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == OK:
            replaced = {name for name, _ in FILE_HEADERS}
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in replaced]
            message["headers"] = [*kept, *FILE_HEADERS]
        await send(message)

    return sent
