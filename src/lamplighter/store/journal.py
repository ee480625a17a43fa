"""The alert journal: durable before it answers, read in order. Placement is the incidents' work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import structlog
from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from lamplighter.domain.alert import Alert, Delivery, JournalEntry
from lamplighter.domain.graph import Graph
from lamplighter.domain.sameness import component_of
from lamplighter.ports import Clock, Sought, StoreUnavailable
from lamplighter.store.bodies import digest
from lamplighter.store.driver import Many, utc_of
from lamplighter.store.engine import Database
from lamplighter.store.incident_rows import id_of, number_of
from lamplighter.store.intake import AlertRow, Intake, Parcel
from lamplighter.store.recent import RecentAlerts
from lamplighter.store.tables import bodies, dead_letters, deliveries, journal, members
from lamplighter.store.values import bounded_key, clean, packed_alert, unpacked_alert, utc
from lamplighter.store.writer import JournalWriter

APPEND_TIMEOUT_SECONDS = 5.0
LIMIT_MAX = 10_000
TRUNCATED_MAX = 2**31 - 1
WAITS = "waits"
_NO_GRAPH = Graph(())
log = structlog.get_logger()
_WAITING = Many(
    "SELECT journal.seq, journal.received_at, journal.digest, deliveries.truncated_count "
    "FROM journal LEFT JOIN deliveries ON deliveries.id = journal.delivery_id "
    "WHERE journal.placed_at IS NULL ORDER BY journal.seq LIMIT ?"
)


class SqlJournal:
    """The journal in SQL. `append` runs on an event loop; the other methods block."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        append_timeout_seconds: float = APPEND_TIMEOUT_SECONDS,
        intake: Intake | None = None,
        recent: RecentAlerts | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._recent = recent or RecentAlerts()
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
        """The oldest entries without a placement; `extra` says what the sender left out of the same delivery.

        Those whose body is gone or cannot be decoded are set aside, so that they hold up nobody.
        """
        with self._database.reading() as connection:
            rows = _WAITING.rows(connection, (max(0, min(limit, LIMIT_MAX)),))
            alerts = self._recent.read(connection, (row[2] for row in rows))
            lost = [(row[0], _why_lost(connection, row[2])) for row in rows if row[2] not in alerts]
        for seq, reason in lost:
            try:
                self.set_aside(seq, reason, self._clock.now())
            except LookupError as problem:
                log.info("an alert that cannot be read was dealt with meanwhile", seq=seq, problem=str(problem))
        return [
            JournalEntry(seq, utc_of(received_at), alerts[name], {"truncated": str(left_out)} if left_out else {})
            for seq, received_at, name, left_out in rows
            if name in alerts
        ]

    def outcome(self, seq: int) -> tuple[str, str, str] | None:
        """What became of one entry: placement, incident id (or empty), reason; None while it waits or is not there."""
        query = select(journal.c.placed_at, journal.c.placement, journal.c.incident_number, journal.c.reason)
        with self._database.reading() as connection:
            row = connection.execute(query.where(journal.c.seq == seq)).one_or_none()
        if row is None or row.placed_at is None:
            return None
        return row.placement or "", id_of(row.incident_number) if row.incident_number else "", row.reason or ""

    def alerts(
        self,
        *,
        limit: int = 50,
        before: int = 0,
        sought: Sought = Sought(),  # noqa: B008 - a frozen value
    ) -> Sequence[Mapping[str, str]]:
        """Entries, newest first, at most LIMIT_MAX; `before` is the seq that the last page ended with."""
        columns = [
            journal.c[name] for name in ("seq", "received_at", "source", "placement", "incident_number", "reason")
        ]
        mine = (members.c.incident_number == journal.c.incident_number) & (members.c.trouble == journal.c.trouble)
        query = (
            select(*columns, bodies.c.payload, members.c.component)
            .join(bodies, bodies.c.digest == journal.c.digest, isouter=True)
            .join(members, mine, isouter=True)
            .where(*_conditions(sought))
            .order_by(journal.c.seq.desc())
            .limit(max(0, min(limit, LIMIT_MAX)))
        )
        with self._database.reading() as connection:
            rows = connection.execute(query.where(journal.c.seq < before) if before > 0 else query).all()
        return [_shown(row) for row in rows]

    def set_aside(self, seq: int, reason: str, now: datetime) -> None:
        """Move one entry to the dead letters. Raises `LookupError` where there is none that waits."""
        # No foreign key keeps a body or a delivery there, and an entry without one must be set aside all the same.
        source = func.coalesce(deliveries.c.source, journal.c.source).label("source")
        payload = func.coalesce(bodies.c.payload, "").label("payload")
        waiting = (
            select(journal.c.delivery_id, journal.c.received_at, source, payload)
            .select_from(journal)
            .join(bodies, bodies.c.digest == journal.c.digest, isouter=True)
            .join(deliveries, deliveries.c.id == journal.c.delivery_id, isouter=True)
            .where(journal.c.seq == seq, journal.c.placed_at.is_(None))
        )
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

    def dead_letters(self, limit: int, *, before: int = 0) -> Sequence[Mapping[str, str]]:
        """What could not be read, newest first; `before` is the id that the last page ended with."""
        query = select(dead_letters).order_by(dead_letters.c.id.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        with self._database.reading() as connection:
            rows = connection.execute(query.where(dead_letters.c.id < before) if before > 0 else query).all()
        return [
            {
                "id": str(row.id),
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


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.source:
        conditions.append(journal.c.source == clean(sought.source))
    if sought.incident:
        conditions.append(journal.c.incident_number == number_of(sought.incident))
    if sought.placement == WAITS:
        conditions.append(journal.c.placed_at.is_(None))
    elif sought.placement:
        conditions.append(journal.c.placement == sought.placement)
    return conditions


def _row(alert: Alert) -> AlertRow:
    payload = packed_alert(alert)
    source, fingerprint = clean(alert.source), clean(alert.fingerprint)
    return AlertRow(source, fingerprint, bounded_key(f"{source}:{fingerprint}"), digest(payload), payload)


def _why_lost(connection: Connection, digest_wanted: str) -> str:
    """Why the body of an entry that waits was not to be had."""
    payload = connection.execute(select(bodies.c.payload).where(bodies.c.digest == digest_wanted)).scalar_one_or_none()
    if payload is None:
        return "its body is missing from the store"
    try:
        unpacked_alert(payload)
    except msgspec.DecodeError as problem:
        return f"its body cannot be decoded: {problem}"
    return "its body came only while it was looked for"


def _alert_of(payload: str | None) -> Alert | None:
    try:
        return None if payload is None else unpacked_alert(payload)
    except msgspec.DecodeError:
        return None


def _shown(row: Sequence[Any]) -> dict[str, str]:
    seq, received_at, source, placement, number, reason, payload, component = row
    alert = _alert_of(payload)
    return {
        "seq": str(seq),
        "received_at": received_at.isoformat(),
        "source": source,
        "alert": alert.name if alert else "",
        "status": str(alert.status) if alert else "",
        "component": component or (component_of(alert, _NO_GRAPH) if alert else ""),
        "placement": placement or "",
        "incident": id_of(number) if number else "",
        "reason": reason or "",
    }
