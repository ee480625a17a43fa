from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

FAILED = "Warning|FailedScheduling|30s (x9 over 5m)|default-scheduler|"
NODES = """
    NAME   STATUS                     ROLES    AGE   VERSION
    w1     Ready,SchedulingDisabled   <none>   3d    v1.30.1
    w2     Ready,SchedulingDisabled   <none>   3d    v1.30.1
"""


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu.", "insufficient_node_cpu"),
        (
            (
                "0/4 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't "
                "tolerate, 3 Insufficient memory."
            ),
            "insufficient_node_memory",
        ),
        (
            (
                "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
                "2 Insufficient nvidia.com/gpu. preemption: 0/3 nodes are available: 3 Insufficient cpu."
            ),
            "insufficient_gpu",
        ),
        ("0/5 nodes are available: 2 Insufficient cpu, 3 node(s) didn't match node selector.", "insufficient_node_cpu"),
        (
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
            "node_affinity_mismatch",
        ),
        (
            (
                "0/3 nodes are available: 3 node(s) didn't match pod affinity/anti-affinity, "
                "3 node(s) didn't match pod "
                "anti-affinity rules."
            ),
            "pod_anti_affinity_conflict",
        ),
        ("0/3 nodes are available: 3 node(s) had untolerated taint {dedicated: batch}.", "taint_toleration_mismatch"),
        ("0/2 nodes are available: 2 Too many pods.", "pod_capacity_exceeded"),
    ],
)
def test_the_scheduler_says_why(cluster: Cluster, message: str, fault: str) -> None:
    assert cluster.pod(FAILED + message).best() == ("web", fault)


def test_a_selector_that_the_pod_has_is_what_no_node_meets(cluster: Cluster) -> None:
    message = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."
    assert cluster.pod(FAILED + message, selector="disk=ssd").best() == ("web", "node_selector_mismatch")


def test_a_taint_of_the_pool_that_the_selector_wants_is_closer_than_the_selector(cluster: Cluster) -> None:
    message = (
        "0/4 nodes are available: 1 node(s) had untolerated taint {pool: gpu}, 3 node(s) didn't match Pod's node "
        "affinity/selector."
    )
    assert cluster.pod(FAILED + message, selector="pool=gpu").best() == ("web", "taint_toleration_mismatch")


def test_nodes_that_are_cordoned_are_to_blame_themselves(cluster: Cluster) -> None:
    cluster.get("nodes", NODES, namespace="").pod(FAILED + "0/2 nodes are available: 2 node(s) were unschedulable.")
    best = cluster.best()
    assert best is not None
    assert (best[0] in {"w1", "w2"}, best[1]) == (True, "node_cordoned")


def test_a_pod_that_is_pinned_to_a_cordoned_node_tells_of_the_node(cluster: Cluster) -> None:
    message = (
        "0/4 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
        "1 node(s) were unschedulable, 2 node(s) didn't match Pod's node affinity/selector."
    )
    assert cluster.pod(FAILED + message, selector="kubernetes.io/hostname=w3").best() == ("w3", "node_cordoned")
