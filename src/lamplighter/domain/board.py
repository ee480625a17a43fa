"""The open incidents in memory, with the indexes that placing asks. Mutable, but no input or output and no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from lamplighter.domain import course
from lamplighter.domain.alert import Alert, AlertStatus, Episode
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import Incident
from lamplighter.domain.index import FiringIndex
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import (
    PROVISIONAL_PREFIX,
    Clears,
    Heard,
    Joins,
    Opens,
    Past,
    Placed,
    Placement,
    Reopens,
)
from lamplighter.domain.sameness import Sight, sight_of

WATCHDOGS = frozenset({"Watchdog"})
# The first repeats are told one by one; those after them are counted.
REPEATS_TOLD = 6
# So many of those that have cleared stay at hand; the store knows the rest, and they are recalled when they return.
CLEARED_MAX = 2_000


@dataclass(slots=True)
class _Case:
    """One open incident: its members in the order of joining, those that fire, and when it last grew."""

    incident: Incident
    grew_at: datetime
    members: dict[str, Member]
    firing: dict[str, None]


class Board:
    """Every open incident and what belongs to it: all that fires, and the last `cleared_max` that cleared.

    `watchdogs` are the names of alerts that always fire.
    """

    def __init__(
        self, graph: Graph | None = None, apart: Iterable[tuple[str, str]] = (), cleared_max: int = CLEARED_MAX
    ) -> None:
        self.graph = graph or Graph(())
        self.watchdogs = WATCHDOGS
        self._cleared_max = cleared_max
        self._cleared: dict[str, None] = {}
        self._cases: dict[str, _Case] = {}
        self._incident_of: dict[str, str] = {}
        self._episodes: dict[str, Episode] = {}
        self._fires = FiringIndex(self.graph)
        self._apart: dict[str, set[str]] = {}
        self._heard: dict[tuple[str, str], int] = {}
        self._heard_lately: dict[str, int] = {}
        self._touched: dict[str, None] = {}
        self._left: list[Member] = []
        self._closed: dict[str, Incident] = {}
        self._gone: dict[str, str | Incident] = {}
        self._batch_troubles: dict[str, None] = {}
        self._last_seen: tuple[Alert, Sight] | None = None
        for one, other in apart:
            self.keep_apart(one, other)

    def __len__(self) -> int:
        return len(self._cases)

    def survey(self, graph: Graph) -> None:
        """Take a new topology; every alert is read again in its light."""
        self.graph = graph
        self._last_seen = None
        self._fires = FiringIndex(graph)
        for case in self._cases.values():
            for trouble in case.firing:
                self._index(case.members[trouble])

    def keep_apart(self, one: str, other: str) -> None:
        """Two sameness keys that a person has split, or two troubles where their keys are one."""
        self._apart.setdefault(one, set()).add(other)
        self._apart.setdefault(other, set()).add(one)

    def put(self, incident: Incident, members: Iterable[Member]) -> None:
        """Load an open incident, or replace what is known of it."""
        self.drop(incident.id)
        case = _Case(incident, incident.opened_at, {}, {})
        self._cases[incident.id] = case
        for member in members:
            self._seat(case, member)
        self._let_leave()

    def drop(self, incident_id: str) -> None:
        """Forget an incident; one that is not here is no error."""
        case = self._cases.pop(incident_id, None)
        for trouble in case.members if case else ():
            self._fires.discard(trouble)
            del self._incident_of[trouble]
            self._cleared.pop(trouble, None)
            self._touched.pop(trouble, None)
            if trouble not in self._batch_troubles:
                self._episodes.pop(trouble, None)

    def knows(self, trouble: str) -> bool:
        """Whether this trouble is at hand as one of an open incident; the store may know that of more."""
        return trouble in self._incident_of

    def member(self, trouble: str) -> Member | None:
        """This trouble in the open incident that holds it."""
        incident_id = self._incident_of.get(trouble)
        return None if incident_id is None else self._cases[incident_id].members[trouble]

    def members(self, incident_id: str) -> Sequence[Member]:
        """What is at hand of an open incident: all that fires, and what cleared lately."""
        case = self._cases.get(incident_id)
        return () if case is None else tuple(case.members.values())

    def incident(self, incident_id: str) -> Incident | None:
        """An open incident by its id."""
        case = self._cases.get(incident_id)
        return None if case is None else case.incident

    def ids(self) -> Collection[str]:
        """The ids of all open incidents."""
        return self._cases.keys()

    def editions(self, ids: Iterable[str]) -> dict[str, int]:
        """The editions that decisions about these incidents are made on; those not stored yet have none."""
        found = ((name, self._cases.get(name)) for name in ids if not name.startswith(PROVISIONAL_PREFIX))
        return {name: case.incident.edition for name, case in found if case is not None}

    def episode(self, trouble: str) -> Episode | None:
        """The last thing known of a trouble that is open here, or that was placed since the last `settled`."""
        kept = self._episodes.get(trouble)
        if kept is not None:
            return kept
        member = self.member(trouble)
        if member is None:
            return None
        alert = member.alert
        return Episode(trouble, alert.starts_at, alert.status, alert.ends_at, 1.0, member.joined_at)

    def recall(self, trouble: str, past: Past) -> None:
        """Note what the store knows of a trouble that is not at hand, until the next `settled`."""
        if past.member is not None:
            self._call_back(past.member)
        if past.last_closed is not None:
            self._closed.setdefault(trouble, past.last_closed)
        if past.episode is not None:
            self._batch_troubles[trouble] = None
            self._episodes.setdefault(trouble, past.episode)

    def _call_back(self, member: Member) -> None:
        """Seat one that had left, in what became of its incident meanwhile; of an unknown one the store will tell."""
        name = member.incident_id
        while isinstance(into := self._gone.get(name), str):
            name = into
        if isinstance(into, Incident):
            self._closed[member.trouble] = into
            self._batch_troubles[member.trouble] = None
        elif name in self._cases:
            self._seat(self._cases[name], replace(member, incident_id=name))

    def closed(self, trouble: str) -> Incident | None:
        """The incident that this trouble belonged to last, if it was recalled or closed since the last `settled`."""
        incident = self._closed.get(trouble)
        return None if incident is None or incident.id in self._cases else incident

    def sight(self, alert: Alert) -> Sight:
        """What an alert says, by the present topology."""
        last = self._last_seen
        if last is not None and last[0] is alert:
            return last[1]
        sight = sight_of(alert, self.graph)
        self._last_seen = (alert, sight)
        return sight

    def seen(self, trouble: str) -> Sight | None:
        """What a firing trouble of an open incident says."""
        return self._fires.sight(trouble)

    def saying(self, sight: Sight) -> Iterable[str]:
        """The firing troubles that say the same of the same component."""
        return self._fires.saying(sight)

    def at(self, component: str) -> Iterable[str]:
        """The firing troubles of a component, oldest first."""
        return self._fires.at(component)

    def needing(self, component: str) -> Iterable[str]:
        """The components in trouble that need this one, within the bound of hops."""
        return self._fires.needing(component)

    def incident_of(self, trouble: str) -> str:
        """The open incident that holds this trouble; `KeyError` where none does."""
        return self._incident_of[trouble]

    def grew_at(self, incident_id: str) -> datetime:
        """When a trouble last joined this open incident; `KeyError` where it is not open."""
        return self._cases[incident_id].grew_at

    def firing(self, incident_id: str) -> Collection[str]:
        """The troubles of an open incident that fire; `KeyError` where it is not open."""
        return self._cases[incident_id].firing.keys()

    def split_from(self, key: str, incident_id: str, trouble: str = "") -> bool:
        """Whether a person has split what this key says, or this trouble, from what fires in this incident."""
        return any(self._fires_in(other, incident_id) for name in (key, trouble) for other in self._apart.get(name, ()))

    def split_between(self, incident_id: str, other_id: str) -> bool:
        """Whether a person has split something of the one incident from something of the other."""
        return any(self._fires_in(key, incident_id) and self.split_from(key, other_id) for key in self._apart)

    def _fires_in(self, name: str, incident_id: str) -> bool:
        """Whether this sameness key, or this trouble, fires in an incident."""
        if self._fires.sight(name) is not None and self._incident_of[name] == incident_id:
            return True
        return any(self._incident_of[trouble] == incident_id for trouble in self._fires.keyed(name))

    def only_repeats(self, alert: Alert, placement: Placement) -> bool:
        """Whether an alert says word for word what its open trouble has said REPEATS_TOLD times: it is only counted."""
        if not isinstance(placement, Joins) or placement.link is not Link.SAME_TROUBLE:
            return False
        case = self._cases[placement.incident_id]
        member = case.members[alert.trouble]
        if placement.leads or placement.absorbs or placement.flapping != case.incident.flapping:
            return False
        if member.count < REPEATS_TOLD or case.incident.signal_cleared_at is not None:
            return False
        last = member.alert
        same = last.starts_at == alert.starts_at and last.status is alert.status is AlertStatus.FIRING
        return same and last.annotations == alert.annotations and last.labels == alert.labels

    def hear(self, trouble: str) -> None:
        """Count one repeat; it becomes durable with the next `heard`."""
        key = self._incident_of[trouble], trouble
        self._heard[key] = self._heard.get(key, 0) + 1
        self._heard_lately[trouble] = self._heard_lately.get(trouble, 0) + 1

    def heard(self) -> tuple[Heard, ...]:
        """The repeats that were only counted, also those of what has closed meanwhile."""
        return tuple(Heard(incident_id, trouble, times) for (incident_id, trouble), times in self._heard.items())

    def heard_before(self) -> tuple[Heard, ...]:
        """The repeats that were heard before the last `settled`; a batch that is not durable is heard once more."""
        lately = dict(self._heard_lately)
        found: list[Heard] = []
        for one in reversed(self.heard()):
            again = min(one.times, lately.get(one.trouble, 0))
            lately[one.trouble] = lately.get(one.trouble, 0) - again
            if one.times > again and not one.incident_id.startswith(PROVISIONAL_PREFIX):
                found.append(replace(one, times=one.times - again))
        return tuple(found)

    def counted(self, heard: Iterable[Heard]) -> None:
        """These repeats are durable."""
        for one in heard:
            left = self._heard.pop((one.incident_id, one.trouble), 0) - one.times
            if left > 0:
                self._heard[one.incident_id, one.trouble] = left
            case = self._cases.get(one.incident_id)
            if case is None:
                continue
            if member := case.members.get(one.trouble):
                case.members[one.trouble] = replace(member, count=member.count + one.times)
            case.incident = replace(case.incident, alert_count=case.incident.alert_count + one.times)

    def take(self, placed: Placed, now: datetime) -> None:
        """Let a placement take effect in memory."""
        trouble = placed.entry.alert.trouble
        self._batch_troubles[trouble] = None
        if placed.episode is not None:
            self._episodes[trouble] = placed.episode
        match placed.placement:
            case Opens() as opens:
                incident = course.opened(placed, now)
                self._cases[incident.id] = _Case(incident, now, {}, {})
                self._joins(incident.id, placed, Link.OPENED, opens.reason, opens.component, now)
            case Joins() as joins:
                for absorbed in joins.absorbs:
                    self._absorb(absorbed, joins.incident_id, now)
                self._carry(joins.incident_id, placed, now)
                self._joins(joins.incident_id, placed, joins.link, joins.reason, joins.component, now)
            case Reopens() as reopens:
                self._reopen(reopens, placed, now)
            case Clears() as clears:
                self._carry(clears.incident_id, placed, now)
                self._clear(clears, placed.entry.alert)
            case _:
                return

    def touched(self) -> tuple[Member, ...]:
        """The members that changed since the last `settled`, as they stand; also those of incidents that closed."""
        found = (self.member(trouble) for trouble in self._touched)
        return (*self._left, *(member for member in found if member is not None))

    def settled(self, ids: Mapping[str, str], incidents: Mapping[str, Incident] | None = None) -> None:
        """The batch is durable: provisional ids get their real ones, and what was touched is forgotten.

        `incidents` are rows as the store has them now; one that is closed there is dropped here.
        """
        for provisional, real in ids.items():
            self._rename(provisional, real)
        for incident in (incidents or {}).values():
            if not incident.is_open:
                self.drop(incident.id)
            elif incident.id in self._cases:
                self._cases[incident.id].incident = incident
        self._touched.clear()
        self._left.clear()
        self._closed.clear()
        self._gone.clear()
        self._heard_lately.clear()
        self._let_leave()
        for trouble in self._batch_troubles:
            if trouble not in self._incident_of:
                self._episodes.pop(trouble, None)
        self._batch_troubles.clear()

    def _let_leave(self) -> None:
        """Those that cleared first leave, once everything about them is in the store."""
        while len(self._cleared) > self._cleared_max:
            trouble = next(iter(self._cleared))
            del self._cleared[trouble], self._cases[self._incident_of.pop(trouble)].members[trouble]
            self._episodes.pop(trouble, None)

    def _heard_by(self, incident_id: str, before: str, trouble: str) -> None:
        times = self._heard.pop((before, trouble), 0)
        if times:
            self._heard[incident_id, trouble] = times

    def _rename(self, provisional: str, real: str) -> None:
        case = self._cases.pop(provisional, None)
        if case is None:
            return
        case.incident = replace(case.incident, id=real)
        self._cases[real] = case
        for trouble, member in case.members.items():
            self._heard_by(real, provisional, trouble)
            case.members[trouble] = replace(member, incident_id=real)
            self._incident_of[trouble] = real

    def _joins(self, incident_id: str, placed: Placed, link: Link, reason: str, component: str, now: datetime) -> None:
        case, alert = self._cases[incident_id], placed.entry.alert
        known = case.members.get(alert.trouble)
        if known is None:
            case.grew_at = now
            member = Member(incident_id, alert.trouble, alert, component, link, reason, now)
        else:
            member = _heard_again(known, alert)
        self._seat(case, member)
        self._touched[alert.trouble] = None

    def _seat(self, case: _Case, member: Member) -> None:
        trouble = member.trouble
        case.members[trouble] = member
        case.grew_at = max(case.grew_at, member.joined_at)
        self._incident_of[trouble] = member.incident_id
        if not member.firing:
            self._cleared.pop(trouble, None)
            self._cleared[trouble] = None
        if member.firing == (trouble in case.firing):
            return
        if member.firing:
            self._cleared.pop(trouble, None)
            case.firing[trouble] = None
            self._index(member)
        else:
            del case.firing[trouble]
            self._fires.discard(trouble)

    def _index(self, member: Member) -> None:
        sight = self.sight(member.alert)
        if not sight.component and member.component:
            sight = replace(sight, component=member.component)
        self._fires.add(member.trouble, sight)

    def _carry(self, incident_id: str, placed: Placed, now: datetime) -> None:
        case = self._cases[incident_id]
        case.incident = course.after(case.incident, placed, now)

    def _absorb(self, absorbed: str, into: str, now: datetime) -> None:
        gone, case = self._cases.pop(absorbed), self._cases[into]
        self._gone[absorbed] = into
        case.incident = course.grown(case.incident, gone.incident, now)
        case.grew_at = max(case.grew_at, gone.grew_at)
        for trouble, member in gone.members.items():
            self._heard_by(into, absorbed, trouble)
            case.members[trouble] = replace(member, incident_id=into)
            self._incident_of[trouble] = into
            self._touched[trouble] = None
        case.firing.update(gone.firing)

    def _reopen(self, reopens: Reopens, placed: Placed, now: datetime) -> None:
        alert = placed.entry.alert
        incident = self._closed[alert.trouble]
        self._cases[incident.id] = _Case(course.after(incident, placed, now), now, {}, {})
        self._joins(incident.id, placed, Link.SAME_TROUBLE, reopens.reason, reopens.component, now)

    def _clear(self, clears: Clears, alert: Alert) -> None:
        case = self._cases[clears.incident_id]
        self._seat(case, _heard_again(case.members[alert.trouble], alert))
        self._touched[alert.trouble] = None
        if case.incident.is_open:
            return
        touched = [member for trouble, member in case.members.items() if trouble in self._touched]
        self._gone[case.incident.id] = case.incident
        for trouble in case.members:
            self._closed[trouble] = case.incident
            self._batch_troubles[trouble] = None
        self.drop(case.incident.id)
        self._left.extend(touched)


def _heard_again(member: Member, alert: Alert) -> Member:
    """The member with one more delivery; one that is older than the last accepted changes only the count."""
    newer = alert.starts_at >= member.alert.starts_at
    return replace(member, alert=alert if newer else member.alert, count=member.count + 1)
