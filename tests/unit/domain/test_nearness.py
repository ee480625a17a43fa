from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.board import Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.member import Link, Member
from lamplighter.domain.nearness import SHARING_MAX, WINDOW, Nearness, Ties
from lamplighter.domain.topology import Component, Edge
from lamplighter.testing import NOON, firing, resolved

SECOND = timedelta(seconds=1)


def down(service: str, name: str = "Down") -> Alert:
    return firing(name, service=service)


def starved(service: str) -> Alert:
    return down(service, "NoRequestsReceived")


def board_of(*held: Iterable[Alert], edges: Iterable[Edge] = (), parts: Iterable[Component] = ()) -> Board:
    """One incident for each group of alerts: INC-1, INC-2, …"""
    board = Board(Graph(edges, parts))
    for number, alerts in enumerate(held, 1):
        members = [
            Member(f"INC-{number}", one.trouble, one, one.labels.get("service", ""), Link.OPENED, "so", NOON)
            for one in alerts
        ]
        lead = members[0].alert
        board.put(
            Incident(f"INC-{number}", "Down", State.ANALYSING, "critical", lead.trouble, lead, NOON, NOON), members
        )
    return board


def near(board: Board, alert: Alert, now: datetime = NOON) -> Nearness:
    return Nearness(alert, board, now)


def linked(board: Board, alert: Alert, now: datetime = NOON) -> dict[str, Link]:
    return links(near(board, alert, now).linked())


def links(ties: Ties) -> dict[str, Link]:
    assert all(tie.reason for tie in ties.values())
    return {name: tie.link for name, tie in ties.items()}


CHAIN = [Edge("front", "api", "calls"), Edge("api", "db", "stores_in"), Edge("db", "disk"), Edge("disk", "controller")]


def test_the_same_rule_on_the_same_component_is_near_however_long_ago() -> None:
    board = board_of([firing("Down", service="web", path="/a")])
    again = firing("Down", service="web", path="/b")
    assert links(near(board, again, NOON + 9 * WINDOW).same()) == {"INC-1": Link.SAME_RULE}


def test_something_else_on_the_same_workload_is_near_for_a_while() -> None:
    board = board_of([down("web")])
    assert links(near(board, down("web", "Slow"), NOON + WINDOW).same()) == {"INC-1": Link.SAME_COMPONENT}
    assert near(board, down("web", "Slow"), NOON + WINDOW + SECOND).same() == {}


@pytest.mark.parametrize("label", ["instance", "job", "namespace", "node"])
def test_something_else_on_the_same_host_job_or_namespace_is_not(label: str) -> None:
    board = board_of([firing("DiskFull", **{label: "nas"})])
    assert near(board, firing("ClockSkew", **{label: "nas"})).same() == {}
    assert near(board, firing("DiskFull", **{label: "nas"}, device="sdb")).same()


def test_the_same_name_elsewhere_is_another_thing() -> None:
    board = board_of([firing("Down", service="redis", namespace="shop")])
    assert near(board, firing("Down", service="redis", namespace="blog", x="1")).same() == {}
    assert near(board, firing("Slow", service="redis", namespace="blog")).same() == {}


def test_what_has_cleared_is_near_to_nothing() -> None:
    board = board_of([resolved(down("web"), NOON)], edges=[Edge("front", "web")])
    assert near(board, down("web", "Slow")).same() == {}
    assert linked(board, down("front")) == {}


@pytest.mark.parametrize(
    ("present", "alert", "found"),
    [
        ("api", "front", True),
        ("front", "api", True),
        ("disk", "front", True),
        ("front", "disk", True),
        ("controller", "front", False),
        ("front", "controller", False),
        ("cache", "front", False),
    ],
)
def test_what_needs_or_is_needed_within_three_hops_is_near_in_either_order(
    present: str, alert: str, *, found: bool
) -> None:
    board = board_of([down(present)], edges=CHAIN)
    assert linked(board, down(alert)) == ({"INC-1": Link.DEPENDS} if found else {})
    assert linked(board, down(alert), NOON + WINDOW + SECOND) == {}


