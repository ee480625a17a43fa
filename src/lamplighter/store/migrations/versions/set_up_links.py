"""Which set-up links were made at a start: they end as soon as anybody has an account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark, and end the links of earlier starts where somebody has an account already."""
    op.add_column("setup_links", sa.Column("at_start", sa.Boolean, nullable=False, server_default=sa.true()))
    op.execute("DELETE FROM setup_links WHERE EXISTS (SELECT 1 FROM accounts)")
