"""One flapping alert through the real placing, with a response that finds nothing to do: incidents and messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from benchmarks.streams import Timed
from lamplighter.domain.alert import Episode, JournalEntry
from lamplighter.domain.board import Board
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.placement import Opens, Past, Placed
from lamplighter.domain.placing import place_all
from lamplighter.domain.telling import Told, why_silent


class FlapLife:
    """Each response hands over to a person at once, the worst that can be for the number of messages."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.incidents = 0
        self._board = Board()
        self._episodes: dict[str, Episode] = {}
        self._closed: dict[str, Incident] = {}

    def take(self, number: int, timed: Timed) -> None:
        """Place one alert, and let the response that follows run to its end."""
        trouble = timed.alert.trouble
        before = self._board.member(trouble)
        past = Past(self._episodes.get(trouble), self._closed.get(trouble))
        (placed,) = place_all((JournalEntry(number, timed.at, timed.alert),), self._board, {trouble: past}, timed.at)
        closed = self._board.closed(trouble)
        self._remember(placed)
        self._board.settled({f"new:{number}": f"INC-{number}"})
        after = self._board.member(trouble)
        if after is not None:
            self._respond(after.incident_id, timed.at)
        elif before is not None and closed is not None:
            self._closed[trouble] = closed
            self._tell(closed, str(closed.state))

    def _remember(self, placed: Placed) -> None:
        self.incidents += isinstance(placed.placement, Opens)
        if placed.episode is not None:
            self._episodes[placed.episode.trouble] = placed.episode

    def _respond(self, incident_id: str, now: datetime) -> None:
        incident = self._board.incident(incident_id)
        if incident is None:
            return
        if incident.flapping:
            self._tell(incident, "flapping")
        elif incident.state is State.RECEIVED:
            self._tell(incident, "opened")
            handed = replace(incident, state=State.NEEDS_HUMAN, updated_at=now)
            self._board.put(handed, self._board.members(incident_id))
            self._tell(handed, str(State.NEEDS_HUMAN))

    def _tell(self, incident: Incident, moment: str) -> None:
        if any((one.run, one.moment) == (incident.run, moment) for one in self.told):
            return
        if not why_silent(self.told, incident.run, moment, incident.title, flapping=incident.flapping):
            self.told.append(Told(incident.run, moment, "people", incident.title))


def messages_of(arrivals: Sequence[Timed]) -> tuple[int, int]:
    """How many incidents were opened, and how many messages sent."""
    life = FlapLife()
    for number, timed in enumerate(arrivals):
        life.take(number, timed)
    return life.incidents, len(life.told)