def test_two_that_need_the_same_healthy_thing_are_not_near() -> None:
    edges = [Edge("web", "dns"), Edge("api", "dns"), *(Edge(f"part-{number}", "dns") for number in range(5))]
    assert linked(board_of([down("web")], edges=edges), down("api")) == {}


def test_two_on_the_same_healthy_host_are_not_near_and_a_host_in_trouble_is() -> None:
    edges = [Edge("web", "node", "runs_on"), Edge("api", "node", "runs_on"), Edge("node", "web", "contains")]
    assert linked(board_of([down("web")], edges=edges), down("api")) == {}
    assert linked(board_of([down("web")], [down("api")], edges=edges), firing("NodeDown", node="node")) == {
        "INC-1": Link.DEPENDS,
        "INC-2": Link.DEPENDS,
    }


def test_of_two_failures_that_it_needs_one_explains_it() -> None:
    edges = [Edge("front", "db"), Edge("front", "mail")]
    assert linked(board_of([down("db")], [down("mail")], edges=edges), down("front")) == {"INC-1": Link.DEPENDS}
    explained = board_of([down("front"), down("db")], edges=edges)
    assert linked(explained, down("mail")) == {}


def test_what_starves_is_explained_by_what_should_call_it() -> None:
    edges = [Edge("front", "db"), Edge("front", "mail")]
    assert linked(board_of([starved("db")], [starved("mail")], edges=edges), down("front")) == {
        "INC-1": Link.DEPENDS,
        "INC-2": Link.DEPENDS,
    }
    assert linked(board_of([down("front"), down("db")], edges=edges), starved("mail")) == {"INC-1": Link.DEPENDS}


def test_what_two_incidents_need_shows_them_to_be_one() -> None:
    edges = [Edge("web", "db"), Edge("api", "db")]
    assert set(linked(board_of([down("web")], [down("api")], edges=edges), down("db"))) == {"INC-1", "INC-2"}


QUEUE = [Edge("sender", "queue"), Edge("fraud", "queue"), Edge("books", "queue"), Edge("sender", "pay")]


def test_those_that_starve_on_a_queue_belong_to_the_one_that_fills_it_in_any_order() -> None:
    assert linked(board_of([down("sender"), down("pay")], edges=QUEUE), starved("fraud")) == {"INC-1": Link.SHARED_NEED}
    assert set(linked(board_of([starved("fraud")], [starved("books")], edges=QUEUE), down("sender"))) == {
        "INC-1",
        "INC-2",
    }
    assert set(linked(board_of([down("sender"), down("pay")], [starved("fraud")], edges=QUEUE), starved("books"))) == {
        "INC-1",
        "INC-2",
    }


def test_those_that_starve_belong_to_nobody_where_several_could_fill_it() -> None:
    edges = [*QUEUE, Edge("other", "queue")]
    board = board_of([down("sender")], [down("other")], edges=edges)
    assert linked(board, starved("fraud")) == {}


def test_few_of_many_that_share_a_need_say_nothing() -> None:
    edges = [*QUEUE, *(Edge(f"well-{number}", "queue") for number in range(4))]
    assert linked(board_of([down("sender")], edges=edges), starved("fraud")) == {}
    everybody = [Edge(f"part-{number}", "dns") for number in range(SHARING_MAX + 1)]
    board = board_of([down(f"part-{number}") for number in range(SHARING_MAX)], edges=everybody)
    assert linked(board, down(f"part-{SHARING_MAX}")) == {}


def test_a_silent_need_is_broken_where_nothing_else_explains_those_in_trouble() -> None:
    edges = [Edge(name, "nas") for name in ("media", "photos", "files")]
    assert linked(board_of([down("media")], edges=edges), down("photos")) == {}
    assert set(linked(board_of([down("media")], [down("photos")], edges=edges), down("files"))) == {"INC-1", "INC-2"}
    explained = [*edges, Edge("media", "gpu"), Edge("photos", "ai")]
    board = board_of([down("media"), down("gpu")], [down("photos"), down("ai")], edges=explained)
    assert linked(board, down("files")) == {}


def grouped(troubled: int, size: int) -> Ties:
    parts = [Component("docker", "container", f"part-{number}", f"id-{number}", group="shop") for number in range(size)]
    board = board_of(*([down(f"part-{number}")] for number in range(troubled - 1)), parts=parts)
    return near(board, down(f"part-{troubled - 1}")).grouped()


