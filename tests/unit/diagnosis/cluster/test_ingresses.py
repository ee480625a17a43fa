from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

SERVICES = """
    NAME      TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE
    www       ClusterIP   10.0.0.1     <none>        80/TCP    3d
    billing   ClusterIP   10.0.0.2     <none>        80/TCP    3d
"""


def ingress(service: str, path: str = "/", port: int = 80, name: str = "nginx") -> dict[str, object]:
    way = {"path": path, "backend": {"service": {"name": service, "port": {"number": port}}}}
    spec = {"ingressClassName": name, "rules": [{"http": {"paths": [way]}}]}
    return {"kind": "Ingress", "metadata": {"name": "front", "namespace": "shop"}, "spec": spec}


def test_a_way_that_fits_is_only_told(cluster: Cluster) -> None:
    assert cluster.get("svc", SERVICES).get("ingress", ingress("www")).signs("front") == {"ingress_route"}


def test_a_service_that_is_not_there_and_a_port_that_it_does_not_have(cluster: Cluster) -> None:
    assert "ingress_backend_missing" in cluster.get("svc", SERVICES).get("ingress", ingress("shop")).signs("front")
    cluster.evidence.pop()
    assert "ingress_port_wrong" in cluster.get("ingress", ingress("www", port=8080)).signs("front")


def test_a_path_that_names_another_service(cluster: Cluster) -> None:
    cluster.get("svc", SERVICES).get("ingress", ingress("www", path="/billing"))
    assert "ingress_wrong_service" in cluster.signs("front")


def test_a_class_that_nobody_serves(cluster: Cluster) -> None:
    cluster.get("ingress", ingress("www", name="nginx-x")).get("ingressclass", "No resources found\n", namespace="")
    assert "ingress_class_missing" in cluster.signs("front")


def test_a_controller_tells_of_backends_that_it_cannot_find(cluster: Cluster) -> None:
    cluster.get("ingress", ingress("shop"))
    cluster.logs(
        "nginx-6d4cf56db6-x7k2p", 'W0301 controller.go:1] Service "shop/shop" does not have any active Endpoint.'
    )
    assert {"ingress_backend_missing", "ingress_backend_empty"} & cluster.signs("front")
