"""Incidents and their timelines in SQL: the board, batches of placements, states, events.

What people do with them is in by_hand.py, what a batch changes in placing.py, lists are in listing.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from lamplighter.domain.audit import What
from lamplighter.domain.incident import BadMove, Incident, State, moved
from lamplighter.domain.member import Member
from lamplighter.domain.placement import Heard, Past, Placed
from lamplighter.domain.timeline import Event
from lamplighter.ports import Applied, Contradicted, Wanted
from lamplighter.store import by_hand, member_rows
from lamplighter.store.board_rows import board_of, holders_of, recalled
from lamplighter.store.engine import Database
from lamplighter.store.event_rows import EVENTS, event_of, is_written, write_event
from lamplighter.store.incident_rows import change, find, number_of, required
from lamplighter.store.listing import page
from lamplighter.store.member_rows import IN_ORDER, MEMBERS, member_of
from lamplighter.store.nonces import spend
from lamplighter.store.placing import add_counts, apply_batch
from lamplighter.store.recent import RecentAlerts
from lamplighter.store.tables import apart, events, incidents, members

EVENTS_MAX = 10_000
MEMBERS_MAX = 20_000
PAIRS_MAX = 10_000


class SqlIncidents:
    """The incidents in SQL. Every method blocks, and raises `StoreUnavailable` where the database cannot do it now."""

    def __init__(self, database: Database, recent: RecentAlerts | None = None) -> None:
        self._database = database
        self._recent = recent or RecentAlerts()

    def recall(self, troubles: Sequence[str]) -> Mapping[str, Past]:
        """What is known of troubles that no open incident holds; those never heard of are left out."""
        if not troubles:
            return {}
        with self._database.reading() as connection:
            return recalled(connection, troubles)

    def board(self, ids: Sequence[str] | None = None) -> Sequence[tuple[Incident, Sequence[Member]]]:
        """Every open incident with its members, oldest first; or those of `ids` that are open."""
        with self._database.reading() as connection:
            return board_of(connection, None if ids is None else {number_of(one) for one in ids})

    def editions(self) -> Mapping[str, int]:
        """The edition of every open incident."""
        query = select(incidents.c.number, incidents.c.edition).where(incidents.c.closed_at.is_(None))
        with self._database.reading() as connection:
            return {f"INC-{number}": int(edition) for number, edition in connection.execute(query)}

    def apply(
        self,
        batch: Sequence[Placed],
        members: Sequence[Member],
        editions: Mapping[str, int],
        now: datetime,
        *,
        token: int = 0,
    ) -> Applied:
        """Record a batch of placements in order, in one transaction.

        Raises `Fenced`, `StoreUnavailable`, and `Contradicted` where it breaks a rule of the schema.
        """
        if not batch:
            return Applied()
        try:
            with self._database.writing() as connection:
                return apply_batch(connection, self._recent, batch, members, editions, now, token)
        except IntegrityError as error:
            with self._database.reading() as connection:
                held = holders_of(connection, [placed.entry.alert.trouble for placed in batch])
            if stale := held - editions.keys():
                # Another process opened one of these troubles in this very moment; the unique key decided.
                return Applied(stale=frozenset(stale))
            raise Contradicted(f"{self._database.name}: a batch broke a rule of the schema") from error

    def count(self, heard: Sequence[Heard], now: datetime) -> None:
        """Add repeats that were only counted, in one transaction."""
        if heard:
            with self._database.writing() as connection:
                add_counts(connection, heard, now)

    def load(self, incident_id: str) -> Incident | None:
        """One incident; None for an id that nothing has."""
        with self._database.reading() as connection:
            return find(connection, number_of(incident_id))

    def members(self, incident_id: str) -> Sequence[Member]:
        """What belongs to an incident, in the order of joining, at most MEMBERS_MAX."""
        query = MEMBERS.where(members.c.incident_number == number_of(incident_id)).order_by(*IN_ORDER)
        with self._database.reading() as connection:
            return [member_of(row) for row in connection.execute(query.limit(MEMBERS_MAX))]

    def move(self, incident_id: str, to: State, event: Event, *, resolution: str = "", by: str = "") -> Incident:
        """Change the state and write the event; a second call with the same event key changes nothing."""
        try:
            with self._database.writing() as connection:
                number, present = required(connection, incident_id)
                if is_written(connection, number, event.key):
                    return present
                after = moved(present, to, event.at)
                values: dict[str, object] = {
                    "state": str(after.state),
                    "updated_at": after.updated_at,
                    "closed_at": after.closed_at,
                }
                values |= {name: said for name, said in (("resolution", resolution), ("resolved_by", by)) if said}
                if present.is_open is not after.is_open:
                    values["edition"] = present.edition + 1
                    hold = member_rows.take_hold if after.is_open else member_rows.let_go
                    hold(connection, number)
                change(connection, number, values)
                write_event(connection, number, event)
                if present.is_open and not after.is_open:
                    by_hand.audited(connection, What.INCIDENT_CLOSED, event, resolution=resolution)
                return find(connection, number) or after
        except IntegrityError as error:
            raise BadMove(f"{incident_id} cannot be {to}: another incident of the same trouble is open") from error

    def reopen(self, incident_id: str, event: Event) -> Incident:
        """Open a closed incident again, with a further run. Raises `BadMove`, `LookupError`."""
        try:
            with self._database.writing() as connection:
                return by_hand.reopen(connection, incident_id, event)
        except IntegrityError as error:
            words = f"{incident_id} cannot be opened again: another incident of the same trouble is open"
            raise BadMove(words) from error

    def merge(self, incident_id: str, into: str, event: Event) -> Incident:
        """Move all members to another open incident; returns that. Raises `BadMove`, `LookupError`."""
        with self._database.writing() as connection:
            return by_hand.merge(connection, incident_id, into, event)

    def split(self, incident_id: str, trouble: str, apart: tuple[str, str], event: Event) -> Incident:
        """Take one trouble out into an incident of its own. Raises `BadMove` where it is the only one, `LookupError`.

        A second call with the same event key returns the incident that the first one made.
        """
        with self._database.writing() as connection:
            return by_hand.split(connection, incident_id, trouble, apart, event)

    def apart(self) -> Sequence[tuple[str, str]]:
        """The pairs of sameness keys that a person has split, newest first, at most PAIRS_MAX."""
        query = select(apart.c.one, apart.c.other).order_by(apart.c.at.desc(), apart.c.one, apart.c.other)
        with self._database.reading() as connection:
            return [(one, other) for one, other in connection.execute(query.limit(PAIRS_MAX))]

    def acknowledge(self, incident_id: str, by: str, event: Event, *, nonce: str = "") -> Incident:
        """Note who has it, and use up the nonce. Raises `CannotAnswer`, `LookupError`."""
        with self._database.writing() as connection:
            number, present = required(connection, incident_id)
            spend(connection, nonce, by, event.at)
            if not is_written(connection, number, event.key):
                change(connection, number, {"acknowledged_by": by, "updated_at": event.at})
                write_event(connection, number, event)
            return find(connection, number) or present

    def hold(self, incident_id: str, reason: str, event: Event | None = None) -> None:
        """Say why the response has not begun; an empty reason releases it. Raises `LookupError`."""
        with self._database.writing() as connection:
            number, _ = required(connection, incident_id)
            change(connection, number, {"held": reason})
            if event is not None:
                write_event(connection, number, event)

    def hold_all(self, holds: Sequence[tuple[str, str, Event]]) -> None:
        """Hold many incidents, in one transaction; unknown ids are left out."""
        with self._database.writing() as connection:
            for incident_id, reason, event in holds:
                number = number_of(incident_id)
                if find(connection, number) is not None:
                    change(connection, number, {"held": reason})
                    write_event(connection, number, event)

    def record(self, event: Event, *, nonce: str = "", by: str = "") -> None:
        """Write one event once, and use up the nonce. Raises `CannotAnswer`; `LookupError` for an unknown incident."""
        number = number_of(event.incident_id)
        with self._database.writing() as connection:
            if find(connection, number) is None:
                raise LookupError(f"there is no incident {event.incident_id[:40]}")
            spend(connection, nonce, by, event.at)
            write_event(connection, number, event)

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """All events of one incident, in order, at most EVENTS_MAX."""
        query = EVENTS.where(events.c.incident_number == number_of(incident_id))
        with self._database.reading() as connection:
            return [event_of(row) for row in connection.execute(query.order_by(events.c.seq).limit(EVENTS_MAX))]

    def events_after(self, seq: int, limit: int) -> Sequence[Event]:
        """Events of all incidents past a sequence number, in order, at most EVENTS_MAX.

        On PostgreSQL a number is given when an event is written, and seen when its transaction commits: an event with a
        lower number can appear after one with a higher. Who follows the stream reads from some hundred numbers before
        the last one it has seen, and drops those that it had. On SQLite there is one writer, and no such gap.
        """
        query = EVENTS.where(events.c.seq > seq).order_by(events.c.seq).limit(max(0, min(limit, EVENTS_MAX)))
        with self._database.reading() as connection:
            return [event_of(row) for row in connection.execute(query)]

    def last_event_seq(self) -> int:
        """The highest sequence number of any event; 0 where there is none."""
        with self._database.reading() as connection:
            return int(connection.execute(select(func.coalesce(func.max(events.c.seq), 0))).scalar_one())

    def listed(self, wanted: Wanted = Wanted(), *, limit: int = 50, before: str = "") -> Sequence[Incident]:  # noqa: B008 - a frozen value
        """Incidents, newest first, at most 1000. Raises `LookupError` where `before` is no incident's id."""
        number = number_of(before)
        if before and not number:
            raise LookupError(f"there is no incident {before[:40]}")
        with self._database.reading() as connection:
            return page(connection, wanted, limit, number)

    def set_component(self, incident_id: str, component: str) -> None:
        """Name the component. Raises `LookupError` where the incident is unknown."""
        with self._database.writing() as connection:
            number, _ = required(connection, incident_id)
            change(connection, number, {"component": component})

    def counts(self) -> Mapping[State, int]:
        """How many incidents are in each state; states without any are left out."""
        query = select(incidents.c.state, func.count()).group_by(incidents.c.state)
        with self._database.reading() as connection:
            return {State(state): int(count) for state, count in connection.execute(query)}
