from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert
from lamplighter.domain.board import Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.kinship import kin
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import Joins
from lamplighter.domain.topology import Edge
from lamplighter.testing import NOON, firing

MINUTE = timedelta(minutes=1)
SHARED = [Edge("web", "db"), Edge("api", "db"), Edge("jobs", "db")]


def down(service: str) -> Alert:
    return firing("Down", service=service)


def put(board: Board, name: str, service: str, state: State = State.ANALYSING, at: datetime = NOON) -> None:
    alert = down(service)
    incident = Incident(name, "Down", state, "critical", alert.trouble, alert, at, at)
    board.put(incident, [Member(name, alert.trouble, alert, service, Link.OPENED, "so", at)])


def board_of(edges: Iterable[Edge] = SHARED) -> Board:
    return Board(Graph(edges))


def join(board: Board, alert: Alert) -> Joins:
    joins = kin(alert, board, NOON + 2 * MINUTE)
    assert joins is not None
    return joins


def test_what_is_near_to_nothing_joins_nothing() -> None:
    board = board_of()
    put(board, "INC-1", "web")
    assert kin(down("elsewhere"), board, NOON) is None
    assert kin(firing("Down"), board, NOON) is None


def test_the_oldest_absorbs_the_others_and_says_so() -> None:
    board = board_of()
    put(board, "INC-10", "web", at=NOON)
    put(board, "INC-9", "api", at=NOON)
    put(board, "INC-11", "jobs", at=NOON - MINUTE)
    joins = join(board, down("db"))
    assert (joins.incident_id, joins.absorbs) == ("INC-11", ("INC-9", "INC-10"))
    assert "INC-9" in joins.reason
    assert joins.leads
    assert joins.link is Link.DEPENDS


def test_what_is_stored_is_older_than_what_the_batch_opened() -> None:
    board = board_of()
    put(board, "new:5", "web")
    put(board, "INC-900", "api")
    assert join(board, down("db")).incident_id == "INC-900"


def test_the_one_that_is_acting_survives() -> None:
    board = board_of()
    put(board, "INC-1", "web")
    put(board, "INC-2", "api", State.EXECUTING)
    joins = join(board, down("db"))
    assert (joins.incident_id, joins.absorbs) == ("INC-2", ("INC-1",))


def test_two_that_are_acting_are_left_alone() -> None:
    board = board_of()
    put(board, "INC-1", "web", State.VERIFYING)
    put(board, "INC-2", "api", State.EXECUTING)
    put(board, "INC-3", "jobs")
    joins = join(board, down("db"))
    assert (joins.incident_id, joins.absorbs) == ("INC-1", ("INC-3",))


def test_what_a_person_split_is_not_merged_again() -> None:
    board = board_of()
    put(board, "INC-1", "web")
    put(board, "INC-2", "api", at=NOON + MINUTE)
    board.keep_apart("Down@web", "Down@api")
    joins = join(board, down("db"))
    assert (joins.incident_id, joins.absorbs) == ("INC-1", ())


def test_what_needs_the_lead_does_not_lead() -> None:
    board = board_of()
    put(board, "INC-1", "db")
    joins = join(board, down("web"))
    assert (joins.incident_id, joins.leads, joins.component) == ("INC-1", False, "web")
    assert "web needs db" in joins.reason
