"""The journal's one writer: a thread that commits what waits, many deliveries to one fsync, and then tells the senders.

Nothing here reads or places alerts.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, SQLAlchemyError

from lamplighter.ports import StoreUnavailable
from lamplighter.store import bodies
from lamplighter.store.driver import Numbered, stamp_for
from lamplighter.store.engine import Database, words_of
from lamplighter.store.intake import Intake, Parcel
from lamplighter.store.values import clean

TRIES_MAX = 2
CLOSE_SECONDS = 15.0
DEAD_LETTER_CHARS_MAX = 65_536
_TIME = "timestamptz"
_DELIVERIES = Numbered(
    "deliveries", "id", source="text", received_at=_TIME, alert_count="int", bad_count="int", truncated_count="int"
)
_JOURNAL = Numbered(
    "journal",
    "seq",
    delivery_id="bigint",
    source="text",
    fingerprint="text",
    trouble="text",
    received_at=_TIME,
    digest="text",
)
_DEAD_LETTERS = Numbered(
    "dead_letters", "id", delivery_id="bigint", received_at=_TIME, source="text", reason="text", payload="text"
)


class JournalWriter:
    """Owns one connection and one thread, started with the first parcel and again should it ever die."""

    def __init__(self, database: Database, intake: Intake) -> None:
        self._database = database
        self._intake = intake
        self._connection: Connection | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def put(self, parcel: Parcel) -> None:
        """Queue one delivery; its future ends with the last seq or `StoreUnavailable`. Raises `StoreUnavailable`."""
        self._intake.put(parcel)
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Write what waits, then end."""
        self._intake.close()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        batch: list[Parcel] = []
        try:
            while batch := self._intake.take():
                self._commit(batch)
        finally:
            # Reached with a batch in hand only where the thread dies of something unforeseen: nobody may hang for it.
            _settle(batch, StoreUnavailable("the journal's writer died; it is started again with the next delivery"))
            self._drop()

    def _commit(self, batch: list[Parcel]) -> None:
        try:
            seqs = self._written(batch)
        except (SQLAlchemyError, ValueError) as error:
            if len(batch) > 1 and _is_about_data(error):
                # One delivery that the database refuses must not take the others with it.
                for parcel in batch:
                    self._commit([parcel])
                return
            _settle(batch, StoreUnavailable(f"{self._database.name}: {words_of(error)}"))
        else:
            _settle(batch, seqs)

    def _written(self, batch: Sequence[Parcel]) -> list[int]:
        for tries_left in reversed(range(TRIES_MAX)):
            try:
                return self._transaction(batch)
            except DBAPIError as error:
                self._drop()
                # The database was restarted while nothing was written: a fresh connection is all that is needed.
                if not (error.connection_invalidated and tries_left):
                    raise
            except SQLAlchemyError:
                self._drop()
                raise
        raise AssertionError("the last try returns or raises")

    def _transaction(self, batch: Sequence[Parcel]) -> list[int]:
        if self._connection is None:
            self._connection = self._database.writer.connect()
        with self._database.turn(), self._connection.begin():
            return write_parcels(self._connection, batch)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        # It is thrown away because it failed; how it fails to close adds nothing.
        with suppress(SQLAlchemyError):
            connection.invalidate()
        with suppress(SQLAlchemyError):
            connection.close()


def write_parcels(connection: Connection, batch: Sequence[Parcel]) -> list[int]:
    """Write deliveries, their alerts and their dead letters; returns each delivery's last seq, 0 where it has none."""
    stamp = stamp_for(connection)
    arrived = [(clean(parcel.source), stamp(parcel.received_at)) for parcel in batch]
    heads = zip(arrived, batch, strict=True)
    ids = _DELIVERIES.run(
        connection, [(*head, len(one.alerts), len(one.bad), one.truncated_count) for head, one in heads]
    )
    payloads = {alert.digest: alert.payload for parcel in batch for alert in parcel.alerts}
    bodies.keep(connection, payloads.items(), bodies.present_generation(connection))
    rows: list[tuple[object, ...]] = []
    for number, (_, at), parcel in zip(ids, arrived, batch, strict=True):
        rows.extend((number, one.source, one.fingerprint, one.trouble, at, one.digest) for one in parcel.alerts)
    seqs = _JOURNAL.run(connection, rows)
    letters = [
        (number, at, source, clean(bad.reason), clean(bad.payload[:DEAD_LETTER_CHARS_MAX]))
        for number, (source, at), parcel in zip(ids, arrived, batch, strict=True)
        for bad in parcel.bad
    ]
    _DEAD_LETTERS.run(connection, letters)
    last: list[int] = []
    taken = 0
    for parcel in batch:
        taken += len(parcel.alerts)
        last.append(seqs[taken - 1] if parcel.alerts else 0)
    return last


def _is_about_data(error: Exception) -> bool:
    return not isinstance(error, OperationalError | InterfaceError | InternalError)


def _settle(batch: Sequence[Parcel], outcome: Sequence[int] | StoreUnavailable) -> None:
    """Tell every sender, with one wake-up for each event loop."""
    answers: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[int], int | StoreUnavailable]]] = defaultdict(
        list
    )
    for place, parcel in enumerate(batch):
        answer = outcome if isinstance(outcome, StoreUnavailable) else outcome[place]
        answers[parcel.loop].append((parcel.waiting, answer))
    for loop, told in answers.items():
        # A loop that is closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_tell, told)


def _tell(answers: Sequence[tuple[asyncio.Future[int], int | StoreUnavailable]]) -> None:
    for waiting, answer in answers:
        if waiting.done():
            continue
        if isinstance(answer, StoreUnavailable):
            waiting.set_exception(answer)
        else:
            waiting.set_result(answer)
