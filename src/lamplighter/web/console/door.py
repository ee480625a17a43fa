"""Lets the library's files and its socket through, and the socket only for who is signed in on a page of ours."""

from __future__ import annotations

from urllib.parse import urlsplit

from nicegui import app as library
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lamplighter.domain.access import Denied, Right, may
from lamplighter.web.problems import Problem, answer
from lamplighter.web.session import SIGN_IN_PATH, person_of

FILES = "/_nicegui/"
SOCKET = "/_nicegui_ws/"
FILE_HEADERS = ((b"cache-control", b"public, max-age=31536000, immutable"), (b"x-content-type-options", b"nosniff"))
POLICY_VIOLATION = 1008


class LibraryDoor:
    """An ASGI layer before our own routes. A page of another site gets no socket, even with the cookie of a person."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request or socket on."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(FILES):
            await library(scope, receive, _lasting(send))
        elif scope["type"] in {"http", "websocket"} and path.startswith(SOCKET):
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = refused(scope)
        if refusal is None:
            await library(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refusal.detail})
        else:
            await answer(scope["path"], refusal)(scope, receive, send)


def refused(scope: Scope) -> Problem | None:
    """Why this may not open a socket; None where it may."""
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    # A browser always names the origin of a page that opens a socket; a program that names none needs a login all the
    # same, and has no cookie that a page of another site could use.
    if origin is not None and not _own(origin, headers.get("host", "")):
        return Problem(403, "cross-site", "this socket was opened by another site", "use Lamplighter's own pages")
    person = person_of(scope)
    if person is None:
        return Problem(401, "unauthorized", "nobody is signed in", f"sign in at {SIGN_IN_PATH}")
    verdict = may(person, Right.SEE)
    if isinstance(verdict, Denied):
        return Problem(403, "forbidden", verdict.reason, "ask an admin for the right")
    return None


def _own(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(host) and parts.netloc == host


def _lasting(send: Send) -> Send:
    """The address of a file of the library names its version, so a browser need never ask again."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200:  # noqa: PLR2004 - a file was found
            replaced = {name for name, _ in FILE_HEADERS}
            kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in replaced]
            message["headers"] = [*kept, *FILE_HEADERS]
        await send(message)

    return sent
