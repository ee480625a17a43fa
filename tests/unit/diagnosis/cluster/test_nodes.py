from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def test_the_row_of_a_node_tells_whether_it_is_ready_and_open(cluster: Cluster) -> None:
    cluster.get(
        "nodes",
        """
        NAME   STATUS                        ROLES    AGE   VERSION
        w1     Ready                         <none>   3d    v1.30.1
        w2     NotReady                      <none>   3d    v1.30.1
        w3     Ready,SchedulingDisabled      <none>   3d    v1.30.1
        """,
        namespace="",
    )
    assert cluster.signs("w1") == set()
    assert cluster.signs("w2") == {"node_not_ready"}
    assert cluster.signs("w3") == {"node_cordoned"}


def test_conditions_room_and_taints(cluster: Cluster) -> None:
    status = {
        "conditions": [
            {
                "type": "Ready",
                "status": "Unknown",
                "reason": "NodeStatusUnknown",
                "message": "Kubelet stopped posting node status.",
            },
            {"type": "MemoryPressure", "status": "True", "reason": "x", "message": "y"},
        ]
    }
    spec = {"taints": [{"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}]}
    cluster.get("node", {"kind": "Node", "metadata": {"name": "w1"}, "spec": spec, "status": status}, name="w1")
    assert cluster.signs("w1") == {"node_not_ready", "kubelet_silent", "node_memory_pressure", "node_unreachable"}
