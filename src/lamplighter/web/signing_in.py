"""Signing in and out: the page, its form, and the JWT that programs get at the same address."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lamplighter.domain.access import Allowed, Person, Right, Via, may
from lamplighter.domain.account import NAME_CHARS_MAX, PASSWORD_CHARS_MAX, Account, BadAccount, account_name
from lamplighter.domain.audit import What, act
from lamplighter.web.access import access
from lamplighter.web.auth import from_other_site
from lamplighter.web.bearer import LIFE_SECONDS
from lamplighter.web.context import context
from lamplighter.web.cookies import drop, keep
from lamplighter.web.identity import is_from
from lamplighter.web.problems import Problem
from lamplighter.web.rendering import form_of, page, templates, wants_page
from lamplighter.web.session import SIGN_IN_PATH, person_of

router = APIRouter(tags=["people"])
BODY_BYTES_MAX = 16 * 1024
NEXT_CHARS_MAX = 600
NO_STORE = {"Cache-Control": "no-store"}
CONTROL_CHARS = 32


class Credentials(BaseModel):
    """A name and a password."""

    model_config = ConfigDict(extra="forbid", strict=True)

    username: Annotated[str, Field(min_length=1, max_length=2 * NAME_CHARS_MAX)]
    password: Annotated[str, Field(min_length=1, max_length=PASSWORD_CHARS_MAX)]


@dataclass(frozen=True, slots=True)
class Bearer:
    """What a program sends as `Authorization: Bearer …` for the next hour."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the kind of token
    expires_in: int = LIFE_SECONDS


@dataclass(frozen=True, slots=True)
class Known:
    """Who I am, and what I may do."""

    name: str
    role: str
    via: str
    rights: list[str]


@router.get(SIGN_IN_PATH, response_class=HTMLResponse, include_in_schema=False)
async def sign_in_page(
    request: Request, following: Annotated[str, Query(alias="next", max_length=NEXT_CHARS_MAX)] = ""
) -> HTMLResponse:
    """Where people sign in."""
    return await shown_page(request, following)


@router.post(SIGN_IN_PATH, response_model=Bearer, responses={303: {"description": "for the form of the page"}})
async def sign_in(request: Request) -> Response:
    """JSON `{"username", "password"}` gives a JWT of one hour; the form of the page begins a browser's session."""
    if from_other_site(request.headers):
        raise Problem(403, "cross-site", "this request came from another site", "use the page /login itself")
    if len(await request.body()) > BODY_BYTES_MAX:
        raise Problem(413, "too-large", f"a sign-in has at most {BODY_BYTES_MAX} bytes", "send a name and a password")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
        account = await _account(request, _read(await request.body()))
        now = context(request).app.clock.now()
        done = act(now, account.name, What.SIGNED_IN, account.name, via="JWT", address=address_of(request))
        await asyncio.to_thread(context(request).app.store.audit.write, done)
        token = access(request).bearers.issue(account, now)
        return JSONResponse(_plain(Bearer(token)), headers=NO_STORE)
    return await _by_form(request)


@router.get(f"{SIGN_IN_PATH}/page.css", include_in_schema=False)
async def style() -> Response:
    """The style sheet of the pages that are there before anybody has signed in."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Response(templates.get_template("page.css").render(), media_type="text/css", headers=headers)


@router.post("/logout", include_in_schema=False)
async def sign_out(request: Request) -> Response:
    """End this browser's session."""
    await access(request).identities.ended(request.headers)
    response = RedirectResponse(SIGN_IN_PATH, status_code=303, headers=NO_STORE)
    drop(response)
    return response


@router.get("/api/v1/me")
async def me(request: Request) -> Known:
    """Who I am, and what I may do."""
    person = person_of(request)
    if person is None:
        raise Problem(401, "unauthorized", "nobody is signed in", f"sign in at {SIGN_IN_PATH}")
    rights = [str(right) for right in Right if isinstance(may(person, right), Allowed)]
    return Known(person.name, person.role.word, str(person.via), rights)


async def begin(request: Request, person: Person, stamp: str, following: str) -> Response:
    """Begin a browser's session, and lead on. Raises `StoreUnavailable`."""
    seconds = context(request).app.settings.configuration.auth.session_lifetime
    # The one before ends: nobody goes on under a session that was there before the sign-in.
    await access(request).identities.ended(request.headers)
    secret = await access(request).identities.begun(person, stamp, seconds)
    response = RedirectResponse(own_path(following), status_code=303, headers=NO_STORE)
    keep(request, response, secret, seconds)
    return response


async def shown_page(request: Request, following: str, problem: Problem | None = None) -> HTMLResponse:
    """The page, with what went wrong; programs get the problem itself. Raises `Problem`."""
    if problem is not None and not wants_page(request):
        raise problem
    oidc = context(request).app.settings.configuration.auth.oidc
    shown = page(
        request,
        "login.html",
        status=problem.status if problem else 200,
        following=following,
        problem=problem,
        anybody=await access(request).anybody(),
        oidc=oidc.label if oidc else "",
    )
    shown.headers.update(problem.headers if problem else {})
    return shown


def own_path(text: str) -> str:
    """An address on this server; the first page for anything that could lead elsewhere."""
    plain = text.startswith("/") and not text.startswith("//") and "\\" not in text
    return text if plain and text.isascii() and all(ord(sign) > CONTROL_CHARS for sign in text) else "/"


def address_of(request: Request) -> str:
    """From where somebody tries."""
    peer = request.client.host if request.client else ""
    proxy = context(request).app.settings.configuration.auth.proxy
    if proxy is None or not is_from(request.scope, proxy):
        return peer
    # The proxy writes last; what stands before was the browser's to write.
    return ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip() or peer


async def _by_form(request: Request) -> Response:
    form = await form_of(request)
    following = form.get("next", "")
    try:
        given = Credentials(username=form.get("username", ""), password=form.get("password", ""))
        owner = access(request).identities.with_token(given.password)
        if owner is not None:
            return await begin(request, *owner, following)
        account = await _account(request, given)
    except ValidationError:
        return await shown_page(request, following, Problem(422, "invalid", "give a name and a password", "try again"))
    except Problem as problem:
        return await shown_page(request, following, problem)
    person = Person(account.name, account.role, Via.PASSWORD)
    return await begin(request, person, account.stamp, following)


async def _account(request: Request, given: Credentials) -> Account:
    """Whose name and password these are. Raises `Problem` 401 in the same words and after the same work for all."""
    here = access(request)
    scribe, address = context(request).app.scribe, address_of(request)
    try:
        here.attempts.take(address, given.username)
    except Problem:
        scribe.refused("", address)
        raise
    account = await asyncio.to_thread(_load, request, given.username)
    fits = await here.passwords.fits(given.password, account.password_hash if account else None)
    if account is None or not fits:
        scribe.refused(account.name if account else "", address)
        raise Problem(401, "wrong-login", "the name or the password is wrong", "try again, or ask an admin")
    here.attempts.succeeded(given.username)
    return account


def _load(request: Request, username: str) -> Account | None:
    try:
        name = account_name(username)
    except BadAccount:
        name = ""
    return context(request).app.store.accounts.load(name)


def _read(body: bytes) -> Credentials:
    try:
        return Credentials.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "body"
        fix = 'send {"username": "…", "password": "…"}'
        raise Problem(422, "invalid", f"{key}: {first['msg']}", fix) from None


def _plain(bearer: Bearer) -> dict[str, object]:
    return {
        "access_token": bearer.access_token,
        "token_type": bearer.token_type,
        "expires_in": bearer.expires_in,
    }
