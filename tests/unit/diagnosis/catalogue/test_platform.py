from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

NODES = """
    NAME   STATUS     ROLES    AGE   VERSION
    w1     NotReady   <none>   3d    v1.30.1
    w2     Ready      <none>   3d    v1.30.1
"""
STATUS = """
    {mark} {unit}.service - {unit}
         Loaded: loaded (/lib/systemd/system/{unit}.service; enabled)
         Active: {active} since Sun 2026-03-01 11:40:00 UTC; 20min ago
"""


def test_a_node_that_is_not_ready_and_no_more_known(cluster: Cluster) -> None:
    assert cluster.get("nodes", NODES, namespace="").best() == ("w1", "node_not_ready")


def test_a_kubelet_that_systemd_calls_dead(cluster: Cluster) -> None:
    cluster.get("nodes", NODES, namespace="")
    cluster.piece("systemctl.status", STATUS.format(mark="*", unit="kubelet", active="inactive (dead)"), node="w1")
    assert cluster.best() == ("w1", "kubelet_unavailable")


def test_a_runtime_that_failed_is_the_reason_and_not_the_kubelet(cluster: Cluster) -> None:
    cluster.get("nodes", NODES, namespace="")
    cluster.piece(
        "systemctl.status", STATUS.format(mark="x", unit="containerd", active="failed (Result: exit-code)"), node="w1"
    )
    cluster.piece(
        "journalctl",
        'Mar 01 11:41:00 w1 kubelet[9]: E0301 kubelet.go:2412] "Skipping pod synchronization" err="[container runtime '
        'is down, PLEG is not healthy: pleg was last seen active 5m ago]"',
        node="w1",
        unit="kubelet",
    )
    assert cluster.best() == ("w1", "containerd_unavailable")


def test_a_network_plugin_that_is_missing_is_no_fault_of_the_runtime(cluster: Cluster) -> None:
    message = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady"
    conditions = [{"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": message}]
    cluster.get("node", {"kind": "Node", "metadata": {"name": "w1"}, "status": {"conditions": conditions}}, name="w1")
    assert cluster.best() == ("w1", "node_not_ready")


def test_the_scheduler_is_down_where_its_pod_is(cluster: Cluster) -> None:
    rows = (
        "kube-apiserver-cp1   1/1   Running   0   3d\nkube-scheduler-cp1   0/1   CrashLoopBackOff   9 (30s ago)   3d\n"
    )
    cluster.get("pods", "NAME   READY   STATUS   RESTARTS   AGE\n" + rows, namespace="kube-system")
    assert cluster.best() == ("kube-scheduler", "kube_scheduler_unavailable")


def test_a_node_without_a_proxy(cluster: Cluster) -> None:
    cluster.get("nodes", NODES.replace("NotReady", "Ready   "), namespace="")
    rows = "kube-proxy-7tq2x   1/1   Running   0   3d   10.0.0.1   w1\n"
    cluster.get("pods", "NAME   READY   STATUS   RESTARTS   AGE   IP   NODE\n" + rows, namespace="kube-system")
    assert cluster.best() == ("kube-proxy", "kube_proxy_unavailable")


def test_a_job_that_used_up_its_tries(cluster: Cluster) -> None:
    cluster.describe(
        "job",
        """
        Name:             report
        Namespace:        shop
        Parallelism:      1
        Backoff Limit:    2
        Pods Statuses:    0 Active (0 Ready) / 0 Succeeded / 3 Failed
        """,
        "report",
    )
    assert cluster.best() == ("report", "job_failed")


def test_a_deployment_that_wants_no_pods(cluster: Cluster) -> None:
    rows = "web   0/0   0   0   3d\napi   1/1   1   1   3d\n"
    cluster.get("deploy", "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\n" + rows)
    assert cluster.best() == ("web", "scaled_to_zero")


def test_a_pod_that_uses_all_the_cpu_that_it_may(cluster: Cluster) -> None:
    cluster.pod(state="Running", below="Limits:\n      cpu:  500m")
    cluster.piece(
        "kubectl.top",
        "NAME                   CPU(cores)   MEMORY(bytes)\nweb-6d4cf56db6-x7k2p   499m         80Mi\n",
        namespace="shop",
    )
    assert cluster.best() == ("web", "pod_cpu_overload")
