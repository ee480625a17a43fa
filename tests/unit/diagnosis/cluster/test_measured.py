from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.cluster.inventory import inventory
from lamplighter.diagnosis.cluster.measured import measured_facts
from lamplighter.diagnosis.readers.kube_things import printed
from lamplighter.domain.evidence import Fact

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

NODES = (
    "NAME   STATUS   ROLES    AGE   VERSION\n"
    "w1     Ready    <none>   3d    v1.30.1\n"
    "w2     Ready    <none>   3d    v1.30.1\n"
)


def origin(component: str, lead: str) -> Fact:
    return Fact("", "e1", component, "origin", "stands out", None, "q", {"lead": lead, "odds": 1.0})


def series(node: str, *values: float) -> dict[str, object]:
    return {"metric": {"instance": f"{node}:9100"}, "values": [[100 * n, str(value)] for n, value in enumerate(values)]}


def test_what_is_slow_about_a_node_is_its_network(cluster: Cluster) -> None:
    case = cluster.get("nodes", NODES, namespace="").case()
    found = inventory([printed(piece) for piece in case.evidence], case.at, frozenset())
    placed = measured_facts(found, [origin("w1", "latency"), origin("web-6d4cf56db6-x7k2p", "cpu")])
    assert [(fact.component, fact.values["lead"]) for fact in placed] == [("w1", "node_network"), ("web", "cpu")]


def test_a_resource_of_which_only_memory_moved_is_memory(cluster: Cluster) -> None:
    case = cluster.get("nodes", NODES, namespace="").case()
    found = inventory([printed(piece) for piece in case.evidence], case.at, frozenset())
    shift = Fact("", "e1", "web", "metric_shift", "rose", None, "q", {"family": "memory"})
    placed = measured_facts(found, [shift, origin("web", "resource")])
    assert placed[1].values["lead"] == "memory"


def test_repeated_packets_of_one_node_are_lost_on_its_way(cluster: Cluster) -> None:
    result = [series("w1", *[0.001] * 6, *[0.13] * 6), series("w2", *[0.001] * 12)]
    cluster.get("nodes", NODES, namespace="").piece(
        "prometheus.query_range",
        {"status": "success", "data": {"resultType": "matrix", "result": result}},
        query="rate(node_netstat_Tcp_RetransSegs[5m])/rate(node_netstat_Tcp_OutSegs[5m])",
    )
    assert "packet_loss" in cluster.signs("w1")
    assert "packet_loss" not in cluster.signs("w2")
