"""Who may come in: the token, as bearer or as basic-auth password, and no request that another site made."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lamplighter.web.problems import Problem, answer

OPEN_PATHS = frozenset({"/-/healthy", "/-/ready", "/healthz", "/readyz", "/health", "/metrics"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CREDENTIAL_CHARACTERS_MAX = 4096
APPROVER = "admin"


class TokenGate:
    """Lets nothing but the open paths through without the token. A token in the URL counts for nothing."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await answer(scope["path"], refusal)(scope, receive, send)

    def _refusal(self, method: str, headers: Headers) -> Problem | None:
        given = _credential(headers.get("authorization", ""))
        if not hmac.compare_digest(given, self._token):
            return Problem(
                401,
                "unauthorized",
                "the token is missing or wrong",
                "send the text of the file token in the data folder as bearer token or as basic-auth password",
                {"WWW-Authenticate": 'Basic realm="Lamplighter", charset="UTF-8"'},
            )
        if method not in SAFE_METHODS and _from_elsewhere(headers):
            return Problem(
                403, "cross-site", "this request came from another site", "use Lamplighter's own pages or the API"
            )
        return None


def _credential(header: str) -> bytes:
    scheme, _, value = header.strip().partition(" ")
    if len(value) > CREDENTIAL_CHARACTERS_MAX:
        return b""
    if scheme.lower() == "bearer":
        return value.strip().encode("utf-8", "replace")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return b""


def _from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that another site made this request."""
    if headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != headers.get("host", "")
    except ValueError:
        return True
