"""The samples of Lamplighter's own checks in SQL: the newest few thousand of each check, and no more."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

from lamplighter.domain.check import Sample, SampleState
from lamplighter.store.engine import Database
from lamplighter.store.tables import samples

SAMPLES_MAX = 2000
PRUNE_EVERY = 100


class SqlSamples:
    """The samples in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._since_prune: Counter[str] = Counter()
        self._counting = threading.Lock()

    def keep(self, samples_kept: Sequence[Sample]) -> None:
        """Write them; every PRUNE_EVERY samples of a check its oldest past SAMPLES_MAX are dropped."""
        if not samples_kept:
            return
        rows = [
            {
                "check_name": sample.check,
                "at": sample.at,
                "state": str(sample.state),
                "detail": sample.detail,
                "value": sample.value if sample.value is not None and math.isfinite(sample.value) else None,
            }
            for sample in samples_kept
        ]
        with self._database.writing() as connection:
            connection.execute(samples.insert(), rows)
            for check in self._due(samples_kept):
                _prune(connection, check)

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:
        """The samples of one check from `start` to `end`, both included, oldest first."""
        query = (
            select(samples)
            .where(samples.c.check_name == check, samples.c.at >= start, samples.c.at <= end)
            .order_by(samples.c.at.desc(), samples.c.id.desc())
            .limit(SAMPLES_MAX)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [Sample(row.check_name, row.at, SampleState(row.state), row.detail, row.value) for row in reversed(rows)]

    def _due(self, kept: Sequence[Sample]) -> list[str]:
        with self._counting:
            self._since_prune.update(sample.check for sample in kept)
            due = [check for check, count in self._since_prune.items() if count >= PRUNE_EVERY]
            for check in due:
                del self._since_prune[check]
        return due


def _prune(connection: Connection, check: str) -> None:
    newest_dropped = (
        select(samples.c.at)
        .where(samples.c.check_name == check)
        .order_by(samples.c.at.desc())
        .offset(SAMPLES_MAX)
        .limit(1)
    )
    bound = connection.execute(newest_dropped).scalar_one_or_none()
    if bound is not None:
        connection.execute(delete(samples).where(samples.c.check_name == check, samples.c.at <= bound))
