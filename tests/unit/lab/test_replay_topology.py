"""What a stream teaches of what needs what."""

from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.learned import edges_from_alert
from lamplighter.lab.replay_topology import AT_ONCE_MAX, REDRAWN_AFTER, Learned

START = datetime(2026, 1, 1, tzinfo=UTC)


def alert(**labels: str) -> Alert:
    return Alert("alertmanager", "f", AlertStatus.FIRING, {"alertname": "Down", **labels}, {}, START)


def test_a_container_says_what_it_needs() -> None:
    labels = {"container_label_com_docker_compose_depends_on": "db:service_healthy:true,cache:service_started:false"}
    edges = edges_from_alert(alert(name="web", container_label_lamplighter_depends="nas, web", **labels), "web")
    assert {(edge.source, edge.target, edge.kind) for edge in edges} == {
        ("web", "db", "depends_on"),
        ("web", "cache", "depends_on"),
        ("web", "nas", "depends_on"),
    }


def test_a_pod_runs_on_its_node() -> None:
    (edge,) = edges_from_alert(alert(pod="web-0", node="n1"), "web")
    assert (edge.target, edge.kind, edge.origin) == ("n1", "runs_on", "alert labels of alertmanager")


def test_an_alert_that_teaches_nothing_leaves_the_graph() -> None:
    learned = Learned({})
    learned.hear(alert(name="web"))
    assert learned.news(START) is None


def test_what_was_heard_once_is_known() -> None:
    learned = Learned({})
    said = alert(name="web", container_label_lamplighter_depends="nas")
    learned.hear(said)
    graph = learned.news(START)
    assert graph is not None
    assert graph.uses("web") == ("nas",)
    learned.hear(said)
    assert learned.news(START) is None


def test_the_configuration_speaks_of_what_the_stream_names() -> None:
    learned = Learned({"*": ["router"], "web": ["db"]})
    assert learned.graph.uses("web") == ("db",)
    learned.hear(alert(name="jellyfin"))
    graph = learned.news(START)
    assert graph is not None
    assert graph.uses("jellyfin") == ("router",)


def test_an_alert_of_nothing_teaches_nothing() -> None:
    learned = Learned({"*": ["router"]})
    learned.hear(alert(container_label_lamplighter_depends="nas"))
    assert learned.news(START) is None


def test_a_large_topology_is_drawn_when_it_has_grown_or_an_hour_has_passed() -> None:
    learned = Learned({})
    for number in range(AT_ONCE_MAX + 1):
        learned.hear(alert(name=f"c{number}", container_label_lamplighter_depends="nas"))
        learned.news(START)
    learned.hear(alert(name="last", container_label_lamplighter_depends="nas"))
    assert learned.news(START) is None
    later = learned.news(START + REDRAWN_AFTER)
    assert later is not None
    assert later.uses("last") == ("nas",)
