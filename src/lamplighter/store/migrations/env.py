"""Runs the steps on the connection and in the transaction that `schema.bring_up_to_date` opened; makes none itself."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
