from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert
from lamplighter.domain.topology import (
    COMPONENT_LABELS,
    NEIGHBOURS_MAX,
    Component,
    Edge,
    Resolution,
    edges_from_labels,
    edges_from_rules,
    needed_by,
    resolve_alert,
    resolve_name,
)
from lamplighter.testing import firing


def part(name: str, system: str = "docker", **labels: str) -> Component:
    return Component(system, "container", name, f"id-of-{system}-{name}", labels)


def composed(service: str, **labels: str) -> Component:
    return part(f"shop-{service}-1", **{"com.docker.compose.service": service, **labels})


def alert(**labels: str) -> Alert:
    return replace(firing(), labels=labels)


FRONT, BACK = part("front"), part("back")
INVENTORY = (FRONT, BACK)


@pytest.mark.parametrize("label", COMPONENT_LABELS)
def test_each_label_can_name_the_component(label: str) -> None:
    found = resolve_alert(alert(**{label: "front"}), INVENTORY)
    assert found.component is FRONT
    assert label in found.reason


@pytest.mark.parametrize(("label", "value"), [("name", "/front"), ("container", "/front"), ("instance", "front:9100")])
def test_the_forms_in_which_engines_write_a_name(label: str, value: str) -> None:
    assert resolve_alert(alert(**{label: value}), INVENTORY).component is FRONT


@pytest.mark.parametrize(
    "value", ["front:", "front:9100:1", "[::1]:9100", "Front", "fron", "front*", "*", "fr.nt", " front"]
)
def test_nothing_is_guessed(value: str) -> None:
    if value == "front:":
        assert resolve_alert(alert(instance=value), INVENTORY).component is FRONT
        return
    assert resolve_alert(alert(instance=value), INVENTORY).component is None


def test_the_port_is_taken_from_an_instance_only() -> None:
    assert resolve_alert(alert(job="front:9100"), INVENTORY).component is None


def test_a_job_does_not_count_beside_something_more_specific() -> None:
    both = alert(job="front", container="back", pod="unheard-of")
    assert resolve_alert(both, INVENTORY).component is BACK
    assert resolve_alert(alert(container="unheard-of", job="front"), INVENTORY).component is None


def test_labels_that_name_two_things_mean_neither() -> None:
    found = resolve_alert(alert(container="front", service="back"), INVENTORY)
    assert found.component is None
    assert sorted(part.name for part in found.candidates) == sorted((FRONT.name, BACK.name))


@pytest.mark.parametrize("labels", [{}, {"container": ""}, {"severity": "front"}, {"container": "gone"}])
def test_no_match_is_no_component_with_a_reason(labels: dict[str, str]) -> None:
    found = resolve_alert(alert(**labels), INVENTORY)
    assert found.component is None
    assert found.candidates == ()
    assert found.reason


def test_an_empty_inventory_is_no_component() -> None:
    assert resolve_alert(alert(name="front"), ()).component is None
    assert resolve_name("front", ()).component is None


def test_two_things_of_one_name_are_no_component() -> None:
    twin = part("front", system="supervisor")
    for found in (resolve_alert(alert(name="front"), (FRONT, twin)), resolve_name("front", (FRONT, twin))):
        assert found.component is None
        assert found.candidates == (FRONT, twin)
        assert "2 things" in found.reason


def test_a_component_is_known_by_its_service() -> None:
    one = composed("front")
    assert resolve_name("front", (one,)).component is one
    assert resolve_name("shop-front-1", (one,)).component is one
    assert one.names == {"front", "shop-front-1"}


@given(st.dictionaries(st.sampled_from(COMPONENT_LABELS), st.sampled_from(["front", "back", "x", "", "front:1"])))
def test_a_resolution_is_always_of_the_inventory(labels: dict[str, str]) -> None:
    found: Resolution = resolve_alert(alert(**labels), INVENTORY)
    assert found.reason
    assert all(candidate in INVENTORY for candidate in found.candidates)
    assert (found.component is not None) is (len(found.candidates) == 1)


def test_what_containers_say_of_themselves() -> None:
    front = part(
        "front",
        **{"lamplighter.depends": " back ,, nas", "com.docker.compose.depends_on": "db:service_healthy:false,cache"},
    )
    assert [(edge.source, edge.target) for edge in edges_from_labels((front, BACK))] == [
        ("front", "back"),
        ("front", "nas"),
        ("front", "db"),
        ("front", "cache"),
    ]
    assert all("label" in edge.origin for edge in edges_from_labels((front,)))


def pairs(depends: dict[str, list[str]], *inventory: Component) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in edges_from_rules(depends, inventory)}


def test_a_rule_of_the_configuration() -> None:
    assert pairs({"front": ["back", "nas"]}, *INVENTORY) == {("front", "back"), ("front", "nas")}


def test_a_glob_skips_what_it_points_to() -> None:
    router = part("router")
    assert pairs({"*": ["router"]}, *INVENTORY, router) == {("front", "router"), ("back", "router")}
    assert pairs({"fr*": ["router"]}, *INVENTORY, router) == {("front", "router")}


def test_a_rule_may_speak_of_what_is_not_seen() -> None:
    assert pairs({"nas": ["router"]}) == {("nas", "router")}


def test_what_is_needed_comes_nearest_first() -> None:
    edges = (Edge("front", "back"), Edge("back", "db"), Edge("front", "cache"), Edge("other", "x"))
    assert needed_by("front", edges) == ("front", "back", "cache", "db")
    assert needed_by("lonely", edges) == ("lonely",)


@pytest.mark.parametrize(
    "edges",
    [
        (Edge("front", "front"),),
        (Edge("front", "back"), Edge("back", "front")),
        (Edge("front", "back"), Edge("front", "back"), Edge("back", "front")),
    ],
)
def test_a_circle_ends(edges: tuple[Edge, ...]) -> None:
    names = needed_by("front", edges)
    assert names[0] == "front"
    assert len(names) == len(set(names))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40))
def test_any_graph_is_walked_once(links: list[tuple[int, int]]) -> None:
    edges = tuple(Edge(str(source), str(target)) for source, target in links)
    names = needed_by("0", edges)
    assert len(names) == len(set(names))
    for name in names[1:]:
        assert any(edge.target == name and edge.source in names for edge in edges)


def test_a_hub_is_bounded() -> None:
    edges = tuple(Edge("hub", str(number)) for number in range(500))
    assert len(needed_by("hub", edges)) == NEIGHBOURS_MAX


def test_what_a_service_needs_is_needed_too() -> None:
    depends = {"com.docker.compose.depends_on": "back:service_started:true"}
    front = composed("front", **depends)
    back = composed("back", **{"com.docker.compose.depends_on": "db"})
    edges = edges_from_labels((front, back, composed("db")))
    assert needed_by(front.name, edges)[-1] in {"db", "shop-db-1"}


def test_a_rule_may_speak_of_a_service() -> None:
    front = composed("front")
    assert "nas" in needed_by(front.name, edges_from_rules({"front": ["nas"]}, (front,)))
