"""Who may come in: the token, as bearer or as basic-auth password, and no request that another site made."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lamplighter.web.problems import Problem, answer

OPEN_PATHS = frozenset({"/-/healthy", "/-/ready", "/healthz", "/readyz", "/health", "/metrics"})
# A heartbeat's URL is its own secret; that of a message's button is signed, one-time, and takes POST only.
OPEN_PREFIXES = ("/ping/", "/act/")
RECEIVERS = "/api/v1/alerts/"
# What a receiver that proves its sender by itself reads before it knows who sends.
UNPROVEN_BYTES_MAX = 1024 * 1024
DIGITS_MAX = 10
VOUCHED = "lamplighter.vouched"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CREDENTIAL_CHARACTERS_MAX = 4096
APPROVER = "admin"


class TokenGate:
    """Lets nothing but the open paths through without the token. A token in the URL counts for nothing.

    `proving` names the alert sources whose gate stands in for the token; the scope says under `VOUCHED` whether the
    token was there all the same.
    """

    def __init__(self, app: ASGIApp, token: str, proving: Collection[str] = ()) -> None:
        self._app = app
        self._token = token.encode()
        self._proving = frozenset(f"{RECEIVERS}{source}" for source in proving)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request."""
        if scope["type"] != "http" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_PREFIXES):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        scope[VOUCHED] = refusal is None
        if refusal is not None and scope["method"] == "POST" and scope["path"] in self._proving:
            refusal = _too_long(headers)
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


def _too_long(headers: Headers) -> Problem | None:
    """Refuses a body whose length is not said, or is more than a sender without the token needs."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and len(declared) <= DIGITS_MAX and int(declared) <= UNPROVEN_BYTES_MAX:
        return None
    detail = f"without the token a body must say its length, and hold at most {UNPROVEN_BYTES_MAX} bytes"
    return Problem(413, "too-large", detail, "send the token, or a smaller body", {"Connection": "close"})


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
