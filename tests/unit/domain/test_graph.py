from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.graph import HOPS_MAX, HUB_FROM, WALK_MAX, Graph
from lamplighter.domain.topology import Component, Edge


def chain(*names: str, kind: str = "calls") -> list[Edge]:
    return [Edge(source, target, kind) for source, target in pairwise(names)]


def walked(graph: Graph, name: str) -> list[tuple[str, int]]:
    return [(step.name, step.hops) for step in graph.walk(name)]


def test_a_walk_goes_down_nearest_first_and_ends_after_three_hops() -> None:
    graph = Graph([*chain("front", "api", "db", "disk", "controller"), Edge("front", "cache")])
    assert walked(graph, "front") == [("api", 1), ("cache", 1), ("db", 2), ("disk", HOPS_MAX)]
    assert graph.walk("controller") == ()
    assert graph.walk("unheard-of") == ()


def test_each_step_says_from_where_it_was_reached() -> None:
    steps = Graph([*chain("front", "api", "db"), Edge("front", "cache")]).walk("front")
    assert [(step.name, steps[step.via].name if step.via >= 0 else "") for step in steps] == [
        ("api", ""),
        ("cache", ""),
        ("db", "api"),
    ]


def test_what_holds_a_thing_does_not_need_it() -> None:
    graph = Graph([Edge("shop", "web", "contains"), Edge("web", "node", "runs_on")])
    assert graph.walk("shop") == ()
    assert walked(graph, "web") == [("node", 1)]


def test_sharing_a_place_is_not_sharing_a_need() -> None:
    graph = Graph(
        [Edge("web", "node", "runs_on"), Edge("api", "node", "runs_on"), Edge("web", "db"), Edge("api", "db")]
    )
    assert graph.uses("web") == ("db",)
    assert graph.users("db") == ("web", "api")
    assert graph.users("node") == ()


def test_trouble_does_not_pass_unseen_through_what_everything_uses_and_what_uses_everything() -> None:
    around = [f"part-{number}" for number in range(HUB_FROM)]
    edges = [Edge(name, "telemetry") for name in around] + [Edge("telemetry", name) for name in around]
    graph = Graph(edges)
    assert walked(graph, "part-0") == [("telemetry", 1)]
    assert len(graph.walk("telemetry")) == HUB_FROM
    core = Graph([*(Edge(name, "auth") for name in around), Edge("auth", "auth-db")])
    assert walked(core, "part-0") == [("auth", 1), ("auth-db", 2)]


def test_need_at_any_depth_and_in_a_circle() -> None:
    deep = Graph(chain(*(str(number) for number in range(50))))
    assert deep.reaches("0", "49")
    assert not deep.reaches("49", "0")
    circle = Graph(chain("a", "b", "a"))
    assert circle.reaches("a", "b")
    assert circle.reaches("b", "a")
    assert not circle.reaches("a", "a")


def test_a_hub_is_bounded() -> None:
    assert len(Graph([Edge("hub", str(number)) for number in range(2 * WALK_MAX)]).walk("hub")) == WALK_MAX


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40))
def test_any_walk_visits_each_name_once_along_edges(links: list[tuple[int, int]]) -> None:
    graph = Graph(Edge(str(source), str(target)) for source, target in links)
    steps = graph.walk("0")
    names = [step.name for step in steps]
    assert "0" not in names
    assert len(names) == len(set(names))
    for step in steps:
        source = steps[step.via].name if step.via >= 0 else "0"
        assert (int(source), int(step.name)) in links


def test_names_of_the_inventory_come_before_those_of_edges() -> None:
    web = Component("docker", "container", "shop-web-1", "id-1", {"com.docker.compose.service": "web"}, group="shop")
    graph = Graph([Edge("api", "web")], (web,))
    assert graph.canonical("web", "") == "shop-web-1"
    assert walked(graph, "api") == [("shop-web-1", 1)]
    assert graph.canonical("api", "") == "api"
    assert graph.canonical("unheard-of", "") is None
    assert graph.lists("api")
    assert not graph.lists("web")


@pytest.mark.parametrize(("kind", "host"), [("container", False), ("node", True)])
def test_a_host_is_known_as_one(kind: str, *, host: bool) -> None:
    graph = Graph((), (Component("proxmox", kind, "pve", "id-1"),))
    assert graph.is_host("pve") is host
    assert graph.is_host("unheard-of") is None


def test_a_group_is_everything_known_in_it() -> None:
    parts = tuple(Component("docker", "container", name, f"id-{name}", group="shop") for name in ("web", "db"))
    graph = Graph((), (*parts, Component("docker", "container", "other", "id-other")))
    assert graph.group("web") == ("docker/shop", ("web", "db"))
    assert graph.group("other") == ("", ())


def test_a_service_of_several_copies_needs_each_of_them() -> None:
    labels = {"com.docker.compose.service": "web"}
    copies = tuple(
        Component("docker", "container", f"shop-web-{number}", f"id-{number}", labels, group="shop")
        for number in (1, 2)
    )
    graph = Graph([Edge("api", "web")], copies)
    assert walked(graph, "api") == [("web", 1), ("shop-web-1", 2), ("shop-web-2", 2)]
    assert graph.uses("web") == ()
