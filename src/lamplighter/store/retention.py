"""Forgets what is old, a few thousand rows in each short transaction. Open incidents and all that is theirs stay."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import CLOSED
from lamplighter.domain.ledger import ENDED
from lamplighter.ports import Keeping, StoreUnavailable
from lamplighter.store.audit import cut_off, oldest_kept
from lamplighter.store.bodies import generation
from lamplighter.store.engine import Database
from lamplighter.store.incident_rows import PREFIX, number_of
from lamplighter.store.tables import (
    approvals,
    attempts,
    audit,
    bodies,
    dead_letters,
    deliveries,
    dossiers,
    edges,
    episodes,
    events,
    incidents,
    journal,
    members,
    silences,
)
from lamplighter.store.writes import among

# A receiver counts from the newest entry that it can see, and others may be writing theirs in the same moment.
ALERTS_IN_FLIGHT = 20_000
# Deliveries of several receivers may be numbered a little out of the order of the journal.
DELIVERIES_MARGIN = 1000
# What was done lately counts against doing it again, even where its incident is forgotten.
ATTEMPTS_KEPT = timedelta(days=7)
SILENCES_KEPT = timedelta(days=7)
# Each cut of the audit log is a row of it, so a few days' rows go at once.
AUDIT_MARGIN = timedelta(days=7)
AUDIT_ROWS_MARGIN = 10_000
ATTEMPTS_LOOKED_AT_MAX = 50_000
FREE_PAGES_AT_ONCE = 4000
Pass = Callable[[Connection, Keeping, datetime, int], int]


class SqlRetention:
    """What is kept how long, in SQL. `prune` blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def prune(self, keeping: Keeping, now: datetime, rows_max: int = 5_000) -> int:
        """Remove about `rows_max` rows at most, one transaction for each kind; 0 where nothing is left to do."""
        removed = 0
        for one in _passes():
            if removed >= rows_max:
                break
            with self._database.writing() as connection:
                removed += one(connection, keeping, now, rows_max - removed)
        if self._database.is_sqlite and removed:
            self._give_back()
        return removed

    def _give_back(self) -> None:
        """Let the file shrink; one that was made by an older version keeps its free pages and fills them again."""
        with self._database.reading() as connection:
            raw: Any = connection.connection.driver_connection
            try:
                # A script is the one form in which the driver does not stop after the first page; it ends the
                # transaction first, and there is nothing in it.
                raw.executescript(f"PRAGMA incremental_vacuum({FREE_PAGES_AT_ONCE})")
            except sqlite3.OperationalError as error:
                raise StoreUnavailable(f"{self._database.name}: {error}") from error


def _passes() -> Iterator[Pass]:
    yield _journal
    yield _dead_letters
    yield _incidents
    yield _bodies
    yield _deliveries
    yield _episodes
    yield _attempts
    yield _silences
    yield _edges
    yield _audit


def _journal(connection: Connection, keeping: Keeping, now: datetime, rows_max: int) -> int:
    newest = connection.execute(select(func.coalesce(func.max(journal.c.seq), 0))).scalar_one()
    oldest = select(journal.c.seq).order_by(journal.c.seq).limit(rows_max)
    old = or_(
        journal.c.seq <= newest - keeping.journal_rows_max,
        journal.c.received_at < _before(now, keeping.journal_seconds),
    )
    # Only the oldest rows are looked at, so that a pass with nothing to do costs nothing. The newest stays, because the
    # generations of bodies are counted from it.
    placed = (journal.c.placed_at.is_not(None), journal.c.seq < newest)
    return _deleted(connection, journal, journal.c.seq.in_(oldest), *placed, old)