@pytest.mark.parametrize(("troubled", "size", "found"), [(2, 4, 1), (1, 4, 0), (3, 6, 2), (2, 6, 0), (3, 3, 0)])
def test_most_of_a_group_is_one_incident(troubled: int, size: int, found: int) -> None:
    assert links(grouped(troubled, size)) == {f"INC-{number}": Link.GROUP for number in range(1, found + 1)}


def test_what_a_person_split_is_not_near_again() -> None:
    board = board_of([down("db")], edges=[Edge("front", "db")])
    board.keep_apart("Down@front", "Down@db")
    assert linked(board, down("front")) == {}
    assert linked(board, down("front", "Slow")) == {"INC-1": Link.DEPENDS}
    twice = board_of([firing("Down", service="web", path="/a")])
    twice.keep_apart("Down@web", "Down@web")
    assert near(twice, firing("Down", service="web", path="/b")).same() == {}


def test_an_incident_that_grew_lately_is_near_however_old() -> None:
    board = board_of([down("db")], edges=[Edge("front", "db")])
    incident = board.incident("INC-1")
    assert incident is not None
    later = NOON + 4 * WINDOW
    member = Member("INC-1", "fake:x", down("x"), "x", Link.BY_HAND, "so", later)
    board.put(replace(incident, opened_at=NOON), [*board.members("INC-1"), member])
    assert linked(board, down("front"), later + WINDOW) == {"INC-1": Link.DEPENDS}


def taught(source: str, target: str, by: str = "alertmanager") -> Edge:
    return Edge(source, target, "depends_on", f"alert labels of {by}")


def said_by(source: str, alert: Alert) -> Alert:
    return replace(alert, source=source)


def lesser(board: Board, severity: str) -> Board:
    incident = board.incident("INC-1")
    assert incident is not None
    board.put(replace(incident, severity=severity), board.members("INC-1"))
    return board


def test_no_text_of_an_alert_alone_draws_a_graver_one_into_its_incident() -> None:
    noise, real = down("lamp"), said_by("alertmanager", down("payments"))
    edges = [taught("lamp", "payments")]
    assert linked(lesser(board_of([noise], edges=edges), "info"), real) == {}
    assert linked(board_of([noise], edges=edges), said_by("grafana", down("payments"))) == {}
    assert linked(board_of([noise], edges=edges), real) == {"INC-1": Link.DEPENDS}
    surely = [*edges, Edge("lamp", "payments")]
    assert linked(lesser(board_of([noise], edges=surely), "info"), real) == {"INC-1": Link.DEPENDS}


def test_what_needs_another_joins_it_also_where_alerts_taught_that() -> None:
    board = lesser(board_of([down("payments")], edges=[taught("lamp", "payments", "grafana")]), "info")
    assert linked(board, said_by("alertmanager", down("lamp"))) == {"INC-1": Link.DEPENDS}


def test_every_hop_of_the_way_must_be_believed() -> None:
    edges = [Edge("lamp", "relay"), taught("relay", "payments")]
    assert linked(board_of([down("lamp")], edges=edges), said_by("alertmanager", down("payments")))
    assert not linked(board_of([down("lamp")], edges=edges), said_by("grafana", down("payments")))


def test_a_need_that_another_source_taught_is_not_shared() -> None:
    held = [[down(name)] for name in ("a", "b")]
    edges = [Edge("c", "z"), taught("a", "z"), taught("b", "z")]
    assert set(linked(board_of(*held, edges=edges), said_by("alertmanager", down("c")))) == {"INC-1", "INC-2"}
    assert linked(board_of(*held, edges=edges), said_by("grafana", down("c"))) == {}
    mild = lesser(board_of(*held, edges=edges), "info")
    assert set(linked(mild, said_by("alertmanager", down("c")))) == {"INC-2"}


def test_two_troubles_of_one_key_that_a_person_split_stay_split() -> None:
    one, other, third = (firing("Down", service="web", path=path) for path in "abc")
    board = board_of([one])
    board.keep_apart(one.trouble, other.trouble)
    assert near(board, other).same() == {}
    assert links(near(board, third).same()) == {"INC-1": Link.SAME_RULE}
