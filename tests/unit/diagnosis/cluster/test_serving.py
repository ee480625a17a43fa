from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

PODS = """
    NAME                   READY   STATUS    RESTARTS   AGE   LABELS
    web-6d4cf56db6-x7k2p   1/1     Running   0          3d    app=web,pod-template-hash=6d4cf56db6
"""
SERVICE = """
    NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR
    web    ClusterIP   10.0.0.1     <none>        80/TCP    3d    {selector}
"""


def test_a_selector_that_fits_is_no_sign(cluster: Cluster) -> None:
    assert cluster.get("pods", PODS).get("svc", SERVICE.format(selector="app=web")).signs() == set()


def test_a_selector_that_fits_nothing_is_one(cluster: Cluster) -> None:
    assert "selector_matches_nothing" in cluster.get("pods", PODS).get("svc", SERVICE.format(selector="app=wep")).signs(
        "web"
    )


def test_endpoints_that_are_there_show_that_the_selector_fits(cluster: Cluster) -> None:
    cluster.get("pods", PODS).get("svc", SERVICE.format(selector="app=wep"))
    cluster.get("endpoints", "NAME   ENDPOINTS       AGE\nweb    10.1.0.4:8080   3d\n")
    assert cluster.signs() == set()


def test_a_service_without_endpoints_beside_ready_pods(cluster: Cluster) -> None:
    cluster.get(
        "pods",
        "NAME                   READY   STATUS    RESTARTS   AGE\n"
        "web-6d4cf56db6-x7k2p   1/1     Running   0          3d\n",
    )
    cluster.get("svc", SERVICE.format(selector="app=wep")).get(
        "endpoints", "NAME   ENDPOINTS   AGE\nweb    <none>      3d\n"
    )
    assert "endpoints_empty_though_ready" in cluster.signs("web")
