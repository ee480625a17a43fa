"""Inviting somebody: a link that works once, and the page behind it, where whoever is invited chooses a password."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from lamplighter.domain.access import Person, Via, role_of
from lamplighter.domain.account import (
    INVITATION_LIFE,
    NAME_CHARS_MAX,
    Account,
    BadAccount,
    NameTaken,
    account_name,
    fit_password,
)
from lamplighter.web.access import access
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import context
from lamplighter.web.identity import SECRET_BYTES, digest
from lamplighter.web.people import FIX, Body
from lamplighter.web.problems import Problem
from lamplighter.web.reach import address
from lamplighter.web.rendering import page
from lamplighter.web.session import signature
from lamplighter.web.setting_up import SECRET_CHARS_MAX, STAMP_BYTES, taken_form
from lamplighter.web.signing_in import begin, shown_page

router = APIRouter(tags=["people"])
PATH = "/invitation"


class NewInvitation(Body):
    """Whom to let in, and as what."""

    name: Annotated[str, Field(max_length=2 * NAME_CHARS_MAX)]
    role: Annotated[str, Field(max_length=20, description="viewer, operator, approver or admin")] = "viewer"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link for one person; its text is in this answer alone."""

    name: str
    role: str
    url: str
    expires_at: datetime


@router.post("/api/v1/invitations", status_code=201)
async def invite(request: Request, body: NewInvitation) -> Invitation:
    """Invite somebody; for who is invited already this is another link, and the earlier one ends."""
    app = context(request).app
    try:
        name, role = account_name(body.name), role_of(body.role)
    except BadAccount as problem:
        raise Problem(422, "bad-account", str(problem), FIX) from problem
    except ValueError as problem:
        raise Problem(422, "bad-role", str(problem), FIX) from problem
    now, secret = app.clock.now(), secrets.token_urlsafe(SECRET_BYTES)
    try:
        invited, by = Account(name, role, "", digest(secret), now, now), signature(request, APPROVER)
        await asyncio.to_thread(lambda: app.store.accounts.invite(invited, by=by))
    except NameTaken as problem:
        raise Problem(409, "name-taken", str(problem), "give it another password, or take another name") from problem
    url = f"{address(app.settings.configuration)}{PATH}?t={secret}"
    return Invitation(name, role.word, url, now + INVITATION_LIFE)


@router.get(PATH, response_class=HTMLResponse, include_in_schema=False)
async def invitation_page(
    request: Request, secret: Annotated[str, Query(alias="t", max_length=SECRET_CHARS_MAX)] = ""
) -> HTMLResponse:
    """Where whoever is invited chooses a password."""
    found = await _invited(request, secret)
    if found is None:
        return await shown_page(request, "", _over())
    return _page(request, secret, found)


@router.post(PATH, include_in_schema=False)
async def accept(request: Request) -> Response:
    """Keep the password, end the link, and sign in."""
    form = await taken_form(request, "an answer", "the invitation")
    secret = form.get("t", "")
    # Nothing is hashed for who has no link.
    found = await _invited(request, secret)
    if found is None:
        return await shown_page(request, "", _over())
    try:
        password = fit_password(form.get("password", ""), found.name)
    except BadAccount as problem:
        return _page(request, secret, found, str(problem))
    kept, stamp = await access(request).passwords.hash(password), secrets.token_hex(STAMP_BYTES)
    app = context(request).app
    try:
        await asyncio.to_thread(app.store.accounts.accept, digest(secret), kept, stamp, app.clock.now())
    except LookupError:
        return await shown_page(request, "", _over())
    return await begin(request, Person(found.name, found.role, Via.PASSWORD), stamp, "/")


async def _invited(request: Request, secret: str) -> Account | None:
    """Whom this link invites, where it holds still."""
    if not secret:
        return None
    app = context(request).app
    found = await asyncio.to_thread(app.store.accounts.invited, digest(secret))
    return found if found is not None and app.clock.now() < found.invited_until else None


def _page(request: Request, secret: str, found: Account, problem: str = "") -> HTMLResponse:
    return page(
        request,
        "invitation.html",
        status=422 if problem else 200,
        secret=secret,
        name=found.name,
        role=found.role.word,
        problem=problem,
    )


def _over() -> Problem:
    return Problem(
        410, "link-used", "this invitation was used already, has run out, or is not one", "ask an admin for another"
    )
