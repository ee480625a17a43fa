from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.graph import Graph
from lamplighter.domain.sameness import component_of, key_of, kind_of, sight_of, starves, template
from lamplighter.domain.topology import Component, Edge
from lamplighter.testing import firing

BARE = Graph(())


def alert(**labels: str) -> Alert:
    return replace(firing(), labels={"alertname": "Rule", **labels})


def said(**annotations: str) -> Alert:
    return replace(firing(), labels={"service": "web"}, annotations=annotations)


@pytest.mark.parametrize(
    ("labels", "component"),
    [
        ({"pod": "web-7d9f8b6c5d-x2x4z", "container": "nginx", "namespace": "shop"}, "web"),
        ({"pod": "db-0", "job": "postgres"}, "db"),
        ({"pod": "web"}, "web"),
        ({"deployment": "web", "namespace": "shop"}, "web"),
        ({"container": "/web", "instance": "cadvisor:8080"}, "web"),
        ({"name": "web", "job": "cadvisor"}, "web"),
        ({"service": "web", "instance": "10.0.0.1:80", "job": "api"}, "web"),
        ({"instance": "nas:9100", "job": "node"}, "nas"),
        ({"instance": "[::1]:9100"}, "[::1]:9100"),
        ({"node": "n1", "instance": "10.0.0.9:8080", "job": "kube-state-metrics", "pod": "kube-state-metrics-0"}, "n1"),
        ({"instance": "nas:9100", "job": "node-exporter", "pod": "node-exporter-abcde"}, "nas"),
        ({"deployment": "web", "service": "kube-state-metrics", "container": "kube-state-metrics"}, "web"),
        ({"persistentvolumeclaim": "data-db-0", "node": "n1", "job": "kubelet"}, "data-db-0"),
        ({"job": "api"}, "api"),
        ({"namespace": "shop"}, "shop"),
        ({"severity": "critical"}, ""),
    ],
)
def test_the_component_is_what_was_measured_and_not_who_measured(labels: dict[str, str], component: str) -> None:
    assert component_of(alert(**labels), BARE) == component


def test_addresses_on_one_host_are_different_things_unless_the_host_is_known() -> None:
    probed = alert(instance="https://shop.example/health", job="blackbox")
    other = alert(instance="https://shop.example/cart", job="blackbox")
    assert component_of(probed, BARE) != component_of(other, BARE)
    known = Graph([Edge("web", "db")])
    assert component_of(alert(instance="http://web:8080/health", job="blackbox"), known) == "web"


def test_a_label_that_the_topology_knows_comes_before_one_that_it_does_not() -> None:
    graph = Graph([Edge("front", "db")])
    assert component_of(alert(container="nginx", service="front"), graph) == "front"
    assert component_of(alert(pod="front-0"), graph) == "front"


def test_a_name_that_is_two_things_is_none() -> None:
    parts = tuple(Component(system, "container", "web", f"id-{system}") for system in ("docker", "supervisor"))
    assert component_of(alert(container="web"), Graph((), parts)) == ""


def test_the_kind_is_the_rule_or_the_template_of_what_is_said() -> None:
    assert kind_of(alert(service="web")) == "Rule"
    one = said(log="2026-01-05 12:00:01 upstream 10.0.0.7 timed out after 30 s\nmore")
    other = said(log="2026-01-06 07:30:59 upstream 10.0.0.9 timed out after 31 s")
    assert kind_of(one) == kind_of(other)
    assert kind_of(one) != kind_of(said(log="upstream refused"))
    assert kind_of(said(summary="disk 3 is full")) == kind_of(said(summary="disk 4 is full"))
    assert key_of(alert(service="web"), "web") == "Rule@web"


def test_masks() -> None:
    assert template("took 12.5 ms at 0xdeadbeef from 10.1.2.3") == "took <n> ms at <id> from <address>"


@pytest.mark.parametrize(
    "kind",
    [
        "NoRequestsReceived",
        "NoDatabaseOperations",
        "no_traffic",
        "ServiceWithoutTraffic",
        "LowRequestRate",
        "ZeroMessages",
    ],
)
def test_what_says_that_nothing_arrives(kind: str) -> None:
    assert starves(kind)


@pytest.mark.parametrize("kind", ["HighRequestErrorRate", "PodNotReady", "LowDiskSpace", "NodeDown", "", "Notice"])
def test_what_says_more(kind: str) -> None:
    assert not starves(kind)


@pytest.mark.parametrize(
    ("labels", "workload"),
    [
        ({"service": "web"}, True),
        ({"pod": "web-0"}, True),
        ({"instance": "nas:9100"}, False),
        ({"job": "api"}, False),
        ({"namespace": "shop"}, False),
        ({"instance": "web:8080"}, False),
    ],
)
def test_a_host_a_job_or_a_namespace_is_no_workload(labels: dict[str, str], *, workload: bool) -> None:
    assert sight_of(alert(**labels), BARE).workload is workload


def test_the_inventory_knows_what_is_a_workload() -> None:
    graph = Graph((), (Component("docker", "container", "web", "1"), Component("proxmox", "node", "pve", "2")))
    assert sight_of(alert(instance="web:8080"), graph).workload
    assert not sight_of(alert(name="pve"), graph).workload


def test_equal_names_in_two_places_are_told_apart() -> None:
    one, other = alert(pod="redis-0", namespace="a"), alert(pod="redis-0", namespace="b")
    assert sight_of(one, BARE).scope != sight_of(other, BARE).scope
    here, there = alert(container="web", instance="h1:8080"), alert(container="web", instance="h2:8080")
    assert sight_of(here, BARE).scope != sight_of(there, BARE).scope
    copies = (alert(service="api", instance="10.0.0.1:80"), alert(service="api", instance="10.0.0.2:80"))
    assert sight_of(copies[0], BARE).scope == sight_of(copies[1], BARE).scope
    known = Graph((), (Component("docker", "container", "web", "1"),))
    assert sight_of(here, known).scope == sight_of(alert(container="web"), known).scope
