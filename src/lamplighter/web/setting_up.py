"""The first run: the link that the log shows, the page behind it, and the first admin's name and password."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from lamplighter.domain.access import Person, Role, Via
from lamplighter.domain.account import Account, BadAccount, NameTaken, account_name, fit_password
from lamplighter.web.access import access
from lamplighter.web.auth import APPROVER, from_other_site
from lamplighter.web.context import context
from lamplighter.web.identity import digest
from lamplighter.web.problems import Problem
from lamplighter.web.rendering import form_of, page
from lamplighter.web.session import SETUP_PATH, signature
from lamplighter.web.signing_in import BODY_BYTES_MAX, address_of, begin, shown_page

router = APIRouter(tags=["people"])
SECRET_CHARS_MAX = 200
STAMP_BYTES = 8
WELCOME_PATH = "/welcome"


@dataclass(frozen=True, slots=True)
class SetupLink:
    """Where the next admin is made; used once, and valid until then."""

    url: str


@router.get(SETUP_PATH, response_class=HTMLResponse, include_in_schema=False)
async def setup_page(
    request: Request, secret: Annotated[str, Query(alias="t", max_length=SECRET_CHARS_MAX)] = ""
) -> HTMLResponse:
    """Where the first admin is made."""
    if not await _holds(request, secret):
        return await shown_page(request, "", _over())
    return _page(request, secret)


@router.post(SETUP_PATH, include_in_schema=False)
async def set_up(request: Request) -> Response:
    """Make the admin, end the link, and sign in."""
    form = await taken_form(request, "a set-up", "the set-up link")
    secret, typed = form.get("t", ""), form.get("username", "")
    # Nothing is hashed for who has no link.
    if not await _holds(request, secret):
        return await shown_page(request, "", _over())
    try:
        name = account_name(typed)
        password = fit_password(form.get("password", ""), name)
    except BadAccount as problem:
        return _page(request, secret, typed, str(problem))
    first = not await access(request).anybody()
    now = context(request).app.clock.now()
    kept = await access(request).passwords.hash(password)
    account = Account(name, Role.ADMIN, kept, secrets.token_hex(STAMP_BYTES), now, now)
    try:
        await asyncio.to_thread(context(request).app.store.setup_links.use, digest(secret), account)
    except NameTaken as problem:
        fix = f"{problem}; take another name, or give it another password: lamplighter user passwd {name}"
        return _page(request, secret, typed, fix)
    except LookupError:
        return await shown_page(request, "", _over())
    return await begin(request, Person(name, Role.ADMIN, Via.PASSWORD), account.stamp, _next(request, first=first))


async def taken_form(request: Request, what: str, link: str) -> dict[str, str]:
    """What was typed into the page behind a link that works once; it counts as an attempt. Raises `Problem`."""
    if from_other_site(request.headers):
        raise Problem(403, "cross-site", "this request came from another site", f"open {link} itself")
    if len(await request.body()) > BODY_BYTES_MAX:
        raise Problem(413, "too-large", f"{what} has at most {BODY_BYTES_MAX} bytes", "use the form as it is")
    form = await form_of(request)
    access(request).attempts.take(address_of(request))
    return form


@router.post("/api/v1/setup-link", status_code=201)
async def another(request: Request) -> SetupLink:
    """Another set-up link; those before it end."""
    return SetupLink(await access(request).setup_url(only=True, by=signature(request, APPROVER)))


def _next(request: Request, *, first: bool) -> str:
    """Who comes first is shown the first steps; the others find them below the settings."""
    return WELCOME_PATH if first and context(request).console is not None else "/"


async def _holds(request: Request, secret: str) -> bool:
    if not secret:
        return False
    return await asyncio.to_thread(context(request).app.store.setup_links.holds, digest(secret))


def _page(request: Request, secret: str, name: str = "", problem: str = "") -> HTMLResponse:
    status = 422 if problem else 200
    return page(request, "setup.html", status=status, secret=secret, name=name, problem=problem)


def _over() -> Problem:
    return Problem(
        410, "link-used", "this set-up link was used already, or is not one", "lamplighter setup-url prints another"
    )
