"""Incidents, episodes and events as rows: reading them, locking them, writing them. Decides nothing."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select

from lamplighter.domain.alert import Alert, AlertStatus, Episode
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.store.tables import episodes, events, incidents
from lamplighter.store.values import packed, unpacked
from lamplighter.store.writes import insert_once

PREFIX = "INC-"
_ID = re.compile(rf"{PREFIX}([1-9][0-9]{{0,17}})")
# Every alert that is placed asks these, so they are put together once: plain, and with a lock on the row.
_Queries = tuple[Select[tuple[Any, ...]], Select[tuple[Any, ...]]]


def _queries(query: Select[tuple[Any, ...]]) -> _Queries:
    return query, query.with_for_update()


_BY_NUMBER = _queries(select(incidents).where(incidents.c.number == bindparam("number")))
_OPEN = _queries(select(incidents).where(incidents.c.open_key == bindparam("trouble")))
# A merged incident cannot be reopened, so it is none that the trouble may return to.
_LAST_CLOSED = _queries(
    select(incidents)
    .where(
        incidents.c.trouble == bindparam("trouble"),
        incidents.c.closed_at.is_not(None),
        incidents.c.state != State.MERGED,
    )
    .order_by(incidents.c.closed_at.desc(), incidents.c.number.desc())
    .limit(1)
)
_EPISODE = select(episodes).where(episodes.c.trouble == bindparam("trouble"))


def number_of(incident_id: str) -> int:
    """The number in an id; 0, which no incident has, where it is no id."""
    match = _ID.fullmatch(incident_id)
    return int(match[1]) if match else 0


def incident_of(row: Row[tuple[object, ...]]) -> Incident:
    """A row of `incidents` as a value."""
    return Incident(
        id=f"{PREFIX}{row.number}",
        title=row.title,
        state=State(row.state),
        severity=row.severity,
        trouble=row.trouble,
        alert=unpacked(row.alert, Alert),
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        run=row.run,
        component=row.component,
        alert_count=row.alert_count,
        signal_cleared_at=row.signal_cleared_at,
        closed_at=row.closed_at,
        resolution=row.resolution,
        resolved_by=row.resolved_by,
    )


def find(connection: Connection, number: int, *, lock: bool = False) -> Incident | None:
    """One incident; locked until the transaction ends where it is about to be changed."""
    return _one(connection, _BY_NUMBER, {"number": number}, lock=lock)


def known(
    connection: Connection, trouble: str, *, lock: bool = False
) -> tuple[Incident | None, Incident | None, Episode | None]:
    """What is known of one trouble: the open incident, the last closed one that may come back, the last episode."""
    asked: dict[str, object] = {"trouble": trouble}
    opened = _one(connection, _OPEN, asked, lock=lock)
    ended = _one(connection, _LAST_CLOSED, asked, lock=lock)
    row = connection.execute(_EPISODE, asked).one_or_none()
    episode = Episode(row.trouble, row.starts_at, AlertStatus(row.status), row.ends_at) if row is not None else None
    return opened, ended, episode


def write_event(connection: Connection, number: int, event: Event) -> bool:
    """Write one event of an incident; False where its key is there already."""
    values = {
        "incident_number": number,
        "key": event.key,
        "at": event.at,
        "moment": str(event.moment),
        "crew": str(event.crew),
        "text": event.text,
        "data": packed(event.data),
    }
    statement = insert_once(connection, events, ("incident_number", "key"), values)
    return connection.execute(statement).rowcount == 1


def event_of(row: Row[tuple[object, ...]]) -> Event:
    """A row of `events` as a value."""
    return Event(
        incident_id=f"{PREFIX}{row.incident_number}",
        key=row.key,
        at=row.at,
        moment=Moment(row.moment),
        crew=Crew(row.crew),
        text=row.text,
        data=unpacked(row.data, dict[str, object]),
        seq=row.seq,
    )


def _one(connection: Connection, queries: _Queries, asked: dict[str, object], *, lock: bool) -> Incident | None:
    row = connection.execute(queries[lock], asked).one_or_none()
    return incident_of(row) if row is not None else None
