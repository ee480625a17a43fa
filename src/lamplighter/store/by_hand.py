"""What people do to incidents, inside the caller's transaction: reopen, merge, split. Done once for each event key."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, select, update

from lamplighter.domain import course
from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.audit import What, act
from lamplighter.domain.incident import ACTING, WAITING, BadMove, Incident, State, moved
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import PROVISIONAL_PREFIX, Opens, Placed
from lamplighter.domain.sameness import key_of
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.store import member_rows
from lamplighter.store.audit import append
from lamplighter.store.bodies import kept_digest
from lamplighter.store.event_rows import is_written, write_event
from lamplighter.store.incident_rows import change, columns_of, find, id_of, number_of, required, words_of
from lamplighter.store.member_rows import IN_ORDER, MEMBERS, member_of
from lamplighter.store.tables import apart as pairs
from lamplighter.store.tables import events, incidents, members
from lamplighter.store.values import bounded_key, unpacked
from lamplighter.store.writes import insert_numbered, insert_once

# Of one split; more alerts of one rule on one component than this are not told apart one by one.
APART_MAX = 50


def reopen(connection: Connection, incident_id: str, event: Event) -> Incident:
    """Open it again, for a further run. Raises `IntegrityError` where another open incident holds its trouble."""
    number, present = required(connection, incident_id)
    if is_written(connection, number, event.key):
        return present
    once_more = present.again and present.state in WAITING
    if present.is_open and not once_more:
        raise BadMove(f"{incident_id} is open already")
    again = replace(
        present if once_more else moved(present, State.RECEIVED, event.at),
        state=State.RECEIVED,
        updated_at=event.at,
        run=present.run + 1,
        edition=present.edition + 1,
        closed_at=None,
        resolution="",
        resolved_by="",
        acknowledged_by="",
        held="",
        again=False,
        flapping=False,
    )
    member_rows.take_hold(connection, number)
    if any(member.firing for member in _members(connection, number)):
        again = replace(again, signal_cleared_at=None)
    _rewrite(connection, number, again)
    write_event(connection, number, event)
    audited(connection, What.INCIDENT_REOPENED, event)
    return find(connection, number) or again


def merge(connection: Connection, incident_id: str, into: str, event: Event) -> Incident:
    """One open incident goes into another. Raises `BadMove`, `LookupError`."""
    if incident_id == into:
        raise BadMove(f"{incident_id} cannot be merged into itself")
    # Locked in the order of their numbers, as a batch of placements does.
    for name in sorted((incident_id, into), key=number_of):
        required(connection, name)
    number, lost = required(connection, incident_id)
    kept_number, survivor = required(connection, into)
    if is_written(connection, number, event.key):
        return survivor
    for one in (lost, survivor):
        if not one.is_open:
            raise BadMove(f"{one.id} is {one.state}: only open incidents can be merged")
    if lost.state in ACTING:
        raise BadMove(f"{lost.id} is {lost.state}: something is being changed for it; merge {into} into it instead")
    ended = replace(course.merged(lost, into, event.at), edition=lost.edition + 1, resolved_by=_by(event))
    grown = course.grown(survivor, lost, event.at)
    grown = replace(grown, edition=survivor.edition + 1, again=survivor.again or survivor.state in ACTING)
    member_rows.hand_over(connection, number, kept_number, reason=event.text)
    _rewrite(connection, number, ended)
    _rewrite(connection, kept_number, replace(grown, member_count=len(_members(connection, kept_number))))
    _add_words(connection, kept_number, words_of(lost))
    write_event(connection, number, replace(event, incident_id=incident_id))
    told = {"incident": incident_id, "into": into, **event.data}
    write_event(
        connection, kept_number, replace(event, incident_id=into, key=f"{event.key}:{incident_id}"[:300], data=told)
    )
    audited(connection, What.INCIDENT_MERGED, replace(event, incident_id=incident_id), into=into)
    return find(connection, kept_number) or grown


def split(connection: Connection, incident_id: str, trouble: str, apart: tuple[str, str], event: Event) -> Incident:
    """One trouble becomes an incident of its own, and what it left stays apart. Raises `BadMove`, `LookupError`."""
    number, present = required(connection, incident_id)
    if is_written(connection, number, event.key):
        return _made_by(connection, number, event)
    if not present.is_open:
        raise BadMove(f"{incident_id} is {present.state}: only an open incident can be split")
    known = {member.trouble: member for member in _members(connection, number)}
    leaving = known.pop(trouble, None)
    if leaving is None:
        raise LookupError(f"{incident_id} has no trouble {trouble[:80]}")
    if not known:
        raise BadMove(f"{trouble[:80]} is all there is in {incident_id}")
    made = _opened(leaving, event)
    digest = kept_digest(connection, made.alert)
    row = columns_of(made, digest) | {"words": words_of(made)}
    (new_number,) = insert_numbered(connection, incidents, [row])
    moved_member = (members.c.incident_number == number) & (members.c.trouble == trouble)
    seat = {"incident_number": new_number, "link": str(Link.BY_HAND), "reason": event.text}
    connection.execute(update(members).where(moved_member).values(**seat))
    _rewrite(connection, number, _without(present, leaving, list(known.values()), event.at))
    _keep_apart(connection, _pairs(apart, leaving, list(known.values())), event.at)
    write_event(connection, number, replace(event, data={**event.data, "trouble": trouble, "into": id_of(new_number)}))
    born: dict[str, object] = {
        "from": incident_id,
        "trouble": trouble,
        "alertname": leaving.alert.name,
        "labels": leaving.alert.labels,
    }
    words = f"split from {incident_id}: {event.text}"
    told = Event(id_of(new_number), f"split:{incident_id}", event.at, Moment.OPENED, Crew.PERSON, words, born)
    write_event(connection, new_number, told)
    audited(connection, What.INCIDENT_SPLIT, event, into=id_of(new_number))
    return replace(made, id=id_of(new_number))


def audited(connection: Connection, what: What, event: Event, **detail: str) -> None:
    """Write down what a person did to an incident; what the response does by itself is in its timeline alone."""
    if event.crew is Crew.PERSON:
        append(connection, act(event.at, _by(event), what, event.incident_id, **detail))


def _made_by(connection: Connection, number: int, event: Event) -> Incident:
    """The incident that an earlier call with the same key made."""
    written = select(events.c.data).where(events.c.incident_number == number, events.c.key == event.key)
    data = unpacked(connection.execute(written).scalar_one(), dict[str, object])
    found = find(connection, number_of(str(data.get("into", ""))))
    if found is None:
        raise LookupError(f"what {event.key[:80]} split off is not there any more")
    return found


def _opened(leaving: Member, event: Event) -> Incident:
    entry = JournalEntry(0, event.at, leaving.alert)
    opens = Opens(f"{PROVISIONAL_PREFIX}0", event.text, leaving.alert.severity, leaving.component)
    made = course.opened(Placed(entry, opens), event.at)
    cleared_at = None if leaving.firing else event.at
    return replace(made, alert_count=leaving.count, signal_cleared_at=cleared_at)


def _without(present: Incident, leaving: Member, rest: list[Member], now: datetime) -> Incident:
    """The incident that is left; where its lead went, the first that fires leads, and is responded to anew."""
    left = replace(
        present,
        alert_count=max(1, present.alert_count - leaving.count),
        member_count=len(rest),
        edition=present.edition + 1,
        updated_at=now,
    )
    firing = [member for member in rest if member.firing]
    if not firing and left.signal_cleared_at is None:
        left = replace(left, signal_cleared_at=now)
    if present.trouble != leaving.trouble:
        return left
    lead = (firing or rest)[0]
    title = course.title_of(lead.alert)
    led = replace(left, alert=lead.alert, trouble=lead.trouble, title=title, component=lead.component)
    return course.restarted(led) if firing else led


def _pairs(apart: tuple[str, str], leaving: Member, rest: list[Member]) -> list[tuple[str, str]]:
    """What stays apart: the two keys; where they are one key, the trouble and those of that key that it leaves."""
    if apart[0] != apart[1]:
        return [apart]
    left = [member.trouble for member in rest if key_of(member.alert, member.component) == apart[0]]
    return [(leaving.trouble, trouble) for trouble in left[:APART_MAX]]


def _keep_apart(connection: Connection, apart: list[tuple[str, str]], now: datetime) -> None:
    for pair in apart:
        one, other = sorted(bounded_key(name) for name in pair)
        values = {"one": one, "other": other, "at": now}
        connection.execute(insert_once(connection, pairs, ("one", "other"), values))


def _members(connection: Connection, number: int) -> list[Member]:
    query = MEMBERS.where(members.c.incident_number == number).order_by(*IN_ORDER)
    return [member_of(row) for row in connection.execute(query)]


def _rewrite(connection: Connection, number: int, incident: Incident) -> None:
    change(connection, number, columns_of(incident, kept_digest(connection, incident.alert)))


def _add_words(connection: Connection, number: int, words: str) -> None:
    before = connection.execute(select(incidents.c.words).where(incidents.c.number == number)).scalar_one()
    change(connection, number, {"words": f"{before}\n{words}"[:2000]})


def _by(event: Event) -> str:
    return str(event.data.get("by", ""))
