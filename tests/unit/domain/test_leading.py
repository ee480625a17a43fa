from __future__ import annotations

from datetime import timedelta

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.board import Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.leading import next_lead, takes_lead
from lamplighter.domain.member import Link, Member
from lamplighter.domain.topology import Edge
from lamplighter.testing import NOON, firing, resolved

GRAPH = Graph([Edge("front", "api"), Edge("api", "db"), Edge("front", "cache"), Edge("x", "y"), Edge("y", "x")])


def down(service: str) -> Alert:
    return firing("Down", service=service)


def starved(service: str) -> Alert:
    return firing("NoRequestsReceived", service=service)


def board_of(*alerts: Alert) -> Board:
    board = Board(GRAPH)
    lead = alerts[0]
    incident = Incident("INC-1", "Down", State.ANALYSING, "critical", lead.trouble, lead, NOON, NOON)
    members = [Member("INC-1", one.trouble, one, one.labels["service"], Link.DEPENDS, "so", NOON) for one in alerts]
    board.put(incident, members)
    return board


@pytest.mark.parametrize(
    ("lead", "alert", "leads"),
    [
        (down("front"), down("api"), True),
        (down("front"), down("db"), True),
        (down("db"), down("front"), False),
        (down("api"), down("cache"), False),
        (down("x"), down("y"), False),
        (down("front"), down("unheard-of"), False),
        (down("front"), starved("db"), False),
        (starved("db"), down("front"), True),
        (starved("db"), starved("api"), True),
        (starved("front"), starved("db"), False),
    ],
)
def test_the_deepest_failure_leads_and_of_starvation_the_highest(lead: Alert, alert: Alert, *, leads: bool) -> None:
    assert takes_lead(alert, "INC-1", board_of(lead)) is leads


def test_a_lead_that_fires_no_more_is_followed() -> None:
    over = resolved(down("db"), NOON + timedelta(minutes=1))
    assert takes_lead(down("front"), "INC-1", board_of(over))
    assert not takes_lead(down("db"), "INC-1", board_of(over))
    assert not takes_lead(down("db"), "INC-9", board_of(over))


def test_when_the_lead_clears_the_deepest_of_the_rest_follows() -> None:
    board = board_of(down("db"), down("front"), starved("cache"), down("api"))
    following = next_lead(down("db").trouble, "INC-1", board)
    assert following is not None
    assert following.component == "api"
    assert next_lead(down("front").trouble, "INC-1", board) is None
    assert next_lead(down("db").trouble, "INC-1", board_of(down("db"))) is None
