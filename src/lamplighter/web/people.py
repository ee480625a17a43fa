"""Accounts over REST: who may come in, with which role. What an admin does to them is here for every door."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.domain.access import Via, role_of
from lamplighter.domain.account import (
    NAME_CHARS_MAX,
    PASSWORD_CHARS_MAX,
    Account,
    BadAccount,
    LastAdmin,
    NameTaken,
    account_name,
    fit_password,
)
from lamplighter.web.access import access
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import Context, context
from lamplighter.web.problems import Problem, not_found
from lamplighter.web.session import person_of, signature
from lamplighter.web.setting_up import STAMP_BYTES
from lamplighter.web.signing_in import address_of

router = APIRouter(prefix="/api/v1", tags=["people"])
Name = Annotated[str, Path(max_length=2 * NAME_CHARS_MAX)]
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


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may come in, or may once a password is chosen."""

    name: str
    role: str
    created_at: datetime
    changed_at: datetime
    invited: bool = False


@dataclass(frozen=True, slots=True)
class UserList:
    """Everybody with a password here, and who is invited, by name."""

    users: list[User]


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Whose sessions ended, and how many there were."""

    name: str
    sessions_ended: int


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
        by = signature(request, APPROVER)
        await asyncio.to_thread(lambda: app.store.accounts.add(account, by=by))
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
    return _user(await _password_set(request, name, body.password))


@router.post("/users/{name}/role")
async def set_role(request: Request, name: Name, body: NewRole) -> User:
    """Give somebody another role."""
    return await role_given(context(request), name, body.role, signature(request, APPROVER))


@router.delete("/users/{name}")
async def remove_user(request: Request, name: Name) -> User:
    """Let somebody in no more."""
    return await removed(context(request), name, signature(request, APPROVER))


@router.post("/users/{name}/sign-out")
async def sign_out_user(request: Request, name: Name) -> SignedOut:
    """End every session of that name in browsers, also of somebody for whom another system vouched."""
    return await signed_out(context(request), name, signature(request, APPROVER))


@router.post("/me/password")
async def own_password(request: Request, body: OwnPassword) -> User:
    """Give myself another password; I have to sign in again."""
    return _user(await changed_own(request, body))


async def role_given(here: Context, name: str, word: str, by: str) -> User:
    """Give somebody another role. Raises `Problem` 404, 409, 422."""
    try:
        role = role_of(word)
    except ValueError as problem:
        raise Problem(422, "bad-role", str(problem), FIX) from problem
    await _changed(name, lambda: here.app.store.accounts.set_role(name, role, here.app.clock.now(), by=by))
    return _user(await _present(here, name))


async def removed(here: Context, name: str, by: str) -> User:
    """Let somebody in no more. Raises `Problem` 404, 409."""
    gone = await _present(here, name)
    await _changed(name, lambda: here.app.store.accounts.remove(name, here.app.clock.now(), by=by))
    return _user(gone)


async def signed_out(here: Context, name: str, by: str) -> SignedOut:
    """End every session of that name in browsers."""
    end, now = here.app.store.sessions.end_all, here.app.clock.now()
    return SignedOut(name, await asyncio.to_thread(lambda: end(name, now, by=by)))


async def changed_own(request: Request, body: OwnPassword) -> Account:
    """Give the person who asks another password, which ends all sessions. Raises `Problem` 403, 409, 422, 429."""
    person = person_of(request)
    if person is None or person.via is not Via.PASSWORD:
        raise Problem(409, "no-password", "you have no password here", "change it where you sign in")
    access(request).attempts.take(address_of(request), person.name)
    account = await asyncio.to_thread(context(request).app.store.accounts.load, person.name)
    if account is None or not await access(request).passwords.fits(body.present, account.password_hash):
        raise Problem(403, "wrong-password", "that is not the present password", "try again, or ask an admin")
    access(request).attempts.succeeded(person.name)
    return await _password_set(request, person.name, body.password)


async def _password_set(request: Request, name: str, text: str) -> Account:
    here = context(request)
    try:
        password = fit_password(text, name)
    except BadAccount as problem:
        raise Problem(422, "bad-account", str(problem), FIX) from problem
    # Nothing is hashed for a name that nobody has.
    await _present(here, name)
    kept, stamp = await access(request).passwords.hash(password), secrets.token_hex(STAMP_BYTES)
    change, now, by = here.app.store.accounts.set_password, here.app.clock.now(), signature(request, APPROVER)
    await _changed(name, lambda: change(name, kept, stamp, now, by=by))
    return await _present(here, name)


async def _changed(name: str, work: Callable[[], None]) -> None:
    try:
        await asyncio.to_thread(work)
    except LastAdmin as problem:
        raise Problem(409, "last-admin", str(problem), "then repeat this") from problem
    except LookupError as problem:
        raise not_found("user", name, "/api/v1/users") from problem


async def _present(here: Context, name: str) -> Account:
    found = await asyncio.to_thread(here.app.store.accounts.load, name)
    if found is None:
        raise not_found("user", name, "/api/v1/users")
    return found


def _user(account: Account) -> User:
    return User(account.name, account.role.word, account.created_at, account.changed_at, account.invited)
