"""The gate: nobody passes who is not known, nothing is done without the right, and nothing for another site."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from lamplighter.domain.access import Denied, may
from lamplighter.ports import StoreUnavailable
from lamplighter.web.identity import Identities, Identity
from lamplighter.web.problems import Problem, answer, store_away
from lamplighter.web.rendering import problem_page
from lamplighter.web.rights import RECEIVER, SOCKET, Door, Need, Rights
from lamplighter.web.session import PERSON, SECRET, SIGN_IN_PATH

RECEIVERS = RECEIVER.partition("{")[0]
# What a receiver that proves its sender by itself reads before it knows who sends.
UNPROVEN_BYTES_MAX = 1024 * 1024
DIGITS_MAX = 10
NEXT_CHARACTERS_MAX = 500
VOUCHED = "lamplighter.vouched"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
APPROVER = "admin"
POLICY_VIOLATION = 1008
# The switch must never need the store: it may be pressed by whoever was known lately, and let go only by who is now.
WITHOUT_STORE = ("POST", "/api/v1/pause")
# A store that hangs must not hold up the switch.
KNOWING_SECONDS_MAX = 5.0


class Gate:
    """Finds out who asks, and lets through what that person may do. A token in the URL counts for nothing.

    `proving` names the alert sources whose own gate stands in for a person; the scope says under `VOUCHED` whether
    somebody was known all the same.
    """

    def __init__(self, app: ASGIApp, identities: Identities, rights: Rights, proving: Collection[str] = ()) -> None:
        self._app = app
        self._identities = identities
        self._rights = rights
        self._proving = frozenset(f"{RECEIVERS}{source}" for source in proving)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request, or one socket before it is opened."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        method = SOCKET if scope["type"] == "websocket" else scope["method"]
        headers = Headers(scope=scope)
        refusal = await self._refusal(scope, method, headers)
        scope[VOUCHED] = refusal is None
        if refusal is not None and method == "POST" and scope["path"] in self._proving:
            refusal = _too_long(headers)
        if refusal is None:
            await self._app(scope, receive, send)
        elif method == SOCKET:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": refusal.code})
        else:
            await refused(scope, headers, refusal)(scope, receive, send)

    async def _refusal(self, scope: Scope, method: str, headers: Headers) -> Problem | None:
        needs = self._needs(scope["path"])
        need = needs.get(method)
        if need is Door.OPEN:
            return None
        try:
            identity = self._identities.owner(headers) or await self._known(scope, headers)
        except StoreUnavailable as problem:
            return store_away(problem)
        if identity is None:
            return _unknown()
        if (method == SOCKET or method not in SAFE_METHODS) and _from_elsewhere(headers, identity):
            return Problem(
                403, "cross-site", "this request came from another site", "use Lamplighter's own pages or the API"
            )
        scope[PERSON], scope[SECRET] = identity.person, identity.secret
        return _not_allowed(identity, need, needs)

    async def _known(self, scope: Scope, headers: Headers) -> Identity | None:
        if (scope.get("method"), scope["path"]) != WITHOUT_STORE:
            return await self._identities.known(scope, headers)
        try:
            async with asyncio.timeout(KNOWING_SECONDS_MAX):
                return await self._identities.known(scope, headers)
        except (StoreUnavailable, TimeoutError) as problem:
            identity = self._identities.known_lately(scope, headers)
            if identity is None:
                raise StoreUnavailable(str(problem) or "the store does not answer in time") from problem
            return identity

    def _needs(self, path: str) -> Mapping[str, Need]:
        """What each method needs. The router leads on from a slash too many, for who is known."""
        needs = self._rights.needs(path)
        if needs or not path.endswith("/"):
            return needs
        found = self._rights.needs(path.removesuffix("/"))
        return {method: Door.SIGNED_IN if need is Door.OPEN else need for method, need in found.items()}


def _not_allowed(identity: Identity, need: Need | None, needs: Mapping[str, Need]) -> Problem | None:
    """Refuses what the person may not do, and every route that the table of rights does not know."""
    if need is None and needs:
        allow = ", ".join(sorted(method for method in needs if method != SOCKET))
        fix = "see /api/v1/openapi.json for what there is"
        return Problem(405, "http", "Method Not Allowed", fix, {"Allow": allow})
    if need is None:
        return Problem(404, "http", "Not Found", "see /api/v1/openapi.json for what there is")
    if isinstance(need, Door):
        return None
    verdict = may(identity.person, need)
    if isinstance(verdict, Denied):
        return Problem(403, "forbidden", verdict.reason, "ask an admin for the role, or for a token with the scope")
    return None


def _unknown() -> Problem:
    return Problem(
        401,
        "unauthorized",
        "the token is missing or wrong",
        "sign in at /login, or send the text of the file token in the data folder as bearer token or as basic-auth "
        "password",
        {"WWW-Authenticate": 'Basic realm="Lamplighter", charset="UTF-8"'},
    )


def refused(scope: Scope, headers: Headers, refusal: Problem) -> Response:
    """The answer. A browser that is not signed in is shown where to; one that is sees in words what it may not."""
    if "text/html" not in headers.get("accept", "").lower() or "authorization" in headers:
        return answer(scope["path"], refusal)
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        return RedirectResponse(_sign_in(scope), status_code=303, headers={"Cache-Control": "no-store"})
    if refusal.status == HTTPStatus.FORBIDDEN and "app" in scope:
        return problem_page(Request(scope), refusal, "/")
    return answer(scope["path"], refusal)


def _sign_in(scope: Scope) -> str:
    """Where to sign in, and to go on from there to what was asked for."""
    if scope["method"] != "GET" or scope["path"] == "/":
        return SIGN_IN_PATH
    query = scope["query_string"].decode("ascii", "replace")
    asked = f"{scope['path']}?{query}" if query else scope["path"]
    return f"{SIGN_IN_PATH}?next={quote(asked[:NEXT_CHARACTERS_MAX], safe='')}"


def _too_long(headers: Headers) -> Problem | None:
    """Refuses a body whose length is not said, or is more than a sender without the token needs."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and len(declared) <= DIGITS_MAX and int(declared) <= UNPROVEN_BYTES_MAX:
        return None
    detail = f"without the token a body must say its length, and hold at most {UNPROVEN_BYTES_MAX} bytes"
    return Problem(413, "too-large", detail, "send the token, or a smaller body", {"Connection": "close"})


def _from_elsewhere(headers: Headers, identity: Identity) -> bool:
    """Whether another site made this request. A session must prove the contrary; browsers always say where from."""
    if from_other_site(headers):
        return True
    said = "origin" in headers or headers.get("sec-fetch-site", "none") == "same-origin"
    return bool(identity.secret) and not said


def from_other_site(headers: Headers) -> bool:
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
