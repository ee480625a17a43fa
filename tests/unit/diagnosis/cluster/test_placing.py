from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.cluster.placing import expression_holds
from lamplighter.diagnosis.facts import collect

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


LABELS: dict[str, object] = {"zone": "a"}


def test_expressions_of_selectors() -> None:
    assert expression_holds({"key": "zone", "operator": "In", "values": ["a", "b"]}, LABELS)
    assert not expression_holds({"key": "zone", "operator": "NotIn", "values": ["a"]}, LABELS)
    assert expression_holds({"key": "gpu", "operator": "DoesNotExist"}, LABELS)
    assert not expression_holds({"key": "gpu", "operator": "Exists"}, LABELS)


def test_what_the_pod_wants_stands_beside_what_the_nodes_have(cluster: Cluster) -> None:
    cluster.pod(
        "Warning|FailedScheduling|9s|default-scheduler|0/1 nodes are available: 1 node(s) didn't match node selector.",
        selector="disk=ssd",
    )
    cluster.get(
        "nodes",
        "NAME   STATUS   ROLES    AGE   VERSION   LABELS\nw1     Ready    <none>   3d    v1.30.1   disk=hdd\n",
        namespace="",
    )
    [wish] = [fact for fact in collect(cluster.case()) if fact.values.get("sign") == "node_wish"]
    assert "disk=ssd" in wish.text
    assert "disk=hdd" in wish.text


def test_a_placed_pod_is_not_refused_any_more(cluster: Cluster) -> None:
    cluster.events("9m|Warning|FailedScheduling|pod/web-0|0/1 nodes are available: 1 Insufficient cpu.")
    cluster.get("pods", "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0          9m\n")
    assert "unplaced_cpu" not in cluster.signs()
