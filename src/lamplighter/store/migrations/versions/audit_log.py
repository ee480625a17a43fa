"""The audit log, and the one row that says where its chain ends."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOTHING = "0" * 64


def upgrade() -> None:
    """Add the tables, and the head of a chain that has no row yet, with a name for this installation."""
    words = [sa.Column(name, sa.Text, nullable=False) for name in ("actor", "what", "subject", "detail")]
    hashes = [sa.Column(name, sa.Text, nullable=False) for name in ("previous", "hash")]
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *words,
        *hashes,
        sa.Column("key", sa.Text, unique=True),
    )
    for name in ("at", "actor", "what", "subject"):
        op.create_index(f"ix_audit_{name}", "audit", [name])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("installation", sa.Text, nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "seq": 0, "hash": NOTHING, "installation": uuid.uuid4().hex}])
