"""API tokens over REST: what lets programs in, and with which scopes. The text of a token is shown once."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from lamplighter.domain.access import Scope
from lamplighter.domain.account import ApiToken, BadAccount, token_name
from lamplighter.settings.values import Duration
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import Context, context
from lamplighter.web.identity import API_TOKEN_PREFIX, SECRET_BYTES, digest
from lamplighter.web.people import FIX, Body
from lamplighter.web.problems import Problem, not_found
from lamplighter.web.session import signature

router = APIRouter(prefix="/api/v1", tags=["people"])
TokenId = Annotated[str, Path(pattern=r"^TOK-[0-9]{1,18}$")]


class NewToken(Body):
    """A token for a program."""

    name: Annotated[str, Field(max_length=200, description="what it is for")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    expires_in: Annotated[Duration | None, Field(description='such as "90d"; without it, until it is revoked')] = None


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
    return await revoked(context(request), token_id, signature(request, APPROVER))


async def revoked(here: Context, token_id: str, by: str) -> Token:
    """Let a token in no more. Raises `Problem` 404."""
    try:
        revoke, now = here.app.store.api_tokens.revoke, here.app.clock.now()
        return _token(await asyncio.to_thread(lambda: revoke(token_id, now, by=by)))
    except LookupError as problem:
        raise not_found("token", token_id, "/api/v1/tokens") from problem


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
