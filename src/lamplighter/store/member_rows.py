"""Members as rows: reading, writing many, moving between incidents. The unique `open_trouble` decides every race."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select, update

from lamplighter.domain.member import Link, Member
from lamplighter.store.driver import Asked, Many, stamp_for
from lamplighter.store.incident_rows import id_of
from lamplighter.store.tables import bodies, members
from lamplighter.store.values import bounded_key, clean, unpacked_alert
from lamplighter.store.writes import among

MEMBERS: Select[Any] = select(
    members.c.incident_number,
    bodies.c.payload,
    members.c.component,
    members.c.link,
    members.c.reason,
    members.c.joined_at,
    members.c.count,
).join_from(members, bodies, bodies.c.digest == members.c.digest)
IN_ORDER = (members.c.incident_number, members.c.seq, members.c.joined_at, members.c.trouble)
# Two statements, because a column that an index holds is written to that index even where it stays the same.
_SEAT = Many(
    "INSERT INTO members (incident_number, trouble, open_trouble, seq, digest, component, link, reason, joined_at, "
    "count) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (incident_number, trouble) DO UPDATE SET "
    "open_trouble = excluded.open_trouble, digest = excluded.digest, component = excluded.component, "
    "link = excluded.link, reason = excluded.reason, count = excluded.count"
)
_RENEW = Many("UPDATE members SET digest = ?, count = ? WHERE incident_number = ? AND trouble = ?")
_HOLDERS = Asked("SELECT open_trouble, incident_number, digest FROM members WHERE open_trouble IN {listed}", "text")
_LAST_WORD = Many("UPDATE members SET digest = ?, count = count + 1 WHERE incident_number = ? AND trouble = ?")


@dataclass(frozen=True, slots=True)
class Seat:
    """One member to be written: to which incident, by which journal entry, whether that is open and has it already."""

    number: int
    member: Member
    reason: str
    digest: str
    seq: int
    is_open: bool
    seated: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """The open incident that holds a trouble, and the body of the alert that it said last."""

    number: int
    digest: str


def member_of(row: Sequence[Any]) -> Member:
    """A row of MEMBERS as a value."""
    number, payload, component, link, reason, joined_at, count = row
    alert = unpacked_alert(payload)
    return Member(id_of(number), alert.trouble, alert, component, Link(link), reason, joined_at, count)


def holders(connection: Connection, troubles: Collection[str]) -> dict[str, Holder]:
    """Which open incident holds each of these troubles. Takes and returns bounded keys."""
    return {trouble: Holder(number, digest) for trouble, number, digest in _HOLDERS.rows(connection, sorted(troubles))}


def write_seats(connection: Connection, seats: Sequence[Seat]) -> None:
    """Write members, new and known. Raises `IntegrityError` where another open incident holds a trouble."""
    stamp = stamp_for(connection)
    fresh: list[tuple[object, ...]] = []
    known: list[tuple[object, ...]] = []
    for seat in seats:
        member, key = seat.member, bounded_key(seat.member.trouble)
        if seat.seated and seat.is_open:
            # Why it belongs there was written when it came, and stays.
            known.append((seat.digest, member.count, seat.number, key))
        else:
            said = (seat.digest, clean(member.component), str(member.link), clean(seat.reason))
            held = key if seat.is_open else None
            fresh.append((seat.number, key, held, seat.seq, *said, stamp(member.joined_at), member.count))
    _RENEW.run(connection, known)
    _SEAT.run(connection, fresh)


def write_last_words(connection: Connection, said: Sequence[tuple[str, int, str]]) -> None:
    """Write the last alert of members whose incident is closed: digest, incident number, trouble."""
    _LAST_WORD.run(connection, [(name, number, bounded_key(trouble)) for name, number, trouble in said])


def let_go(connection: Connection, number: int) -> None:
    """An incident closed: its troubles may open others."""
    connection.execute(update(members).where(members.c.incident_number == number).values(open_trouble=None))


def take_hold(connection: Connection, number: int) -> None:
    """An incident is open again. Raises `IntegrityError` where another open incident holds one of its troubles."""
    mine = members.c.incident_number == number
    connection.execute(update(members).where(mine).values(open_trouble=members.c.trouble))


def take_hold_of_free(connection: Connection, number: int, taken: Collection[str]) -> None:
    """An incident is open again, and leaves to others what they hold by now, or are about to: bounded keys."""
    other = members.alias()
    held = select(other.c.open_trouble).where(other.c.open_trouble == members.c.trouble).exists()
    mine = (members.c.incident_number == number) & members.c.open_trouble.is_(None)
    free = ~among(connection, members.c.trouble, sorted(taken))
    connection.execute(update(members).where(mine, ~held, free).values(open_trouble=members.c.trouble))


def hand_over(connection: Connection, number: int, into: int, *, reason: str = "") -> None:
    """Move the members of one open incident to another; what both have stays with the one that holds it."""
    other = members.alias()
    theirs = select(other.c.trouble).where(other.c.incident_number == into)
    held = select(other.c.trouble).where(other.c.incident_number == number, other.c.open_trouble.is_not(None))
    for which, elsewhere in ((into, held), (number, theirs)):
        stale = (members.c.incident_number == which) & members.c.open_trouble.is_(None)
        connection.execute(members.delete().where(stale, members.c.trouble.in_(elsewhere)))
    values: dict[str, object] = {"incident_number": into}
    if reason:
        values |= {"link": str(Link.BY_HAND), "reason": reason}
    connection.execute(update(members).where(members.c.incident_number == number).values(**values))
