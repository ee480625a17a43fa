"""Which open incident an unknown trouble belongs to, and which incidents it shows to be one. Doubts stay apart."""

from __future__ import annotations

from datetime import datetime

from lamplighter.domain.alert import Alert
from lamplighter.domain.board import Board
from lamplighter.domain.incident import ACTING
from lamplighter.domain.leading import takes_lead
from lamplighter.domain.nearness import Nearness
from lamplighter.domain.placement import PROVISIONAL_PREFIX, Joins

ABSORBED_NAMED_MAX = 3


def kin(alert: Alert, board: Board, now: datetime) -> Joins | None:
    """The incident that this alert joins, and those that it shows to be the same; None where nothing is near enough."""
    sight = board.sight(alert)
    if not sight.component:
        return None
    near = Nearness(alert, board, now)
    ties = near.same() or near.linked() or near.grouped()
    if not ties:
        return None
    ranked = sorted(ties, key=lambda incident_id: _rank(incident_id, board)) if len(ties) > 1 else list(ties)
    incident_id = ranked[0]
    absorbs = tuple(
        other for other in ranked[1:] if not _acting(other, board) and not board.split_between(incident_id, other)
    )
    tie = ties[incident_id]
    return Joins(
        incident_id,
        tie.reason + _merging(absorbs, incident_id),
        tie.link,
        sight.component,
        leads=takes_lead(alert, incident_id, board),
        absorbs=absorbs,
    )


def _merging(absorbs: tuple[str, ...], incident_id: str) -> str:
    if not absorbs:
        return ""
    more = f" and {len(absorbs) - ABSORBED_NAMED_MAX} more" if len(absorbs) > ABSORBED_NAMED_MAX else ""
    return f"; so {', '.join(absorbs[:ABSORBED_NAMED_MAX])}{more} is one with {incident_id}"


def _rank(incident_id: str, board: Board) -> tuple[bool, float, bool, int, str]:
    """The one that acts goes on, else the oldest: what is stored before what a batch opened, INC-9 before INC-10."""
    incident = board.incident(incident_id)
    opened_at = 0.0 if incident is None else incident.opened_at.timestamp()
    provisional = incident_id.startswith(PROVISIONAL_PREFIX)
    return not _acting(incident_id, board), opened_at, provisional, len(incident_id), incident_id


def _acting(incident_id: str, board: Board) -> bool:
    incident = board.incident(incident_id)
    return incident is not None and incident.state in ACTING
