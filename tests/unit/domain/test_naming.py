from __future__ import annotations

from lamplighter.domain.naming import Names
from lamplighter.domain.topology import Component, Edge


def part(name: str, kind: str = "container", group: str = "", system: str = "docker", **labels: str) -> Component:
    return Component(system, kind, name, f"{system}/{group}/{kind}/{name}", labels, group=group)


def pod(name: str, group: str = "shop") -> Component:
    return part(name, "pod", group, "kubernetes")


def holding(kind: str, name: str, *held: str, group: str = "shop") -> Component:
    edges = tuple(Edge(name, other, "contains") for other in held)
    return Component("kubernetes", kind, name, f"{group}/{kind}/{name}", {}, group=group, edges=edges)


def test_a_pod_goes_by_the_name_of_what_owns_it() -> None:
    names = Names(
        (holding("deployment", "web", "web-5d9"), holding("replicaset", "web-5d9", "web-5d9-x"), pod("web-5d9-x"))
    )
    assert names.canonical("web-5d9-x", "shop") == "web"
    assert names.canonical("web", "") == "web"


def test_a_service_goes_by_the_one_workload_behind_it() -> None:
    pods = (pod("web-0"), pod("web-1"), pod("api-0"))
    owners = (holding("statefulset", "web", "web-0", "web-1"), holding("statefulset", "api", "api-0"))
    names = Names(
        (*pods, *owners, holding("service", "front", "web-0", "web-1"), holding("service", "all", "web-0", "api-0"))
    )
    assert names.canonical("front", "shop") == "web"
    assert names.canonical("all", "shop") == "all"


def test_equal_names_are_told_by_their_namespace_or_not_at_all() -> None:
    names = Names((holding("deployment", "db", group="shop"), holding("deployment", "db", group="blog")))
    assert names.canonical("db", "shop") == "shop/db"
    assert names.canonical("db", "blog") == "blog/db"
    assert names.canonical("db", "") == ""
    assert names.canonical("db", "elsewhere") == ""
    assert names.own("db") == ""
    assert names.own("db", holding("deployment", "web", group="blog")) == "blog/db"


def test_a_namespace_that_does_not_fit_means_another_thing() -> None:
    names = Names((holding("deployment", "db", group="shop"), part("cache", group="project")))
    assert names.canonical("db", "elsewhere") == ""
    assert names.canonical("cache", "elsewhere") == "cache"


def test_one_name_in_two_systems_is_not_clear() -> None:
    names = Names((part("web"), part("web", system="supervisor")))
    assert names.canonical("web", "") == ""


def test_copies_of_a_service_share_its_name() -> None:
    copies = [part(f"shop-web-{number}", group="shop", **{"com.docker.compose.service": "web"}) for number in (1, 2)]
    names = Names(copies)
    assert names.canonical("web", "") == "web"
    assert names.canonical("shop-web-2", "") == "shop-web-2"
    assert sorted(names.replicas()) == [("web", "shop-web-1"), ("web", "shop-web-2")]


def test_owners_in_a_circle_end() -> None:
    names = Names((holding("deployment", "a", "b"), holding("deployment", "b", "a")))
    assert names.canonical("a", "") in {"a", "b"}


def test_what_nobody_knows() -> None:
    names = Names(())
    assert names.canonical("web", "") is None
    assert names.own("web") == "web"
    assert names.is_host("web") is None
    assert names.members() == {}


def test_a_group_counts_workloads_and_not_their_pods() -> None:
    names = Names((holding("statefulset", "web", "web-0", "web-1"), pod("web-0"), pod("web-1"), pod("lonely")))
    assert names.members() == {("kubernetes", "shop"): ("web", "lonely")}
