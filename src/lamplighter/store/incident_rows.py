"""Incidents as rows: reading, locking, writing them. Decides nothing; members and events have files of their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, update

from lamplighter.domain.alert import Alert
from lamplighter.domain.incident import Incident, State
from lamplighter.store.driver import Asked, utc_of
from lamplighter.store.recent import RecentAlerts
from lamplighter.store.tables import bodies, incidents
from lamplighter.store.values import unpacked_alert

PREFIX = "INC-"
WORDS_CHARS_MAX = 2000
NUMBERS_KEPT = 16_384
_ID = re.compile(rf"{PREFIX}([1-9][0-9]{{0,17}})")
# In the order of the value's own fields.
PLAIN = (
    "title",
    "severity",
    "opened_at",
    "updated_at",
    "run",
    "component",
    "alert_count",
    "signal_cleared_at",
    "closed_at",
    "resolution",
    "resolved_by",
    "member_count",
    "edition",
    "flapping",
    "again",
    "held",
    "regression_of",
    "merged_into",
    "acknowledged_by",
    "grouping",
)
INCIDENTS: Select[Any] = select(
    incidents.c.number,
    incidents.c.state,
    bodies.c.payload,
    *(incidents.c[name] for name in PLAIN),
).join_from(incidents, bodies, bodies.c.digest == incidents.c.digest)
_TIMES = tuple(PLAIN.index(name) for name in ("opened_at", "updated_at", "signal_cleared_at", "closed_at"))
_FLAGS = tuple(PLAIN.index(name) for name in ("flapping", "again"))
_MANY_LOCKED = Asked(
    f"SELECT number, state, digest, {', '.join(PLAIN)} FROM incidents "  # noqa: S608 - our own names
    "WHERE number IN {listed} ORDER BY number",
    "bigint",
    lock=" FOR UPDATE",
)
_LOCKED = INCIDENTS.with_for_update(of=incidents)
_BY_NUMBER = INCIDENTS.where(incidents.c.number == bindparam("wanted"))
_LOCKED_BY_NUMBER = _LOCKED.where(incidents.c.number == bindparam("wanted"))


@lru_cache(maxsize=NUMBERS_KEPT)
def number_of(incident_id: str) -> int:
    """The number in an id; 0, which no incident has, where it is no id."""
    match = _ID.fullmatch(incident_id)
    return int(match[1]) if match else 0


def id_of(number: int) -> str:
    """The id that people know an incident by."""
    return f"{PREFIX}{number}"


def incident_of(row: Sequence[Any]) -> Incident:
    """A row of INCIDENTS as a value."""
    number, state, payload, *plain = row
    return _incident(number, state, unpacked_alert(payload), plain)


def _incident(number: int, state: str, alert: Alert, plain: Sequence[Any]) -> Incident:
    title, severity, opened_at, updated_at, *rest = plain
    return Incident(id_of(number), title, State(state), severity, alert.trouble, alert, opened_at, updated_at, *rest)


def columns_of(incident: Incident, digest: str) -> dict[str, object]:
    """The columns of a value, without its number and its words; `digest` names the body of its alert."""
    values: dict[str, object] = {name: getattr(incident, name) for name in PLAIN}
    return values | {"state": str(incident.state), "digest": digest}


def words_of(incident: Incident, *names: str) -> str:
    """What a search for text looks through: title, component and the names of its alerts, in lower case."""
    words = [incident.title, incident.component, incident.alert.name, *names]
    return "\n".join(dict.fromkeys(words)).lower()[:WORDS_CHARS_MAX]


def find(connection: Connection, number: int, *, lock: bool = False) -> Incident | None:
    """One incident; locked until the transaction ends where it is about to be changed."""
    row = connection.execute(_LOCKED_BY_NUMBER if lock else _BY_NUMBER, {"wanted": number}).one_or_none()
    return incident_of(row) if row is not None else None


def required(connection: Connection, incident_id: str) -> tuple[int, Incident]:
    """One incident and its number, locked. Raises `LookupError` where there is none."""
    number = number_of(incident_id)
    found = find(connection, number, lock=True)
    if found is None:
        raise LookupError(f"there is no incident {incident_id[:40]}")
    return number, found


def locked(connection: Connection, recent: RecentAlerts, numbers: Collection[int]) -> dict[int, Incident]:
    """Several incidents by number, locked in the order of their numbers so that two callers cannot wait in a ring."""
    if not numbers:
        return {}
    rows = _MANY_LOCKED.rows(connection, sorted(numbers))
    alerts = recent.read(connection, (row[2] for row in rows))
    return {row[0]: _incident(row[0], row[1], alerts[row[2]], _read(row[3:])) for row in rows}


def _read(plain: Sequence[Any]) -> list[Any]:
    """The plain columns as the driver gives them, as SQLAlchemy would."""
    values = list(plain)
    for place in _TIMES:
        values[place] = utc_of(values[place]) if values[place] is not None else None
    for place in _FLAGS:
        values[place] = bool(values[place])
    return values


def change(connection: Connection, number: int, values: Mapping[str, object]) -> None:
    """Change some columns of one incident."""
    connection.execute(update(incidents).where(incidents.c.number == number).values(**values))
