"""Incidents and their timelines in SQL. What a placement changes is in placing.py, the rows are in incident_rows.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from lamplighter.domain.alert import Episode, JournalEntry
from lamplighter.domain.incident import CLOSED, BadMove, Incident, State, moved
from lamplighter.domain.placement import Placement
from lamplighter.domain.timeline import Event
from lamplighter.store.engine import Database
from lamplighter.store.incident_rows import event_of, find, incident_of, known, number_of, write_event
from lamplighter.store.placing import placed_incident
from lamplighter.store.tables import events, incidents

LIMIT_MAX = 1000
EVENTS_MAX = 10_000


class SqlIncidents:
    """The incidents in SQL. Every method blocks, and raises `StoreUnavailable` where the database cannot do it now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, trouble: str) -> tuple[Incident | None, Incident | None, Episode | None]:
        """For one trouble: the open incident, the last closed one that may reopen, the last episode."""
        with self._database.reading() as connection:
            return known(connection, trouble)

    def apply(self, entry: JournalEntry, placement: Placement, now: datetime) -> Incident | None:
        """Record a placement once. Raises `LookupError` where the journal has no such entry.

        Where another process was faster, the placement that holds now is recorded instead.
        """
        with self._database.writing() as connection:
            return placed_incident(connection, entry, placement, now)

    def load(self, incident_id: str) -> Incident | None:
        """One incident; None for an id that nothing has."""
        with self._database.reading() as connection:
            return find(connection, number_of(incident_id))

    def move(self, incident_id: str, to: State, event: Event, *, resolution: str = "", by: str = "") -> Incident:
        """Change the state and write the event; a second call with the same event key changes nothing."""
        number = number_of(incident_id)
        try:
            with self._database.writing() as connection:
                present = find(connection, number, lock=True)
                if present is None:
                    raise LookupError(f"there is no incident {incident_id}")
                already = select(events.c.seq).where(events.c.incident_number == number, events.c.key == event.key)
                if connection.execute(already).one_or_none() is not None:
                    return present
                after = moved(present, to, event.at)
                values: dict[str, object] = {
                    "state": str(after.state),
                    "updated_at": after.updated_at,
                    "closed_at": after.closed_at,
                    "open_key": None if to in CLOSED else present.trouble,
                }
                if resolution:
                    values["resolution"] = resolution
                if by:
                    values["resolved_by"] = by
                connection.execute(update(incidents).where(incidents.c.number == number).values(**values))
                write_event(connection, number, event)
                return find(connection, number) or after
        except IntegrityError as error:
            raise BadMove(f"{incident_id} cannot be {to}: another incident of the same trouble is open") from error

    def record(self, event: Event) -> None:
        """Write one event once. Raises `LookupError` where its incident is unknown."""
        number = number_of(event.incident_id)
        with self._database.writing() as connection:
            if find(connection, number) is None:
                raise LookupError(f"there is no incident {event.incident_id}")
            write_event(connection, number, event)

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """All events of one incident, in order."""
        query = select(events).where(events.c.incident_number == number_of(incident_id))
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(events.c.seq).limit(EVENTS_MAX)).all()
        return [event_of(row) for row in rows]

    def listed(self, *, states: Sequence[State] = (), limit: int = 50, before: str = "") -> Sequence[Incident]:
        """Incidents, newest first, at most LIMIT_MAX. Raises `LookupError` where `before` is no incident's id."""
        query = select(incidents).order_by(incidents.c.number.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        if states:
            query = query.where(incidents.c.state.in_([str(state) for state in states]))
        if before:
            number = number_of(before)
            if not number:
                raise LookupError(f"there is no incident {before[:40]}")
            query = query.where(incidents.c.number < number)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [incident_of(row) for row in rows]

    def set_component(self, incident_id: str, component: str) -> None:
        """Name the component. Raises `LookupError` where the incident is unknown."""
        change = update(incidents).where(incidents.c.number == number_of(incident_id)).values(component=component)
        with self._database.writing() as connection:
            if not connection.execute(change).rowcount:
                raise LookupError(f"there is no incident {incident_id}")

    def counts(self) -> Mapping[State, int]:
        """How many incidents are in each state; states without any are left out."""
        query = select(incidents.c.state, func.count()).group_by(incidents.c.state)
        with self._database.reading() as connection:
            return {State(state): int(count) for state, count in connection.execute(query)}
