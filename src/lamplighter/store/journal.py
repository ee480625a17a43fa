"""The alert journal: durable before it answers, read in order. Placement is the incidents' work."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from lamplighter.domain.alert import Alert, Delivery, JournalEntry
from lamplighter.ports import StoreUnavailable
from lamplighter.store.engine import Database
from lamplighter.store.intake import AlertRow, Intake, Parcel
from lamplighter.store.tables import bodies, dead_letters, deliveries, journal
from lamplighter.store.values import clean, packed_alert, unpacked, utc
from lamplighter.store.writer import JournalWriter

APPEND_TIMEOUT_SECONDS = 5.0
LIMIT_MAX = 10_000
DIGEST_BYTES = 16
TRUNCATED_MAX = 2**31 - 1


class SqlJournal:
    """The journal in SQL. `append` runs on an event loop; the other methods block."""

    def __init__(
        self,
        database: Database,
        *,
        append_timeout_seconds: float = APPEND_TIMEOUT_SECONDS,
        intake: Intake | None = None,
    ) -> None:
        self._database = database
        self._timeout_seconds = append_timeout_seconds
        self._writer = JournalWriter(database, intake or Intake())

    async def append(self, delivery: Delivery, source: str, received_at: datetime) -> int:
        """Write one delivery whole; returns the last seq, 0 where it held no alert.

        Raises `StoreUnavailable` after `append_timeout_seconds` at the latest. The delivery may be written all the same
        later on, so a sender that repeats it is placed as a duplicate.
        """
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[int] = loop.create_future()
        alerts = tuple(_row(alert) for alert in delivery.alerts)
        # The sender's own number: whatever it claims, it must not make the delivery unwritable.
        truncated_count = max(0, min(delivery.truncated_count, TRUNCATED_MAX))
        size = sum(len(row.payload) for row in alerts) + sum(len(bad.payload) for bad in delivery.bad)
        self._writer.put(Parcel(source, utc(received_at), alerts, delivery.bad, truncated_count, size, loop, waiting))
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await waiting
        except TimeoutError:
            words = f"{self._database.name}: no commit within {self._timeout_seconds:g} s"
            raise StoreUnavailable(words) from None

    def unplaced(self, limit: int) -> Sequence[JournalEntry]:
        """The oldest entries without a placement; `extra` says what the sender left out of the same delivery."""
        query = (
            select(journal.c.seq, journal.c.received_at, bodies.c.payload, deliveries.c.truncated_count)
            .join(bodies, bodies.c.digest == journal.c.digest)
            .join(deliveries, deliveries.c.id == journal.c.delivery_id)
            .where(journal.c.placed_at.is_(None))
            .order_by(journal.c.seq)
            .limit(max(0, min(limit, LIMIT_MAX)))
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            JournalEntry(
                row.seq,
                row.received_at,
                unpacked(row.payload, Alert),
                {"truncated": str(row.truncated_count)} if row.truncated_count else {},
            )
            for row in rows
        ]

    def set_aside(self, seq: int, reason: str, now: datetime) -> None:
        """Move one entry to the dead letters. Raises `LookupError` where there is none that waits."""
        waiting = select(journal.c.delivery_id, journal.c.received_at, deliveries.c.source, bodies.c.payload).where(
            journal.c.seq == seq, journal.c.placed_at.is_(None)
        )
        waiting = waiting.join(bodies, bodies.c.digest == journal.c.digest)
        waiting = waiting.join(deliveries, deliveries.c.id == journal.c.delivery_id)
        with self._database.writing() as connection:
            row = connection.execute(waiting).one_or_none()
            if row is None:
                raise LookupError(f"no journal entry {seq} waits to be placed")
            letter = {
                "delivery_id": row.delivery_id,
                "received_at": row.received_at,
                "source": row.source,
                "reason": clean(reason),
                "payload": row.payload,
            }
            connection.execute(insert(dead_letters).values(letter))
            done = update(journal).where(journal.c.seq == seq)
            connection.execute(done.values(placed_at=now, placement="set_aside", reason=clean(reason)))

    def dead_letters(self, limit: int) -> Sequence[Mapping[str, str]]:
        """What could not be read, newest first."""
        query = select(dead_letters).order_by(dead_letters.c.id.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            {
                "received_at": row.received_at.isoformat(),
                "source": row.source,
                "reason": row.reason,
                "payload": row.payload,
            }
            for row in rows
        ]

    def close(self) -> None:
        """Write what waits and stop the writer."""
        self._writer.close()


def _row(alert: Alert) -> AlertRow:
    payload = packed_alert(alert)
    digest = hashlib.blake2b(payload.encode(), digest_size=DIGEST_BYTES).hexdigest()
    return AlertRow(clean(alert.source), clean(alert.fingerprint), clean(alert.trouble), digest, payload)