def _dead_letters(connection: Connection, keeping: Keeping, now: datetime, rows_max: int) -> int:
    newest = connection.execute(select(func.coalesce(func.max(dead_letters.c.id), 0))).scalar_one()
    oldest = select(dead_letters.c.id).order_by(dead_letters.c.id).limit(rows_max)
    old = or_(
        dead_letters.c.id <= newest - keeping.dead_letters_max,
        dead_letters.c.received_at < _before(now, keeping.incident_seconds),
    )
    return _deleted(connection, dead_letters, dead_letters.c.id.in_(oldest), old)


def _incidents(connection: Connection, keeping: Keeping, now: datetime, rows_max: int) -> int:
    closed = [str(state) for state in CLOSED]
    count = connection.execute(select(func.count()).where(incidents.c.state.in_(closed))).scalar_one()
    # An incident takes several rows with it, whose number is known only afterwards.
    at_once = max(1, rows_max // 8)
    oldest = select(incidents.c.number).where(incidents.c.closed_at.is_not(None), ~_unfinished())
    oldest = oldest.order_by(incidents.c.closed_at, incidents.c.number)
    expired = oldest.where(incidents.c.closed_at < _before(now, keeping.incident_seconds))
    numbers = set(_numbers(connection, expired, at_once))
    numbers.update(_numbers(connection, oldest, min(at_once, max(0, count - keeping.incidents_max))))
    return _forgotten(connection, sorted(numbers)) if numbers else 0


def _unfinished() -> ColumnElement[bool]:
    """A question that waits for its answer, or an action whose end is not known, holds the incident."""
    mine = literal(PREFIX) + cast(incidents.c.number, Text)
    asked = exists().where(approvals.c.incident_id == mine, approvals.c.state == str(ApprovalState.PENDING))
    begun = exists().where(attempts.c.incident_id == mine, attempts.c.state.not_in([str(state) for state in ENDED]))
    return or_(asked, begun)


def _forgotten(connection: Connection, numbers: list[int]) -> int:
    names = [f"{PREFIX}{number}" for number in numbers]
    removed = 0
    for table in (events, members):
        removed += _deleted(connection, table, among(connection, table.c.incident_number, numbers))
    for table in (dossiers, approvals):
        removed += _deleted(connection, table, among(connection, table.c.incident_id, names))
    return removed + _deleted(connection, incidents, among(connection, incidents.c.number, numbers))


def _bodies(connection: Connection, _keeping: Keeping, _now: datetime, rows_max: int) -> int:
    first = connection.execute(select(func.coalesce(func.min(journal.c.seq), 0))).scalar_one()
    present = generation(max(0, int(first) - (0 if connection.dialect.name == "sqlite" else ALERTS_IN_FLIGHT)))
    old = select(bodies.c.digest).where(bodies.c.seen < present).order_by(bodies.c.seen).limit(rows_max)
    found = list(connection.execute(old).scalars())
    if not found:
        return 0
    used: set[str] = set()
    for table in (members, incidents):
        used.update(
            connection.execute(select(table.c.digest).where(among(connection, table.c.digest, found))).scalars()
        )
    # What an incident still shows is not looked at again before the next generation is over.
    connection.execute(update(bodies).where(among(connection, bodies.c.digest, sorted(used))).values(seen=present))
    gone = [digest for digest in found if digest not in used]
    return _deleted(connection, bodies, among(connection, bodies.c.digest, gone), bodies.c.seen < present)


def _deliveries(connection: Connection, _keeping: Keeping, _now: datetime, rows_max: int) -> int:
    oldest = select(deliveries.c.id).order_by(deliveries.c.id).limit(rows_max)
    return _deleted(connection, deliveries, deliveries.c.id.in_(oldest), deliveries.c.id < _oldest_delivery(connection))


def _oldest_delivery(connection: Connection) -> int:
    """A delivery before which no journal row can be."""
    some = select(journal.c.delivery_id).order_by(journal.c.seq).limit(DELIVERIES_MARGIN).subquery()
    first = connection.execute(select(func.min(some.c.delivery_id))).scalar_one()
    if first is None:
        first = connection.execute(select(func.coalesce(func.max(deliveries.c.id), 0))).scalar_one()
    return max(0, int(first) - DELIVERIES_MARGIN)


def _episodes(connection: Connection, keeping: Keeping, now: datetime, rows_max: int) -> int:
    held = exists().where(members.c.open_trouble == episodes.c.trouble)
    idle = select(episodes.c.trouble).where(episodes.c.changed_at.is_not(None), ~held).order_by(episodes.c.changed_at)
    old = idle.where(episodes.c.changed_at < _before(now, keeping.incident_seconds))
    found = set(connection.execute(old.limit(rows_max)).scalars())
    count = connection.execute(select(func.count()).select_from(episodes)).scalar_one()
    beyond = max(0, count - len(found) - keeping.journal_rows_max)
    if beyond:
        found.update(connection.execute(idle.limit(min(beyond, rows_max))).scalars())
    return _deleted(connection, episodes, among(connection, episodes.c.trouble, sorted(found))) if found else 0


def _attempts(connection: Connection, _keeping: Keeping, now: datetime, rows_max: int) -> int:
    """Actions whose incident is forgotten; the open ones, and what was done lately, stay."""
    ended = attempts.c.state.in_([str(state) for state in ENDED])
    old = select(attempts.c.seq, attempts.c.incident_id).where(attempts.c.planned_at < now - ATTEMPTS_KEPT, ended)
    rows = connection.execute(old.order_by(attempts.c.seq).limit(ATTEMPTS_LOOKED_AT_MAX))
    found: dict[int, str] = {seq: name for seq, name in rows}  # noqa: C416 - a row is not a pair to mypy
    numbers = {number_of(name) for name in found.values()}
    kept = select(incidents.c.number).where(among(connection, incidents.c.number, sorted(numbers)))
    known = set(connection.execute(kept).scalars())
    gone = [seq for seq, name in found.items() if number_of(name) not in known][:rows_max]
    return _deleted(connection, attempts, among(connection, attempts.c.seq, gone)) if gone else 0


def _silences(connection: Connection, _keeping: Keeping, now: datetime, rows_max: int) -> int:
    old = select(silences.c.seq).where(silences.c.ends_at < now - SILENCES_KEPT).limit(rows_max)
    return _deleted(connection, silences, silences.c.seq.in_(old))


def _edges(connection: Connection, keeping: Keeping, now: datetime, rows_max: int) -> int:
    before = _before(now, keeping.incident_seconds)
    old = select(edges.c.seen_at).where(edges.c.seen_at < before).order_by(edges.c.seen_at).offset(rows_max).limit(1)
    bound = connection.execute(old).scalar_one_or_none()
    return _deleted(connection, edges, edges.c.seen_at < (bound or before))


def _audit(connection: Connection, keeping: Keeping, now: datetime, rows_max: int) -> int:
    before = _before(now, keeping.audit_seconds)
    first = connection.execute(select(audit.c.seq, audit.c.at).order_by(audit.c.seq).limit(1)).one_or_none()
    if first is None:
        return 0
    kept = oldest_kept(connection, before) if first.at < before - AUDIT_MARGIN else 0
    newest = int(connection.execute(select(func.max(audit.c.seq))).scalar_one())
    if newest - first.seq >= keeping.audit_rows_max + AUDIT_ROWS_MARGIN:
        kept = max(kept, newest - keeping.audit_rows_max + 1)
    return cut_off(connection, min(kept, first.seq + rows_max) - 1, now) if kept > first.seq else 0


def _before(now: datetime, seconds: float) -> datetime:
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        return datetime.min.replace(tzinfo=now.tzinfo)


def _numbers(connection: Connection, query: Select[Any], count: int) -> list[int]:
    return list(connection.execute(query.limit(count)).scalars()) if count else []


def _deleted(connection: Connection, table: Table, *where: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(*where)).rowcount
