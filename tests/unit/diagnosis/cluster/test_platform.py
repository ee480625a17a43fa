from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def test_the_lease_of_a_scheduler_that_is_away_grows_old(cluster: Cluster) -> None:
    lease = {"kind": "Lease", "metadata": {"name": "kube-scheduler", "namespace": "kube-system"}}
    assert cluster.get("lease", {**lease, "spec": {"renewTime": "2026-03-01T11:59:50Z"}}).signs() == set()
    assert (
        "kube_scheduler_down" in cluster.get("lease", {**lease, "spec": {"renewTime": "2026-03-01T11:00:00Z"}}).signs()
    )


def test_a_name_service_without_endpoints(cluster: Cluster) -> None:
    cluster.get(
        "svc",
        "NAME       TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
        "kube-dns   ClusterIP   10.0.0.10    <none>        53/UDP    3d\n",
        namespace="kube-system",
    )
    cluster.get("endpoints", "NAME       ENDPOINTS   AGE\nkube-dns   <none>      3d\n", namespace="kube-system")
    assert "cluster_dns_down" in cluster.signs("kube-dns")


def test_pods_that_nobody_places_beside_a_control_plane_without_a_scheduler(cluster: Cluster) -> None:
    cluster.get("pods", "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   0/1     Pending   0          9m\n")
    cluster.get(
        "pods",
        "NAME                 READY   STATUS    RESTARTS   AGE\nkube-apiserver-cp1   1/1     Running   0          9d\n",
        namespace="kube-system",
    )
    assert "kube_scheduler_down" in cluster.signs("kube-scheduler")


def test_a_component_that_is_called_unhealthy(cluster: Cluster) -> None:
    rows = (
        "scheduler            Unhealthy   Get http://127.0.0.1:10251/healthz: connection "
        "refused\ncontroller-manager   Healthy     ok\n"
    )
    cluster.get("componentstatuses", "NAME                 STATUS      MESSAGE\n" + rows, namespace="")
    assert "kube_scheduler_down" in cluster.signs("kube-scheduler")
