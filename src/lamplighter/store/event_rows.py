"""Events as rows: writing them once, reading them back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.store.driver import Many, stamp_for
from lamplighter.store.incident_rows import PREFIX, number_of
from lamplighter.store.tables import events
from lamplighter.store.values import bounded_key, clean, packed, packed_quickly, unpacked
from lamplighter.store.writes import insert_once

EVENTS: Select[Any] = select(
    events.c.incident_number,
    events.c.key,
    events.c.at,
    events.c.moment,
    events.c.crew,
    events.c.text,
    events.c.data,
    events.c.seq,
)
_WRITTEN = select(events.c.seq).where(
    events.c.incident_number == bindparam("number"), events.c.key == bindparam("once")
)
_MANY = Many(
    "INSERT INTO events (incident_number, key, at, moment, crew, text, data) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (incident_number, key) DO NOTHING"
)


def write_event(connection: Connection, number: int, event: Event) -> None:
    """Write one event of an incident; a key that is there already is left as it is."""
    values = {
        "incident_number": number,
        "key": event.key,
        "at": event.at,
        "moment": str(event.moment),
        "crew": str(event.crew),
        "text": event.text,
        "data": packed(event.data),
    }
    connection.execute(insert_once(connection, events, ("incident_number", "key"), values))


def write_events(connection: Connection, told: Sequence[Event]) -> None:
    """Write the events of placements; keys that are there already are left as they are."""
    stamp = stamp_for(connection)
    rows = [
        (
            number_of(event.incident_id),
            bounded_key(event.key),
            stamp(event.at),
            str(event.moment),
            str(event.crew),
            clean(event.text),
            packed_quickly(event.data),
        )
        for event in told
    ]
    _MANY.run(connection, rows)


def is_written(connection: Connection, number: int, key: str) -> bool:
    """Whether an incident has an event of this key."""
    return connection.execute(_WRITTEN, {"number": number, "once": key}).one_or_none() is not None


def event_of(row: Sequence[Any]) -> Event:
    """A row of EVENTS as a value."""
    number, key, at, moment, crew, text, data, seq = row
    values = unpacked(data, dict[str, object])
    return Event(f"{PREFIX}{number}", key, at, Moment(moment), Crew(crew), text, values, seq)
