"""The life of incidents while a stream is replayed: opened, grown, closed when all is clear. No response runs."""

from __future__ import annotations

import heapq
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert, JournalEntry
from lamplighter.domain.board import Board
from lamplighter.domain.flapping import STABLE
from lamplighter.domain.incident import Incident, State, moved
from lamplighter.domain.member import Member
from lamplighter.domain.placement import PROVISIONAL_PREFIX, Clears, Joins, Opens, Past, Placed, Reopens
from lamplighter.domain.placing import place_all

TROUBLES_MAX = 100_000
CLOSED_KEPT_MAX = 2_000
_PROVISIONAL = re.compile(rf"{PROVISIONAL_PREFIX}\d+")
BY_HAND = "the stream"


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one alert: the decision, and the incident by the number it has here; empty where it has none."""

    at: datetime
    placed: Placed
    incident_id: str
    absorbed: tuple[str, ...] = ()


class Life:
    """The open incidents of a stream. Times are the stream's own and never go back.

    `dwell` is how long everything must be clear before an incident counts as over; what flaps takes STABLE.
    """

    def __init__(self, board: Board, dwell: timedelta) -> None:
        self.board = board
        self._dwell = dwell
        self._seq = 0
        self._number = 0
        self._pasts: OrderedDict[str, Past] = OrderedDict()
        self._closed_members: OrderedDict[str, tuple[Member, ...]] = OrderedDict()
        self._due: dict[str, datetime] = {}
        self._waiting: list[tuple[datetime, str]] = []

    def place(self, alerts: Sequence[Alert], now: datetime) -> Iterator[Step]:
        """What becomes of the alerts of one delivery."""
        entries = []
        for alert in alerts:
            self._seq += 1
            entries.append(JournalEntry(self._seq, now, alert))
        unknown = {e.alert.trouble for e in entries if not self.board.knows(e.alert.trouble)}
        pasts = {trouble: self._pasts[trouble] for trouble in unknown if trouble in self._pasts}
        batch = place_all(tuple(entries), self.board, pasts, now)
        numbers = self._numbered(batch)
        self.board.settled(numbers)
        for placed in batch:
            yield self._step(_renumbered(placed, numbers), numbers, now)

    def pass_time(self, now: datetime) -> Iterator[Incident]:
        """The incidents that close before `now`, each when it is due, in that order."""
        while self._waiting and self._waiting[0][0] <= now:
            due, incident_id = heapq.heappop(self._waiting)
            if self._due.get(incident_id) == due:
                yield self._close(incident_id, State.SELF_CLEARED, "it cleared by itself", due)

    def close_by_hand(self, labels: Mapping[str, str], resolution: str, now: datetime) -> Iterator[Incident]:
        """Resolve every open incident that holds an alert with all these labels."""
        for incident_id in tuple(self.board.ids()):
            if any(labels.items() <= member.alert.labels.items() for member in self.board.members(incident_id)):
                yield self._close(incident_id, State.RESOLVED, resolution, now)

    def _numbered(self, batch: Sequence[Placed]) -> Mapping[str, str]:
        numbers: dict[str, str] = {}
        for placed in batch:
            if isinstance(placed.placement, Opens):
                self._number += 1
                numbers[placed.placement.incident_id] = f"INC-{self._number}"
        return numbers

    def _step(self, placed: Placed, numbers: Mapping[str, str], now: datetime) -> Step:
        placement = placed.placement
        self._remember(placed)
        if not isinstance(placement, Opens | Joins | Reopens | Clears):
            return Step(now, placed, "")
        incident_id = numbers.get(placement.incident_id, placement.incident_id)
        if isinstance(placement, Reopens):
            self._seat_again(incident_id)
        self._schedule(incident_id)
        absorbs = placement.absorbs if isinstance(placement, Joins) else ()
        return Step(now, placed, incident_id, tuple(numbers.get(name, name) for name in absorbs))

    def _remember(self, placed: Placed) -> None:
        if placed.episode is None:
            return
        trouble = placed.entry.alert.trouble
        self._pasts[trouble] = replace(self._pasts.get(trouble, Past()), episode=placed.episode)
        self._pasts.move_to_end(trouble)
        while len(self._pasts) > TROUBLES_MAX:
            self._pasts.popitem(last=False)

    def _seat_again(self, incident_id: str) -> None:
        """A reopened incident has again what belonged to it."""
        incident, held = self.board.incident(incident_id), self.board.members(incident_id)
        if incident is None:
            return
        before = (m for m in self._closed_members.pop(incident_id, ()) if not self.board.knows(m.trouble))
        # Nobody works on it here, so that it waits for nobody; what flaps is a person's, as in life.
        state = incident.state if incident.flapping else State.RECEIVED
        self.board.put(replace(incident, state=state), (*before, *held))

    def _schedule(self, incident_id: str) -> None:
        incident = self.board.incident(incident_id)
        cleared = incident.signal_cleared_at if incident is not None else None
        if incident is None or cleared is None:
            self._due.pop(incident_id, None)
            return
        due = cleared + (STABLE if incident.flapping else self._dwell)
        if self._due.get(incident_id) != due:
            self._due[incident_id] = due
            heapq.heappush(self._waiting, (due, incident_id))

    def _close(self, incident_id: str, state: State, resolution: str, now: datetime) -> Incident:
        incident, members = self.board.incident(incident_id), tuple(self.board.members(incident_id))
        if incident is None:
            raise LookupError(incident_id)
        by = BY_HAND if state is State.RESOLVED else ""
        closed = replace(moved(incident, state, now), resolution=resolution, resolved_by=by)
        self.board.drop(incident_id)
        self._due.pop(incident_id, None)
        self._closed_members[incident_id] = members
        while len(self._closed_members) > CLOSED_KEPT_MAX:
            self._closed_members.popitem(last=False)
        fix = resolution if state is State.RESOLVED else ""
        for member in members:
            past = self._pasts.get(member.trouble, Past())
            self._pasts[member.trouble] = replace(past, last_closed=closed, fix=fix)
        return closed


def _renumbered(placed: Placed, numbers: Mapping[str, str]) -> Placed:
    """The decision with the numbers that its incidents have here, in its words too."""
    if PROVISIONAL_PREFIX not in placed.placement.reason:
        return placed
    reason = _PROVISIONAL.sub(lambda found: numbers.get(found[0], found[0]), placed.placement.reason)
    return replace(placed, placement=replace(placed.placement, reason=reason))
