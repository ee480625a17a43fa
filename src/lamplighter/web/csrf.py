"""What a session's forms must bring back, checked before any route: who cannot read our pages cannot send it."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lamplighter.web.auth import SAFE_METHODS, refused
from lamplighter.web.problems import Problem
from lamplighter.web.session import CSRF_FIELD, CSRF_HEADER, csrf_of

FORM_BYTES_MAX = 256 * 1024
FIELDS_MAX = 40


class FormGuard:
    """Refuses what changes something in a session without the session's own token in a header or a field.

    It stands behind the bound on bodies, so that a body comes in one piece.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request; its body is handed on as it came."""
        wanted = csrf_of(scope) if scope["type"] == "http" and scope["method"] not in SAFE_METHODS else ""
        if not wanted:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get(CSRF_HEADER, "")
        if not given and _is_form(headers):
            message = await receive()
            given, receive = _field(message.get("body", b"")), _again(message, receive)
        if hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            await self._app(scope, receive, send)
            return
        problem = Problem(
            403, "no-csrf-token", "this did not come from a page of this session", "load the page again and repeat it"
        )
        await refused(scope, headers, problem)(scope, receive, send)


def _is_form(headers: Headers) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/x-www-form-urlencoded"


def _field(body: bytes) -> str:
    if len(body) > FORM_BYTES_MAX:
        return ""
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=FIELDS_MAX, errors="replace")
    except ValueError:
        return ""
    return next((value for name, value in pairs if name == CSRF_FIELD), "")


def _again(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def next_message() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_message
