"""Which alert an incident is about: the one that speaks of the deepest component in trouble. Cycles change nothing."""

from __future__ import annotations

from itertools import islice

from lamplighter.domain.alert import Alert
from lamplighter.domain.board import Board
from lamplighter.domain.member import Member
from lamplighter.domain.sameness import Sight

LOOKED_AT_MAX = 200


def takes_lead(alert: Alert, incident_id: str, board: Board) -> bool:
    """Whether this alert speaks of something deeper than the incident's lead does, or the lead fires no more."""
    incident = board.incident(incident_id)
    if incident is None or incident.trouble == alert.trouble:
        return False
    lead = board.seen(incident.trouble)
    return lead is None or _deeper(board.sight(alert), lead, board)


def next_lead(trouble: str, incident_id: str, board: Board) -> Member | None:
    """What leads when this trouble has cleared; None where it did not lead, or nothing else fires."""
    incident = board.incident(incident_id)
    if incident is None or incident.trouble != trouble:
        return None
    best: str | None = None
    for other in islice(board.firing(incident_id), LOOKED_AT_MAX):
        if other != trouble and (best is None or _outranks(other, best, board)):
            best = other
    return None if best is None else board.member(best)


def _outranks(one: str, other: str, board: Board) -> bool:
    first, second = board.seen(one), board.seen(other)
    return first is not None and second is not None and _deeper(first, second, board)


def _deeper(one: Sight, lead: Sight, board: Board) -> bool:
    """A failure leads before starvation; of failures the one that is needed, of starvations the one that needs."""
    if one.starves != lead.starves:
        return lead.starves
    if one.starves:
        one, lead = lead, one
    graph = board.graph
    return graph.reaches(lead.component, one.component) and not graph.reaches(one.component, lead.component)
