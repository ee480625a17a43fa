"""The engine for the durable response's own database: a file of its own with WAL and FULL, or the same PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

BUSY_MILLISECONDS = 30_000
POOL_SIZE = 10


def checkpoint_engine(store_url: str, folder: Path) -> tuple[str, sa.Engine]:
    """The URL and engine to keep checkpoints in: `durable.db` in `folder`, or the store's PostgreSQL."""
    if store_url.startswith("postgresql"):
        url = "postgresql+psycopg://" + store_url.partition("://")[2]
        return url, sa.create_engine(url, pool_size=POOL_SIZE, pool_pre_ping=True)
    url = f"sqlite:///{folder / 'durable.db'}"
    engine = sa.create_engine(url)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own connection type
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MILLISECONDS}"):
            connection.execute(f"PRAGMA {pragma}")

    return url, engine
