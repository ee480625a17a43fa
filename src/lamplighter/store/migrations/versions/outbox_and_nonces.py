"""The outbox of messages, the digests of one-time nonces, and small marks such as how far a chat was read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add three tables; nothing that is there changes."""
    op.create_table(
        "outbox",
        sa.Column("seq", SERIAL, primary_key=True),
        sa.Column("key", sa.Text, nullable=False, unique=True),
        *_words("channel", "thread", "moment"),
        sa.Column("run", sa.Integer, nullable=False),
        *_words("content", "said", "lead", "state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _time("due_at"),
        _time("created_at"),
        _time("ended_at", nullable=True),
        *_words("reference", "problem"),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_due", "outbox", ["channel", "state", "due_at"])
    op.create_index("ix_outbox_thread", "outbox", ["thread"])
    op.create_index("ix_outbox_ended_at", "outbox", ["ended_at"])
    op.create_table(
        "nonces",
        sa.Column("digest", sa.Text, primary_key=True),
        *_words("channel", "incident_id"),
        sa.Column("run", sa.Integer, nullable=False),
        *_words("press", "approval_id", "plan_hash", "holder"),
        _time("expires_at"),
        _time("used_at", nullable=True),
        *_words("used_by"),
    )
    op.create_index("ix_nonces_expires_at", "nonces", ["expires_at"])
    op.create_table("marks", sa.Column("name", sa.Text, primary_key=True), *_words("value"))


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
