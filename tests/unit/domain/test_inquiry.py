"""What is looked at first, what next, and when there is nothing more to ask."""

from __future__ import annotations

from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Fact
from lamplighter.domain.inquiry import BESIDE_MAX, COMPONENTS_MAX, NEXT_MAX, first_looks, next_looks
from lamplighter.domain.topology import Component, Edge, Resolution


def part(name: str) -> Component:
    return Component("docker", "container", name, f"id-{name}")


FRONT, ORDERS, STORE, CACHE = (part(name) for name in ("front", "orders", "store", "cache"))
EVERYTHING = (FRONT, ORDERS, STORE, CACHE)
EDGES = (Edge("front", "orders"), Edge("orders", "store"))


def meant(component: Component | None, *candidates: Component) -> Resolution:
    return Resolution(component, "because", candidates)


def blaming(component: str, confidence: float, *facts: Fact) -> Diagnosis:
    return Diagnosis((Cause(1, component, "process_hung", confidence, "likely", "it hangs", ()),), facts)


def fact(component: str, **values: str | float) -> Fact:
    return Fact("f1", "e1", component, "log_sign", "said", values=values)


def test_the_one_that_alerts_comes_first_then_what_it_needs_nearest_first() -> None:
    assert first_looks(meant(FRONT), EDGES, EVERYTHING) == (FRONT, ORDERS, STORE)


def test_what_shares_its_host_is_looked_at_too() -> None:
    on_host = (Edge("front", "pve1", "runs_on"), Edge("cache", "pve1", "runs_on"), Edge("store", "pve2", "runs_on"))
    assert first_looks(meant(FRONT), on_host, EVERYTHING) == (FRONT, CACHE)
    held = (Edge("pve1", "front", "contains"), Edge("pve1", "cache", "contains"))
    assert first_looks(meant(FRONT), held, EVERYTHING) == (FRONT, CACHE)


def test_neighbours_and_looks_are_bounded() -> None:
    crowd = tuple(part(f"guest-{n:02}") for n in range(40))
    edges = tuple(Edge(one.name, "pve1", "runs_on") for one in (*crowd, FRONT))
    assert len(first_looks(meant(FRONT), edges, (*crowd, FRONT))) == 1 + BESIDE_MAX
    assert len(first_looks(meant(None, *crowd), (), crowd)) == COMPONENTS_MAX


def test_all_that_could_be_meant_is_looked_at_where_it_is_not_clear() -> None:
    assert first_looks(meant(None, FRONT, STORE), EDGES, EVERYTHING) == (FRONT, STORE)


def test_a_blamed_component_that_nobody_looked_at_is_next() -> None:
    (lead,) = next_looks(blaming("store", 0.5), {"front", "orders"}, EVERYTHING)
    assert lead.component == STORE
    assert "process_hung" in lead.reason


def test_whom_a_fact_names_is_next_also_by_an_address() -> None:
    found = Diagnosis(facts=(fact("front", target="cache:6379"), fact("front", upstream="store.shop.svc")))
    leads = next_looks(found, {"front"}, EVERYTHING)
    assert [lead.component for lead in leads] == [CACHE, STORE]
    assert "front names it [f1]" in leads[0].reason


def test_nothing_is_next_where_a_cause_is_confirmed_on_what_was_seen() -> None:
    assert next_looks(blaming("store", 0.95, fact("front", target="cache")), {"store"}, EVERYTHING) == ()


def test_only_what_runs_is_ever_looked_at() -> None:
    found = Diagnosis(facts=(fact("front", target="169.254.169.254"), fact("front", host="rm -rf /")))
    assert next_looks(found, {"front"}, EVERYTHING) == ()


def test_next_looks_are_bounded() -> None:
    crowd = tuple(part(f"guest-{n:02}") for n in range(40))
    found = Diagnosis(facts=tuple(fact("front", target=one.name) for one in crowd))
    assert len(next_looks(found, {"front"}, crowd)) == NEXT_MAX
