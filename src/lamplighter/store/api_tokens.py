"""API tokens in SQL: what lets programs in, known by the digest of the token."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select, update

from lamplighter.domain.access import Scope
from lamplighter.domain.account import ApiToken
from lamplighter.domain.audit import What, act
from lamplighter.store.audit import append
from lamplighter.store.engine import Database
from lamplighter.store.tables import api_tokens
from lamplighter.store.writes import insert_numbered

LIMIT_MAX = 1000
PREFIX = "TOK-"
DIGITS_MAX = 18


class SqlApiTokens:
    """The API tokens in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: ApiToken) -> ApiToken:
        """Write one; its id is made here."""
        values = {
            "name": token.name,
            "digest": token.digest,
            "scopes": " ".join(sorted(token.scopes)),
            "created_by": token.created_by,
            "created_at": token.created_at,
            "expires_at": token.expires_at,
        }
        with self._database.writing() as connection:
            (number,) = insert_numbered(connection, api_tokens, [values])
            made = _token_of(connection.execute(select(api_tokens).where(api_tokens.c.number == number)).one())
            detail = {"name": made.name, "scopes": str(values["scopes"])}
            append(connection, act(made.created_at, made.created_by, What.TOKEN_MADE, made.id, **detail))
            return made

    def load(self, digest: str) -> ApiToken | None:
        """The token of this digest, whether it holds or not."""
        with self._database.reading() as connection:
            row = connection.execute(select(api_tokens).where(api_tokens.c.digest == digest)).one_or_none()
        return None if row is None else _token_of(row)

    def listed(self, limit: int = 500) -> Sequence[ApiToken]:
        """Tokens, newest first, at most LIMIT_MAX."""
        query = select(api_tokens).order_by(api_tokens.c.number.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        with self._database.reading() as connection:
            return [_token_of(row) for row in connection.execute(query)]

    def revoke(self, token_id: str, now: datetime, *, by: str = "") -> ApiToken:
        """Let it in no more. Raises `LookupError`."""
        mine = _is(token_id)
        with self._database.writing() as connection:
            holding = update(api_tokens).where(mine, api_tokens.c.revoked_at.is_(None))
            changed = connection.execute(holding.values(revoked_at=now)).rowcount == 1
            row = connection.execute(select(api_tokens).where(mine)).one_or_none()
            if row is None:
                raise LookupError(f"there is no API token {token_id[:40]}")
            revoked = _token_of(row)
            if changed:
                append(connection, act(now, by, What.TOKEN_REVOKED, revoked.id, name=revoked.name))
            return revoked

    def used(self, token_id: str, now: datetime) -> None:
        """Note when it was used last."""
        with self._database.writing() as connection:
            connection.execute(update(api_tokens).where(_is(token_id)).values(used_at=now))


def _is(token_id: str) -> ColumnElement[bool]:
    digits = token_id.removeprefix(PREFIX)
    known = token_id.startswith(PREFIX) and digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX
    return api_tokens.c.number == (int(digits) if known else -1)


def _token_of(row: Row[Any]) -> ApiToken:
    return ApiToken(
        f"{PREFIX}{row.number}",
        row.name,
        row.digest,
        frozenset(Scope(word) for word in row.scopes.split()),
        row.created_by,
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.used_at,
    )
