"""Accounts, sessions, API tokens and set-up links."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the tables."""
    op.create_table("accounts", _key("name"), *_words("role", "password_hash", "stamp"), *_times("created", "changed"))
    op.create_table("sessions", _key("digest"), *_words("name", "role", "via", "stamp"), *_times("created", "expires"))
    op.create_index("ix_sessions_name", "sessions", ["name"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "api_tokens",
        sa.Column("number", SERIAL, primary_key=True),
        *_words("name"),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        *_words("scopes", "created_by"),
        *_times("created"),
        *_times("expires", "revoked", "used", nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_table("setup_links", _key("digest"), *_times("made"))


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _times(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    return [sa.Column(f"{name}_at", sa.DateTime(timezone=True), nullable=nullable) for name in names]
