"""Accounts and API tokens over REST: who may come in, with which role or scopes. Tokens are shown once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.domain.access import Scope, Via, role_of
from lamplighter.domain.account import (
    NAME_CHARS_MAX,
    PASSWORD_CHARS_MAX,
    Account,
    ApiToken,
    BadAccount,
    NameTaken,
    account_name,
    fit_password,
    token_name,
)
from lamplighter.settings.values import Duration
from lamplighter.web.access import access
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import context
from lamplighter.web.identity import API_TOKEN_PREFIX, SECRET_BYTES, digest
from lamplighter.web.problems import Problem, not_found
from lamplighter.web.session import person_of, signature
from lamplighter.web.setting_up import STAMP_BYTES
from lamplighter.web.signing_in import address_of

router = APIRouter(prefix="/api/v1", tags=["people"])
Name = Annotated[str, Path(max_length=2 * NAME_CHARS_MAX)]
TokenId = Annotated[str, Path(pattern=r"^TOK-[0-9]{1,18}$")]
Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_CHARS_MAX)]
FIX = "correct it, and send it again"


class Body(BaseModel):
    """What is sent: nothing but the keys that are known."""

    model_config = ConfigDict(extra="forbid")


class NewUser(Body):
    """Somebody who may come in."""

    name: Annotated[str, Field(max_length=2 * NAME_CHARS_MAX)]
    password: Password
    role: Annotated[str, Field(max_length=20, description="viewer, operator, approver or admin")] = "viewer"


class NewPassword(Body):
    """Another password. It ends every session and JWT of that person."""

    password: Password


class OwnPassword(NewPassword):
    """Another password for myself; the present one proves that it is me."""

    present: Password


class NewRole(Body):
    """Another role; it counts from the next request on."""

    role: Annotated[str, Field(max_length=20, description="viewer, operator, approver or admin")]


class NewToken(Body):
    """A token for a program."""

    name: Annotated[str, Field(max_length=200, description="what it is for")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in: Annotated[Duration | None, Field(description='such as "90d"; without it, until it is revoked')] = None


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may come in."""

    name: str
    role: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class UserList:
    """Everybody with a password here, by name."""

    users: list[User]


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Whose sessions ended, and how many there were."""

    name: str
    sessions_ended: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept. `token` is its text, and there only in the answer that made it."""

    id: str
    name: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None
    token: str = ""


@dataclass(frozen=True, slots=True)
class TokenList:
    """Tokens, newest first."""

    tokens: list[Token]


@router.get("/users")
async def users(request: Request) -> UserList:
    """Everybody with a password here."""
    found = await asyncio.to_thread(context(request).app.store.accounts.listed)
    return UserList([_user(one) for one in found])


@router.post("/users", status_code=201)
async def add_user(request: Request, body: NewUser) -> User:
    """Let somebody in."""
    app = context(request).app
    try:
        name, role = account_name(body.name), role_of(body.role)
        password = fit_password(body.password, name)
        kept = await access(request).passwords.hash(password)
        account = Account(name, role, kept, secrets.token_hex(STAMP_BYTES), app.clock.now(), app.clock.now())
        await asyncio.to_thread(app.store.accounts.add, account)
    except NameTaken as problem:
        raise Problem(409, "name-taken", str(problem), "give it another password, or take another name") from problem
    except BadAccount as problem:
        raise Problem(422, "bad-account", str(problem), FIX) from problem
    except ValueError as problem:
        raise Problem(422, "bad-role", str(problem), FIX) from problem
    return _user(account)


@router.post("/users/{name}/password")
async def set_password(request: Request, name: Name, body: NewPassword) -> User:
    """Give somebody another password."""
    return await _password_set(request, name, body.password)


@router.post("/users/{name}/role")
async def set_role(request: Request, name: Name, body: NewRole) -> User:
    """Give somebody another role."""
    app = context(request).app
    try:
        role = role_of(body.role)
    except ValueError as problem:
        raise Problem(422, "bad-role", str(problem), FIX) from problem
    await _changed(name, lambda: app.store.accounts.set_role(name, role, app.clock.now()))
    return await _present(request, name)


