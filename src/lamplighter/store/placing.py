"""What a placement changes, inside the caller's transaction: the incident, its timeline, the episode, the journal row.

The decision is the domain's. It was made on an earlier look, so it is made again here where that look no longer holds.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, bindparam, or_, select, update
from sqlalchemy.exc import IntegrityError

from lamplighter.domain.alert import Alert, AlertStatus, JournalEntry
from lamplighter.domain.incident import WAITING, Incident, State
from lamplighter.domain.placement import Clears, Joins, Opens, Placement, Reopens, Suppresses, place
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import StoreUnavailable
from lamplighter.store.incident_rows import find, known, number_of, write_event
from lamplighter.store.tables import episodes, incidents, journal
from lamplighter.store.values import packed
from lamplighter.store.writes import Excluded, insert_once, insert_or_replace

LOOKS_MAX = 4
JOINED_EVENTS_MAX = 50
TITLE_CHARS_MAX = 200
_ENTRY = (
    select(journal.c.placed_at, journal.c.incident_number)
    .where(journal.c.seq == bindparam("entry_seq"))
    .with_for_update()
)
_MARK = (
    update(journal)
    .where(journal.c.seq == bindparam("entry_seq"))
    .values({name: bindparam(name) for name in ("placed_at", "incident_number", "placement", "reason")})
)
_MOMENTS: dict[type[Placement], Moment] = {
    Opens: Moment.OPENED,
    Joins: Moment.JOINED,
    Reopens: Moment.REOPENED,
    Clears: Moment.CLEARED,
}


def placed_incident(
    connection: Connection, entry: JournalEntry, placement: Placement, now: datetime
) -> Incident | None:
    """Record the placement of one entry once; returns the incident it went to, None where it was suppressed.

    Raises `LookupError` where the journal has no such entry, `StoreUnavailable` where others change the same trouble
    faster than it can be looked at.
    """
    row = connection.execute(_ENTRY, {"entry_seq": entry.seq}).one_or_none()
    if row is None:
        raise LookupError(f"the journal has no entry {entry.seq}")
    if row.placed_at is not None:
        return None if row.incident_number is None else find(connection, row.incident_number)
    final, number = _settled(connection, entry.alert, placement, now)
    incident = None if number is None else find(connection, number)
    if incident is not None and number is not None:
        _write_timeline(connection, number, incident, entry, final, now)
    _remember_episode(connection, entry.alert)
    mark = {
        "placed_at": now,
        "incident_number": number,
        "placement": type(final).__name__.lower(),
        "reason": final.reason,
    }
    connection.execute(_MARK, {"entry_seq": entry.seq, **mark})
    return incident


def _settled(connection: Connection, alert: Alert, placement: Placement, now: datetime) -> tuple[Placement, int | None]:
    """The placement that holds under the locks of this transaction, carried out."""
    for _ in range(LOOKS_MAX):
        if isinstance(placement, Suppresses):
            return placement, None
        number = _carried_out(connection, alert, placement, now)
        if number is not None:
            return placement, number
        placement = place(alert, *known(connection, alert.trouble, lock=True), now)
    raise StoreUnavailable(f"the incidents of {alert.trouble} change too fast to place an alert; try again")


def _carried_out(connection: Connection, alert: Alert, placement: Placement, now: datetime) -> int | None:
    """Change the incident; None where it is no longer as the placement saw it."""
    if isinstance(placement, Opens):
        return _open(connection, alert, now)
    if isinstance(placement, Joins):
        return _join(connection, alert, placement, now)
    if isinstance(placement, Reopens):
        return _reopen(connection, alert, placement, now)
    if isinstance(placement, Clears):
        return _clear(connection, placement, now)
    return None


def _open(connection: Connection, alert: Alert, now: datetime) -> int | None:
    values = {
        "open_key": alert.trouble,
        "trouble": alert.trouble,
        "title": _title(alert),
        "state": str(State.RECEIVED),
        "severity": alert.severity,
        "alert": packed(alert),
        "opened_at": now,
        "updated_at": now,
        "run": 1,
        "component": "",
        "alert_count": 1,
        "resolution": "",
        "resolved_by": "",
    }
    statement = insert_once(connection, incidents, ("open_key",), values).returning(incidents.c.number)
    number = connection.execute(statement).scalar_one_or_none()
    return None if number is None else int(number)


def _join(connection: Connection, alert: Alert, placement: Joins, now: datetime) -> int | None:
    number = number_of(placement.incident_id)
    incident = find(connection, number, lock=True)
    if incident is None or not incident.is_open:
        return None
    values: dict[str, object] = {"alert_count": incident.alert_count + 1, "updated_at": now}
    if alert.status is AlertStatus.FIRING:
        values["signal_cleared_at"] = None
    if alert.starts_at > incident.alert.starts_at:
        # The newer episode is the one whose end will clear the incident.
        values["alert"] = packed(alert)
    _change(connection, number, values)
    return number


def _reopen(connection: Connection, alert: Alert, placement: Reopens, now: datetime) -> int | None:
    number = number_of(placement.incident_id)
    incident = find(connection, number, lock=True)
    if incident is None or incident.state not in {State.RESOLVED, State.SELF_CLEARED}:
        return None
    values = {
        "open_key": alert.trouble,
        "title": _title(alert),
        "state": str(State.RECEIVED),
        "severity": alert.severity,
        "alert": packed(alert),
        "updated_at": now,
        "run": incident.run + 1,
        "alert_count": incident.alert_count + 1,
        "signal_cleared_at": None,
        "closed_at": None,
        "resolution": "",
        "resolved_by": "",
    }
    try:
        with connection.begin_nested():
            _change(connection, number, values)
    except IntegrityError:
        # Another process opened a new incident of the same trouble meanwhile; the unique key decided.
        return None
    return number


def _clear(connection: Connection, placement: Clears, now: datetime) -> int | None:
    number = number_of(placement.incident_id)
    incident = find(connection, number, lock=True)
    if incident is None or not incident.is_open:
        return None
    values: dict[str, object] = {"signal_cleared_at": now, "updated_at": now}
    if incident.state in WAITING:
        words = f"it cleared by itself: {placement.reason}"
        values |= {"state": str(State.SELF_CLEARED), "open_key": None, "closed_at": now, "resolution": words}
    _change(connection, number, values)
    return number


def _change(connection: Connection, number: int, values: dict[str, object]) -> None:
    connection.execute(update(incidents).where(incidents.c.number == number).values(**values))


def _write_timeline(
    connection: Connection, number: int, incident: Incident, entry: JournalEntry, placement: Placement, now: datetime
) -> None:
    # The opening alert counts as one; past the bound only the counter goes on.
    if isinstance(placement, Joins) and incident.alert_count > JOINED_EVENTS_MAX + 1:
        return
    alert = entry.alert
    data: dict[str, object] = {
        "source": alert.source,
        "alertname": alert.name,
        "severity": alert.severity,
        "status": str(alert.status),
        "labels": alert.labels,
        "annotations": alert.annotations,
        "starts_at": alert.starts_at,
        "ends_at": alert.ends_at,
        "state": str(incident.state),
        "run": incident.run,
        "received_at": entry.received_at,
        **entry.extra,
    }
    key = f"placed:{entry.seq}"
    event = Event(incident.id, key, now, _MOMENTS[type(placement)], Crew.MONITOR, placement.reason, data)
    write_event(connection, number, event)
    if isinstance(placement, Clears) and not incident.is_open:
        closed: dict[str, object] = {"state": str(incident.state)}
        write_event(
            connection,
            number,
            Event(incident.id, f"closed:{entry.seq}", now, Moment.CLOSED, Crew.MONITOR, incident.resolution, closed),
        )


def _remember_episode(connection: Connection, alert: Alert) -> None:
    def newer(new: Excluded) -> ColumnElement[bool]:
        # Deliveries come late and out of order: an earlier start, or a start after its own end, changes nothing.
        same = and_(
            episodes.c.starts_at == new["starts_at"],
            or_(episodes.c.status == AlertStatus.FIRING, new["status"] == AlertStatus.RESOLVED),
        )
        return or_(episodes.c.starts_at < new["starts_at"], same)

    values = {
        "trouble": alert.trouble,
        "starts_at": alert.starts_at,
        "status": str(alert.status),
        "ends_at": alert.ends_at if alert.status is AlertStatus.RESOLVED else None,
    }
    connection.execute(insert_or_replace(connection, episodes, values, newer))


def _title(alert: Alert) -> str:
    return (alert.annotations.get("summary") or alert.name)[:TITLE_CHARS_MAX]
