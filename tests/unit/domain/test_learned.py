"""What an alert's own labels teach, and what an exporter's do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.learned import TEACHERS, edges_from_alert
from lamplighter.domain.topology import Edge
from lamplighter.testing import firing

ORIGIN = "alert labels of alertmanager"


def scraped(**labels: str) -> Alert:
    return replace(firing(**labels), source="alertmanager")


def test_a_pod_teaches_where_it_runs_and_what_it_belongs_to() -> None:
    alert = scraped(pod="cart-7d9f8c6b5-x2x4z", node="node-1", service="cart-front")
    assert edges_from_alert(alert) == (
        Edge("cart", "node-1", "runs_on", ORIGIN),
        Edge("cart-front", "cart", "contains", ORIGIN),
    )


def test_a_service_of_the_same_name_teaches_nothing() -> None:
    assert edges_from_alert(scraped(pod="cart-7d9f8c6b5-x2x4z", service="cart")) == ()


def test_without_a_pod_a_service_contains_nothing() -> None:
    assert edges_from_alert(scraped(node="node-1", service="cart")) == (Edge("cart", "node-1", "runs_on", ORIGIN),)


def test_an_exporter_speaks_for_others() -> None:
    assert edges_from_alert(scraped(pod="cart-0", node="node-1", job="kube-state-metrics")) == ()
    assert edges_from_alert(scraped(pod="cart-0", node="node-1", service="prom-node-exporter")) == ()


@pytest.mark.parametrize("source", ["manual", "webhook", "pagerduty", "cloudevents", "fake"])
def test_whoever_chooses_the_labels_freely_teaches_nothing(source: str) -> None:
    said = firing(container="web", container_label_lamplighter_depends="db", node="n1")
    assert edges_from_alert(replace(said, source=source)) == ()


@pytest.mark.parametrize("source", sorted(TEACHERS))
def test_what_was_taught_bears_its_source(source: str) -> None:
    said = firing(container="web", container_label_lamplighter_depends="db", node="n1")
    assert [edge.taught_by for edge in edges_from_alert(replace(said, source=source))] == [source, source]
