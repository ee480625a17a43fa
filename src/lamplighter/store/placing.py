"""One batch of placements in one transaction: lease, locks, editions, then the incidents, members, events and marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from lamplighter.domain.alert import Alert
from lamplighter.domain.member import Member
from lamplighter.domain.placement import PROVISIONAL_PREFIX, Heard, Placed, Suppresses
from lamplighter.ports import Applied, StoreUnavailable
from lamplighter.store import member_rows
from lamplighter.store.driver import Many, stamp_for
from lamplighter.store.event_rows import write_events
from lamplighter.store.folding import Fold, folded, named, settled, stale_of
from lamplighter.store.incident_rows import id_of, locked, number_of
from lamplighter.store.incident_writes import insert_incidents, update_incidents
from lamplighter.store.leases import check_token
from lamplighter.store.member_rows import Holder, Seat
from lamplighter.store.recent import RecentAlerts
from lamplighter.store.values import bounded_key, clean

_MARK = Many(
    "UPDATE journal SET placed_at = ?, incident_number = ?, placement = ?, reason = ? "
    "WHERE seq = ? AND placed_at IS NULL"
)
_MEMBER_COUNT = Many("UPDATE members SET count = count + ? WHERE incident_number = ? AND trouble = ?")
_INCIDENT_COUNT = Many("UPDATE incidents SET alert_count = alert_count + ?, updated_at = ? WHERE number = ?")
# A repeat that says nothing new writes nothing here.
_EPISODE = Many(
    "INSERT INTO episodes (trouble, starts_at, status, ends_at, penalty, changed_at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (trouble) DO UPDATE SET starts_at = excluded.starts_at, status = excluded.status, "
    "ends_at = excluded.ends_at, penalty = excluded.penalty, changed_at = excluded.changed_at "
    "WHERE episodes.starts_at <> excluded.starts_at OR episodes.status <> excluded.status "
    "OR episodes.penalty <> excluded.penalty OR episodes.changed_at IS NULL"
)


def apply_batch(
    connection: Connection,
    recent: RecentAlerts,
    batch: Sequence[Placed],
    members: Sequence[Member],
    editions: Mapping[str, int],
    now: datetime,
    token: int,
) -> Applied:
    """Record a batch; where `stale` is not empty nothing was written. Raises `Fenced`, `StoreUnavailable`.

    Raises `IntegrityError` where another process opened one of the troubles in this very moment.
    """
    check_token(connection, token)
    told = [placed for placed in batch if not placed.repeats]
    names = named(told)
    known = {name: edition for name, edition in editions.items() if not name.startswith(PROVISIONAL_PREFIX)}
    numbers = {number_of(name) for name in (*names, *known)}
    found = {incident.id: incident for incident in locked(connection, recent, numbers).values()}
    if stale := stale_of(names, found, known):
        return Applied(stale=stale)
    fold = folded(told, found, now)
    seated = settled(members, fold)
    holders = member_rows.holders(connection, {bounded_key(member.trouble) for member in seated})
    if stale := _held_elsewhere(seated, holders, fold):
        return Applied(stale=stale)
    digests = recent.digests_of(connection, _alerts_named(seated, fold))
    _write_incidents(connection, fold, digests)
    _write_members(connection, seated, holders, fold, digests, _first_seqs(told))
    _write_episodes(connection, told, _repeated(seated, holders, digests))
    write_events(connection, [fold.told(event) for event in fold.events])
    _write_marks(connection, batch, fold)
    return Applied(fold.real, fold.outcomes())


def add_counts(connection: Connection, heard: Sequence[Heard], now: datetime) -> None:
    """Add repeats to the counts of members and incidents."""
    numbers = [number_of(one.incident_id) for one in heard]
    per_member = [(one.times, number, bounded_key(one.trouble)) for one, number in zip(heard, numbers, strict=True)]
    sums: dict[int, int] = {}
    for one, number in zip(heard, numbers, strict=True):
        sums[number] = sums.get(number, 0) + one.times
    at = stamp_for(connection)(now)
    _MEMBER_COUNT.run(connection, per_member)
    _INCIDENT_COUNT.run(connection, [(times, at, number) for number, times in sorted(sums.items())])


def _held_elsewhere(seated: Sequence[Member], holders: Mapping[str, Holder], fold: Fold) -> frozenset[str]:
    """The open incidents that hold a trouble which this batch believes to be elsewhere, or nowhere."""
    stale: set[str] = set()
    for member in seated:
        holder = holders.get(bounded_key(member.trouble))
        if holder is None:
            continue
        name = fold.survivor(id_of(holder.number))
        ended = name in fold.incidents and not fold.incidents[name].is_open
        if name != member.incident_id and not ended:
            stale.add(name)
    return frozenset(stale)


def _alerts_named(seated: Sequence[Member], fold: Fold) -> Iterator[Alert]:
    """Every alert that a row will refer to."""
    yield from (member.alert for member in seated)
    yield from (incident.alert for incident in fold.incidents.values())
    yield from (placed.entry.alert for placed in fold.last_words.values())


def _repeated(seated: Sequence[Member], holders: Mapping[str, Holder], digests: Mapping[int, str]) -> frozenset[str]:
    """The troubles whose members say word for word what they said before: nothing new is known of them."""
    found = ((member, holders.get(bounded_key(member.trouble))) for member in seated)
    return frozenset(
        member.trouble for member, holder in found if holder is not None and holder.digest == digests[id(member.alert)]
    )


def _write_incidents(connection: Connection, fold: Fold, digests: Mapping[int, str]) -> None:
    opened = [fold.incidents[name] for name in fold.opened]
    numbers = insert_incidents(connection, opened, [digests[id(one.alert)] for one in opened], fold.names)
    fold.number({name: id_of(number) for name, number in zip(fold.opened, numbers, strict=True)})
    changed = [
        (fold.found[name], fold.renamed(incident), digests[id(incident.alert)])
        for name, incident in fold.incidents.items()
        if name not in fold.opened
    ]
    update_incidents(connection, changed, fold.names)


def _write_members(
    connection: Connection,
    seated: Sequence[Member],
    holders: Mapping[str, Holder],
    fold: Fold,
    digests: Mapping[int, str],
    seqs: Mapping[str, int],
) -> None:
    def number(name: str) -> int:
        return number_of(fold.real_id(name))

    for name in fold.absorbed:
        member_rows.hand_over(connection, number(name), number(fold.survivor(name)))
    for name in fold.reopened:
        elsewhere = {bounded_key(member.trouble) for member in seated if member.incident_id != name}
        member_rows.take_hold_of_free(connection, number(name), elsewhere)
    ended = [name for name, incident in fold.incidents.items() if not incident.is_open and name not in fold.absorbed]
    for name in ended:
        member_rows.let_go(connection, number(name))
    seats = [
        Seat(
            number(member.incident_id),
            member,
            fold.said(member.reason),
            digests[id(member.alert)],
            seqs.get(member.trouble, 0),
            member.incident_id not in ended,
            _is_seated(member, holders, fold),
        )
        for member in seated
    ]
    member_rows.write_seats(connection, seats)
    # The board lets go of what closed, so the last alerts of such members are known from the batch only.
    there = {(seat.number, seat.member.trouble) for seat in seats}
    last_words = [
        (digests[id(placed.entry.alert)], number(name), trouble)
        for (name, trouble), placed in fold.last_words.items()
        if name in ended and (number(name), trouble) not in there
    ]
    member_rows.write_last_words(connection, last_words)


def _is_seated(member: Member, holders: Mapping[str, Holder], fold: Fold) -> bool:
    """Whether the incident has this trouble already, its own or by absorbing the one that had it."""
    holder = holders.get(bounded_key(member.trouble))
    return holder is not None and fold.survivor(id_of(holder.number)) == member.incident_id


def _first_seqs(batch: Sequence[Placed]) -> dict[str, int]:
    """The first entry of each trouble in the batch."""
    return {placed.entry.alert.trouble: placed.entry.seq for placed in reversed(batch)}


def _write_episodes(connection: Connection, batch: Sequence[Placed], repeated: frozenset[str]) -> None:
    stamp = stamp_for(connection)
    known = (placed.episode for placed in batch)
    last = {one.trouble: one for one in known if one is not None and one.trouble not in repeated}
    rows = [
        (
            bounded_key(one.trouble),
            stamp(one.starts_at),
            str(one.status),
            stamp(one.ends_at),
            one.penalty,
            stamp(one.changed_at),
        )
        for one in last.values()
    ]
    _EPISODE.run(connection, rows)


def _write_marks(connection: Connection, batch: Sequence[Placed], fold: Fold) -> None:
    at = stamp_for(connection)(fold.now)
    rows: list[tuple[object, ...]] = []
    for placed in batch:
        placement = placed.placement
        number = None
        if not isinstance(placement, Suppresses):
            number = number_of(fold.real_id(fold.final(placement.incident_id)))
        word = type(placement).__name__.lower()
        rows.append((at, number, word, clean(fold.said(placement.reason)), placed.entry.seq))
    if _MARK.run(connection, rows) != len(rows):
        raise StoreUnavailable("entries of this batch were placed or set aside meanwhile; look at the journal again")
