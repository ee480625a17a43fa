"""In which ways an alert is near to open incidents: by what it says, what needs what, what is shared. Only reads.

Only what fires counts, and but for the same rule on the same component only what grew lately.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert
from lamplighter.domain.board import Board
from lamplighter.domain.course import graver
from lamplighter.domain.member import Link

WINDOW = timedelta(minutes=15)
SHARING_MIN = 2
# What more things need than this is infrastructure; that two of them are in trouble says nothing of it.
SHARING_MAX = 60
MERGING_MIN = 3
GROUP_MIN = 4
GROUP_MAX = 200
HEALTHY_BELOW = 0.51
NAMED_MAX = 3


@dataclass(frozen=True, slots=True)
class Tie:
    """What links an alert to one open incident."""

    link: Link
    reason: str


Ties = dict[str, Tie]


class Nearness:
    """One alert beside the open incidents. Each question answers incident id -> why."""

    def __init__(self, alert: Alert, board: Board, now: datetime) -> None:
        self._alert = alert
        self._sight = board.sight(alert)
        self._board = board
        self._now = now

    def same(self) -> Ties:
        """The same rule on the same component; else something else on the same workload."""
        sight, board = self._sight, self._board
        for trouble in board.saying(sight):
            incident_id = board.incident_of(trouble)
            if not board.split_from(sight.key, incident_id, self._alert.trouble):
                return {incident_id: Tie(Link.SAME_RULE, f"the same rule fires for {sight.component} in {incident_id}")}
        for trouble in board.at(sight.component) if sight.workload else ():
            there, incident_id = board.seen(trouble), board.incident_of(trouble)
            if there is not None and there.workload and there.scope == sight.scope and self._joinable(incident_id):
                said = there.key.rpartition("@")[0]
                return {incident_id: Tie(Link.SAME_COMPONENT, f"{said} fires for {sight.component} too")}
        return {}

    def linked(self) -> Ties:
        """What it needs or what needs it is in trouble, or nearly all that share a need with it are."""
        if not self._board.graph.lists(self._sight.component):
            return {}
        shares = self._shares()
        return shares | self._depends() if shares else self._depends()

    def grouped(self) -> Ties:
        """Most of its group is in trouble."""
        component, board = self._sight.component, self._board
        group, names = board.graph.group(component)
        if not GROUP_MIN <= len(names) <= GROUP_MAX:
            return {}
        others = [name for name in names if name != component and board.at(name)]
        if 1 - (len(others) + 1) / len(names) >= HEALTHY_BELOW:
            return {}
        ties: Ties = {}
        for name in others:
            self._tie(ties, name, Link.GROUP, f"{len(others) + 1} of the {len(names)} of {group} are in trouble")
        return ties

    def _depends(self) -> Ties:
        """Of several failures that it needs the nearest one explains it; the others are no part of that."""
        ties: Ties = {}
        component = self._sight.component
        blamed = False
        for needed in self._needs_in_trouble():
            fails = self._fails(needed)
            if not (fails and blamed):
                tied = self._tie(ties, needed, Link.DEPENDS, f"{component} needs {needed}, which is in trouble")
                blamed = blamed or (fails and tied)
        for dependent in self._board.needing(component):
            teachers = self._board.graph.teachers(dependent, component)
            if not self._believes(teachers):
                continue
            if self._sight.starves or not self._failing_need(dependent, component):
                self._tie(
                    ties, dependent, Link.DEPENDS, f"{dependent}, which is in trouble, needs {component}", teachers
                )
        return ties

    def _needs_in_trouble(self) -> Iterator[str]:
        """Nearest first; what lies behind a component in trouble is that one's affair."""
        behind: set[int] = set()
        for index, step in enumerate(self._board.graph.walk(self._sight.component)):
            if step.via in behind:
                behind.add(index)
            elif self._board.at(step.name):
                behind.add(index)
                yield step.name

    def _failing_need(self, component: str, but: str) -> bool:
        """Whether something fails that this component needs, `but` and what lies behind it not counted."""
        behind: set[int] = set()
        for index, step in enumerate(self._board.graph.walk(component)):
            if step.name == but or step.via in behind:
                behind.add(index)
            elif self._fails(step.name):
                return True
        return False

    def _fails(self, component: str) -> bool:
        """Whether something at this component says more than that nothing arrives."""
        seen = (self._board.seen(trouble) for trouble in self._board.at(component))
        return any(sight is not None and not sight.starves for sight in seen)

    def _shares(self) -> Ties:
        component, graph = self._sight.component, self._board.graph
        ties: Ties = {}
        for need in graph.uses(component):
            users = graph.users(need)
            if not SHARING_MIN <= len(users) <= SHARING_MAX:
                continue
            others = [user for user in users if user != component and self._board.at(user)]
            others = [user for user in others if self._believes(graph.teachers(user, need))]
            if others and 3 * (len(others) + 1) >= 2 * len(users):
                ties |= self._sharing(need, others, len(users))
        return ties

    def _sharing(self, need: str, others: list[str], users: int) -> Ties:
        """What shares a need that is silent itself: it is broken, or one who fills it does and the rest starve.

        It is broken where nothing else explains the trouble of any of at least MERGING_MIN. Those that starve belong
        to the one incident that those who fail are in; where they are in several, it is not clear to which.
        """
        component = self._sight.component
        idle = {user for user in others if not self._fails(user) and self._unexplained(user, need, starves=True)}
        starves = self._sight.starves and self._unexplained(component, need, starves=True)
        broken = not idle and not starves and self._broken(need, others)
        if not (idle or starves or broken):
            return {}
        troubled = len(others) + 1
        named = ", ".join(others[:NAMED_MAX])
        reason = f"{component} needs {need} as {named} do; {troubled} of {users} are in trouble"
        ties: Ties = {}
        filling: Ties = {}
        for user in others:
            teachers = self._board.graph.teachers(user, need)
            self._tie(ties if user in idle else filling, user, Link.SHARED_NEED, reason, teachers)
        if broken or len(filling) + (not starves) <= 1:
            ties |= filling
        return ties if len(ties) == 1 or troubled >= MERGING_MIN else {}

    def _broken(self, need: str, others: list[str]) -> bool:
        users = (self._sight.component, *others)
        return len(users) >= MERGING_MIN and all(self._unexplained(user, need, starves=False) for user in users)

    def _unexplained(self, component: str, need: str, *, starves: bool) -> bool:
        """Whether nothing but the shared need could explain the trouble; what starves may lack who should send."""
        if starves and any(True for _ in self._board.needing(component)):
            return False
        return not self._failing_need(component, need)

    def _believes(self, teachers: frozenset[str] | None) -> bool:
        """What alerts taught counts against another only where its own source said it too."""
        return teachers is None or self._alert.source in teachers

    def _outranks(self, incident_id: str) -> bool:
        incident = self._board.incident(incident_id)
        return incident is not None and graver(self._alert.severity, incident.severity) != incident.severity

    def _tie(self, ties: Ties, component: str, link: Link, reason: str, teachers: frozenset[str] | None = None) -> bool:
        """Note the incidents that this component is in trouble in; True where one was near enough.

        Where only alerts taught that it needs this one (`teachers`), a lesser incident does not swallow a graver alert.
        """
        tied = False
        for trouble in self._board.at(component):
            incident_id = self._board.incident_of(trouble)
            if self._joinable(incident_id) and (teachers is None or not self._outranks(incident_id)):
                ties.setdefault(incident_id, Tie(link, reason))
                tied = True
        return tied

    def _joinable(self, incident_id: str) -> bool:
        board = self._board
        grew_lately = self._now - board.grew_at(incident_id) <= WINDOW
        return grew_lately and not board.split_from(self._sight.key, incident_id, self._alert.trouble)
