"""What a batch of placements makes of the incidents as they stand under the store's locks. Pure: no database here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from lamplighter.domain import course
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.member import Member
from lamplighter.domain.placement import PROVISIONAL_PREFIX, Clears, Joins, Opens, Placed, Reopens, Suppresses
from lamplighter.domain.timeline import Event
from lamplighter.store.chronicle import closed_event, merged_events, placed_events

_PROVISIONAL = re.compile(rf"{re.escape(PROVISIONAL_PREFIX)}[0-9]+")
# What was opened and absorbed in one batch was never seen by anybody, so there is nothing to say of it.
_OF_ITSELF = re.compile(r"; so (INC-[0-9]+) is one with \1\b")
REOPENABLE = frozenset({State.RESOLVED, State.SELF_CLEARED})


@dataclass(slots=True)
class Fold:
    """Incidents by id as the batch leaves them, `found` as it found them. Ids of what it opens are provisional.

    `aliases` are incidents that were opened and absorbed in the same batch: they were never seen by anybody, so they
    are not written, and what went to them goes to the one that absorbed them.
    """

    found: Mapping[str, Incident]
    now: datetime
    incidents: dict[str, Incident] = field(default_factory=dict)
    opened: dict[str, None] = field(default_factory=dict)
    absorbed: dict[str, str] = field(default_factory=dict)
    reopened: dict[str, None] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    names: dict[str, dict[str, None]] = field(default_factory=dict)
    last_words: dict[tuple[str, str], Placed] = field(default_factory=dict)
    real: dict[str, str] = field(default_factory=dict)

    def final(self, incident_id: str) -> str:
        """The id that goes on where this one was absorbed before it was ever written."""
        while incident_id in self.aliases:
            incident_id = self.aliases[incident_id]
        return incident_id

    def survivor(self, incident_id: str) -> str:
        """The incident that goes on at the end of the batch, where one absorbed the other and was absorbed itself."""
        incident_id = self.final(incident_id)
        while incident_id in self.absorbed:
            incident_id = self.absorbed[incident_id]
        return incident_id

    def number(self, ids: Mapping[str, str]) -> None:
        """Learn the real ids of what the batch opened."""
        self.real = dict(ids) | {name: ids.get(self.final(name), self.final(name)) for name in self.aliases}

    def real_id(self, incident_id: str) -> str:
        """The id that people will know."""
        return self.real.get(incident_id, incident_id)

    def said(self, words: str) -> str:
        """Words in which real ids stand for provisional ones."""
        if PROVISIONAL_PREFIX not in words:
            return words
        return _OF_ITSELF.sub("", _PROVISIONAL.sub(lambda match: self.real.get(match[0], match[0]), words))

    def told(self, event: Event) -> Event:
        """An event with real ids."""
        name = self.real_id(self.final(event.incident_id))
        if name == event.incident_id and PROVISIONAL_PREFIX not in event.text:
            return event
        data = {key: self.real_id(value) if isinstance(value, str) else value for key, value in event.data.items()}
        return replace(event, incident_id=name, key=self.said(event.key), text=self.said(event.text), data=data)

    def renamed(self, incident: Incident) -> Incident:
        """An incident with real ids in place of provisional ones."""
        if incident.id not in self.real and incident.merged_into not in self.real:
            return incident
        into = self.real_id(incident.merged_into)
        words = self.said(incident.resolution)
        return replace(incident, id=self.real_id(incident.id), merged_into=into, resolution=words)

    def outcomes(self) -> dict[str, Incident]:
        """The incidents as the batch leaves them, by their real ids."""
        return {self.real_id(name): self.renamed(incident) for name, incident in self.incidents.items()}

    def take(self, placed: Placed) -> None:
        """Let one placement take effect."""
        placement = placed.placement
        if isinstance(placement, Suppresses):
            return
        number = self.final(placement.incident_id)
        if isinstance(placement, Opens):
            after = course.opened(placed, self.now)
            self.opened[number] = None
            before = None
        else:
            before = self.incidents.get(number) or self.found[number]
            after = course.after(before, placed, self.now)
        self.incidents[number] = after
        self.names.setdefault(number, {})[placed.entry.alert.name] = None
        if isinstance(placement, Reopens):
            self.reopened[number] = None
        if isinstance(placement, Joins):
            for other in placement.absorbs:
                self._absorb(self.final(other), number, placed)
        if isinstance(placement, Clears):
            self.last_words[number, placed.entry.alert.trouble] = placed
        self.events.extend(placed_events(before, self.incidents[number], placed, self.now))
        if before is not None and before.is_open and not after.is_open:
            self.events.append(closed_event(after, placed, self.now))

    def _absorb(self, other: str, into: str, placed: Placed) -> None:
        if other == into:
            return
        lost = self.incidents.get(other) or self.found[other]
        survivor = self.incidents[into] = course.grown(self.incidents[into], lost, self.now)
        self.names.setdefault(into, {}).update(self.names.pop(other, {lost.alert.name: None}))
        if other in self.opened:
            del self.opened[other], self.incidents[other]
            self.aliases[other] = into
            return
        self.incidents[other] = course.merged(lost, into, self.now)
        self.absorbed[other] = into
        self.events.extend(merged_events(lost, survivor, placed, self.now))


def folded(batch: Iterable[Placed], found: Mapping[str, Incident], now: datetime) -> Fold:
    """The whole batch, in order. `found` must hold every incident that the batch names."""
    fold = Fold(found, now)
    for placed in batch:
        fold.take(placed)
    return fold


def named(batch: Iterable[Placed]) -> dict[str, bool]:
    """The stored incidents that a batch names, with whether the first thing it does is to reopen them."""
    names: dict[str, bool] = {}
    opened: set[str] = set()
    for placed in batch:
        placement = placed.placement
        if isinstance(placement, Suppresses):
            continue
        if isinstance(placement, Opens):
            opened.add(placement.incident_id)
            continue
        names.setdefault(placement.incident_id, isinstance(placement, Reopens))
        if isinstance(placement, Joins):
            for other in placement.absorbs:
                names.setdefault(other, False)
    return {name: reopens for name, reopens in names.items() if name not in opened}


def stale_of(names: Mapping[str, bool], found: Mapping[str, Incident], editions: Mapping[str, int]) -> frozenset[str]:
    """The incidents that are not any more as the decisions saw them."""
    stale: set[str] = set()
    for name, reopens in names.items():
        incident = found.get(name)
        if incident is None or (incident.state not in REOPENABLE if reopens else not incident.is_open):
            stale.add(name)
    for name, edition in editions.items():
        incident = found.get(name)
        if incident is None or incident.edition != edition:
            stale.add(name)
    return frozenset(stale)


def settled(members: Iterable[Member], fold: Fold) -> list[Member]:
    """The members with the ids that go on, each trouble of an incident once."""
    seated: dict[tuple[str, str], Member] = {}
    for member in members:
        name = fold.survivor(member.incident_id)
        seated[name, member.trouble] = member if name == member.incident_id else replace(member, incident_id=name)
    return list(seated.values())
