"""How many messages people would get, by the rules that the server tells by, if it only looked and fixed nothing."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta

from lamplighter.domain.incident import Incident
from lamplighter.domain.placement import Joins, Opens, Reopens
from lamplighter.domain.telling import Told, why_silent
from lamplighter.lab.replay_life import Step

# When a response that may do nothing has looked, and hands the incident to people.
LOOKING = timedelta(minutes=2)
HISTORIES_MAX = 5_000
CHANNEL = "replay"


class Messages:
    """Told of every step and every end, it counts what one channel would have been sent."""

    def __init__(self, find: Callable[[str], Incident | None]) -> None:
        self.count = 0
        self._find = find
        self._histories: OrderedDict[str, list[Told]] = OrderedDict()
        self._looks: list[tuple[datetime, str]] = []

    def step(self, step: Step) -> None:
        """An alert was placed."""
        placement, incident = step.placed.placement, self._find(step.incident_id)
        if incident is None:
            return
        flaps = isinstance(placement, Joins | Reopens) and placement.flapping
        if flaps:
            self._tell(incident, "flapping")
        elif isinstance(placement, Opens | Reopens):
            self._tell(incident, "opened")
            heapq.heappush(self._looks, (step.at + LOOKING, incident.id))

    def closed(self, incident: Incident) -> None:
        """An incident came to its end."""
        self._tell(incident, str(incident.state))

    def pass_time(self, now: datetime) -> None:
        """Those that were looked at by `now` and still fire are a person's."""
        while self._looks and self._looks[0][0] <= now:
            _, incident_id = heapq.heappop(self._looks)
            incident = self._find(incident_id)
            if incident is not None and incident.signal_cleared_at is None:
                self._tell(incident, "needs_human")

    def _tell(self, incident: Incident, moment: str) -> None:
        history = self._histories.setdefault(incident.id, [])
        while len(self._histories) > HISTORIES_MAX:
            self._histories.popitem(last=False)
        if (incident.run, moment) in {(one.run, one.moment) for one in history}:
            return
        if not why_silent(history, incident.run, moment, "", flapping=incident.flapping):
            history.append(Told(incident.run, moment, CHANNEL))
            self.count += 1
