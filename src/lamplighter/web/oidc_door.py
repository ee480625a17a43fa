"""Signing in with another system: the way there, the way back, and the role that its groups bring."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from lamplighter.domain.access import Person, Via, mapped_role
from lamplighter.domain.account import BadAccount, account_name
from lamplighter.domain.redaction import redact
from lamplighter.web.access import access
from lamplighter.web.bearer import sealed, unsealed
from lamplighter.web.context import context
from lamplighter.web.cookies import is_https
from lamplighter.web.oidc import OidcClient, OidcProblem, Round
from lamplighter.web.problems import Problem
from lamplighter.web.signing_in import NEXT_CHARS_MAX, address_of, begin, own_path, shown_page

router = APIRouter(include_in_schema=False)
BACK_PATH = "/login/oidc/callback"
COOKIE = "lamplighter_oidc"
AUDIENCE = "lamplighter-oidc"
ROUND_SECONDS = 600
WORD_CHARS_MAX = 4096
TRY_AGAIN = "sign in once more; if it stays so, an admin finds the reason in the server's log"
log = structlog.get_logger()


@router.get("/login/oidc")
async def there(
    request: Request, following: Annotated[str, Query(alias="next", max_length=NEXT_CHARS_MAX)] = ""
) -> Response:
    """Send the browser to the other system."""
    one = Round.fresh()
    try:
        response = RedirectResponse(await _client(request).address(one, _back(request)), status_code=303)
    except OidcProblem as problem:
        return await _failed(request, problem)
    app = context(request).app
    kept = {**asdict(one), "next": own_path(following)}
    sealed_round = sealed(kept, app.signing_key, AUDIENCE, app.clock.now(), ROUND_SECONDS)
    response.set_cookie(
        COOKIE,
        sealed_round,
        max_age=ROUND_SECONDS,
        path="/login/oidc",
        httponly=True,
        samesite="lax",
        secure=is_https(request),
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@router.get(BACK_PATH)
async def back(
    request: Request,
    code: Annotated[str, Query(max_length=WORD_CHARS_MAX)] = "",
    state: Annotated[str, Query(max_length=WORD_CHARS_MAX)] = "",
    error: Annotated[str, Query(max_length=WORD_CHARS_MAX)] = "",
) -> Response:
    """The browser comes back with a code: only the browser that we sent, and only once."""
    access(request).attempts.take(address_of(request))
    try:
        kept = _round(request, state)
        person = await _person(request, Round(kept["state"], kept["nonce"], kept["verifier"]), code, error)
    except OidcProblem as problem:
        return await _failed(request, problem)
    stamp = access(request).identities.stamp_of(Via.OIDC)
    response = await begin(request, person, stamp, str(kept["next"]))
    response.delete_cookie(COOKIE, path="/login/oidc")
    return response


async def _person(request: Request, one: Round, code: str, error: str) -> Person:
    if error or not code:
        raise OidcProblem(f"the other system refused: {redact(error)[:200] or 'it sent no code'}")
    vouched = await _client(request).vouched(one, code, _back(request))
    asked = context(request).app.settings.configuration.auth.oidc
    try:
        name = account_name(vouched.name)
    except BadAccount as problem:
        raise OidcProblem(f"the other system's name cannot be taken: {problem}") from problem
    role = None if asked is None else mapped_role(vouched.groups, dict(asked.role_of_group), asked.otherwise)
    if role is None:
        raise OidcProblem(f"{name} is in no group that has a role here; an admin sets auth.oidc.roles")
    return Person(name, role, Via.OIDC)


def _round(request: Request, state: str) -> dict[str, Any]:
    """What we sealed into the browser's cookie on its way there. Raises `OidcProblem`."""
    app = context(request).app
    kept = unsealed(request.cookies.get(COOKIE, ""), app.signing_key, AUDIENCE, app.clock.now())
    if kept is None:
        raise OidcProblem("this browser did not begin to sign in here, or took longer than ten minutes")
    if not state or state != kept.get("state"):
        raise OidcProblem("this answer belongs to another sign-in")
    return kept


def _client(request: Request) -> OidcClient:
    client = access(request).oidc
    if client is None:
        raise Problem(404, "not-found", "no other system is configured", "an admin sets auth.oidc")
    return client


def _back(request: Request) -> str:
    """Where the other system sends browsers back to; it must be registered there."""
    site = context(request).app.settings.configuration.site.url
    return f"{site or str(request.base_url).rstrip('/')}{BACK_PATH}"


async def _failed(request: Request, problem: OidcProblem) -> Response:
    words = redact(str(problem))
    log.warning("signing in with another system failed", problem=words)
    context(request).app.scribe.refused("", address_of(request))
    response = await shown_page(request, "", Problem(403, "oidc-failed", words, TRY_AGAIN))
    response.delete_cookie(COOKIE, path="/login/oidc")
    return response