@router.delete("/users/{name}")
async def remove_user(request: Request, name: Name) -> User:
    """Let somebody in no more."""
    gone = await _present(request, name)
    await _changed(name, lambda: context(request).app.store.accounts.remove(name))
    return gone


@router.post("/users/{name}/sign-out")
async def sign_out_user(request: Request, name: Name) -> SignedOut:
    """End every session of that name in browsers, also of somebody for whom another system vouched."""
    return SignedOut(name, await asyncio.to_thread(context(request).app.store.sessions.end_all, name))


@router.post("/me/password")
async def own_password(request: Request, body: OwnPassword) -> User:
    """Give myself another password; I have to sign in again."""
    person = person_of(request)
    if person is None or person.via is not Via.PASSWORD:
        raise Problem(409, "no-password", "you have no password here", "change it where you sign in")
    access(request).attempts.take(address_of(request), person.name)
    account = await asyncio.to_thread(context(request).app.store.accounts.load, person.name)
    if account is None or not await access(request).passwords.fits(body.present, account.password_hash):
        raise Problem(403, "wrong-password", "that is not the present password", "try again, or ask an admin")
    return await _password_set(request, person.name, body.password)


@router.get("/tokens")
async def tokens(request: Request) -> TokenList:
    """Every token; never its text."""
    found = await asyncio.to_thread(context(request).app.store.api_tokens.listed)
    return TokenList([_token(one) for one in found])


@router.post("/tokens", status_code=201)
async def add_token(request: Request, body: NewToken) -> Token:
    """Make a token. Its text is in this answer alone."""
    app = context(request).app
    try:
        name = token_name(body.name)
    except BadAccount as problem:
        raise Problem(422, "bad-token", str(problem), FIX) from problem
    text = API_TOKEN_PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    now = app.clock.now()
    ends = now + timedelta(seconds=body.expires_in) if body.expires_in else None
    by = signature(request, APPROVER)
    asked = ApiToken("", name, digest(text), frozenset(body.scopes), by, now, ends)
    return _token(await asyncio.to_thread(app.store.api_tokens.add, asked), text)


@router.delete("/tokens/{token_id}")
async def revoke_token(request: Request, token_id: TokenId) -> Token:
    """Let a token in no more."""
    app = context(request).app
    try:
        return _token(await asyncio.to_thread(app.store.api_tokens.revoke, token_id, app.clock.now()))
    except LookupError as problem:
        raise not_found("token", token_id, "/api/v1/tokens") from problem


async def _password_set(request: Request, name: str, text: str) -> User:
    app = context(request).app
    try:
        password = fit_password(text, name)
    except BadAccount as problem:
        raise Problem(422, "bad-account", str(problem), FIX) from problem
    # Nothing is hashed for a name that nobody has.
    await _present(request, name)
    kept, stamp = await access(request).passwords.hash(password), secrets.token_hex(STAMP_BYTES)
    await _changed(name, lambda: app.store.accounts.set_password(name, kept, stamp, app.clock.now()))
    return await _present(request, name)


async def _changed(name: str, work: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(work)
    except LookupError as problem:
        raise not_found("user", name, "/api/v1/users") from problem


async def _present(request: Request, name: str) -> User:
    found = await asyncio.to_thread(context(request).app.store.accounts.load, name)
    if found is None:
        raise not_found("user", name, "/api/v1/users")
    return _user(found)


def _user(account: Account) -> User:
    return User(account.name, account.role.word, account.created_at, account.changed_at)


def _token(token: ApiToken, text: str = "") -> Token:
    return Token(
        token.id,
        token.name,
        sorted(str(scope) for scope in token.scopes),
        token.created_by,
        token.created_at,
        token.expires_at,
        token.revoked_at,
        token.used_at,
        text,
    )
