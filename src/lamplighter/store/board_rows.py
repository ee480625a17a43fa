"""What placing starts from: the open incidents with their members, and what is known of troubles that none holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, select

from lamplighter.domain.alert import AlertStatus, Episode
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import AttemptState
from lamplighter.domain.member import Member
from lamplighter.domain.placement import Past
from lamplighter.store.incident_rows import INCIDENTS, id_of, incident_of
from lamplighter.store.member_rows import IN_ORDER, MEMBERS, holders, member_of
from lamplighter.store.tables import attempts, episodes, incidents, members
from lamplighter.store.values import bounded_key
from lamplighter.store.writes import among

_EPISODES = select(
    episodes.c.trouble,
    episodes.c.starts_at,
    episodes.c.status,
    episodes.c.ends_at,
    episodes.c.penalty,
    episodes.c.changed_at,
)
# A merged incident cannot be opened again, so it is none that a trouble may return to.
_ENDED = INCIDENTS.add_columns(members.c.trouble.label("member_trouble")).join(
    members, members.c.incident_number == incidents.c.number
)


def board_of(connection: Connection, numbers: Collection[int] | None) -> list[tuple[Incident, Sequence[Member]]]:
    """Open incidents with the members that they hold, oldest first."""
    opened = INCIDENTS.where(incidents.c.closed_at.is_(None)).order_by(incidents.c.number)
    held = MEMBERS.where(members.c.open_trouble.is_not(None)).order_by(*IN_ORDER)
    if numbers is not None:
        opened = opened.where(among(connection, incidents.c.number, sorted(numbers)))
        held = held.where(among(connection, members.c.incident_number, sorted(numbers)))
    found = [incident_of(row) for row in connection.execute(opened)]
    belonging: defaultdict[str, list[Member]] = defaultdict(list)
    for row in connection.execute(held):
        member = member_of(row)
        belonging[member.incident_id].append(member)
    return [(incident, belonging.get(incident.id, ())) for incident in found]


def holders_of(connection: Connection, troubles: Sequence[str]) -> set[str]:
    """The open incidents that hold any of these troubles."""
    return {id_of(one.number) for one in holders(connection, {bounded_key(one) for one in troubles}).values()}


def recalled(connection: Connection, troubles: Sequence[str]) -> dict[str, Past]:
    """Each trouble's last episode, the last incident that it may return to, and its seat in an open one."""
    asked = {bounded_key(trouble): trouble for trouble in troubles}
    keys = sorted(asked)
    last = _episodes(connection, keys, asked)
    closed = _last_closed(connection, keys)
    held = _held(connection, keys)
    fixes = _fixes(connection, {incident.id: incident for incident in closed.values()})
    found: dict[str, Past] = {}
    for key in keys:
        incident = closed.get(key)
        if incident is not None or key in last or key in held:
            found[asked[key]] = Past(last.get(key), incident, fixes[incident.id] if incident else "", held.get(key))
    return found


def _held(connection: Connection, keys: Sequence[str]) -> dict[str, Member]:
    rows = connection.execute(MEMBERS.where(among(connection, members.c.open_trouble, keys)))
    return {bounded_key(member.trouble): member for member in map(member_of, rows)}


def _episodes(connection: Connection, keys: Sequence[str], asked: dict[str, str]) -> dict[str, Episode]:
    rows = connection.execute(_EPISODES.where(among(connection, episodes.c.trouble, keys)))
    return {
        key: Episode(asked[key], starts_at, AlertStatus(status), ends_at, penalty, changed_at)
        for key, starts_at, status, ends_at, penalty, changed_at in rows
    }


def _last_closed(connection: Connection, keys: Sequence[str]) -> dict[str, Incident]:
    where = (
        among(connection, members.c.trouble, keys),
        incidents.c.closed_at.is_not(None),
        incidents.c.state != str(State.MERGED),
    )
    rows = connection.execute(_ENDED.where(*where).order_by(incidents.c.closed_at, incidents.c.number)).all()
    newest = {row.member_trouble: row for row in rows}
    return {key: incident_of(row[:-1]) for key, row in newest.items()}


def _fixes(connection: Connection, closed: dict[str, Incident]) -> dict[str, str]:
    """What was done about each incident: its last action that was done, or else the words that closed it."""
    fixes = {name: incident.resolution for name, incident in closed.items()}
    if closed:
        done = select(attempts.c.incident_id, attempts.c.verb, attempts.c.target_name).where(
            among(connection, attempts.c.incident_id, sorted(closed)),
            attempts.c.state == str(AttemptState.DONE),
            attempts.c.undo_of == "",
        )
        for incident_id, verb, target in connection.execute(done.order_by(attempts.c.seq)):
            fixes[incident_id] = f"{verb} {target}"
    return fixes
