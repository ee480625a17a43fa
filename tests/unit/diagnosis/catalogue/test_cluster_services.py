from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

PODS = """
    NAME                   READY   STATUS    RESTARTS   AGE   LABELS
    web-6d4cf56db6-x7k2p   1/1     Running   0          3d    app=web,pod-template-hash=6d4cf56db6
    api-7f8b9c6d5f-kq2vz   1/1     Running   0          3d    app=api,pod-template-hash=7f8b9c6d5f
"""
WEB = {"app": "web"}


def deployment(env: list[dict[str, str]] | None = None, port: int = 8080, protocol: str = "TCP") -> dict[str, object]:
    box = {"name": "main", "ports": [{"containerPort": port, "name": "http", "protocol": protocol}], "env": env or []}
    template = {"metadata": {"labels": WEB}, "spec": {"containers": [box]}}
    spec = {"replicas": 1, "selector": {"matchLabels": WEB}, "template": template}
    return {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def service(target: object, protocol: str = "TCP", **selector: str) -> dict[str, object]:
    ports = [{"port": 80, "targetPort": target, "protocol": protocol}]
    spec = {"selector": selector or WEB, "ports": ports, "clusterIP": "10.0.0.9"}
    return {"kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def test_a_selector_that_no_pod_bears(cluster: Cluster) -> None:
    cluster.get("pods", PODS).get("svc", service(8080, app="web-server"), name="web")
    assert cluster.best() == ("web", "service_selector_mismatch")


def test_a_service_whose_pods_are_not_ready_has_a_right_selector(cluster: Cluster) -> None:
    cluster.get("pods", PODS.replace("1/1", "0/1")).get("svc", service(8080), name="web")
    cluster.get("endpoints", "NAME   ENDPOINTS   AGE\nweb    <none>      3d\n")
    assert "selector_matches_nothing" not in cluster.signs("web")


def test_a_target_port_that_the_container_does_not_have(cluster: Cluster) -> None:
    cluster.get("deploy", deployment(), name="web").get("svc", service(8081), name="web")
    assert cluster.best() == ("web", "service_port_mapping_mismatch")


def test_a_target_port_by_a_name_that_no_port_has(cluster: Cluster) -> None:
    cluster.get("deploy", deployment(), name="web").get("svc", service("grpc"), name="web")
    assert cluster.best() == ("web", "service_port_mapping_mismatch")


def test_a_protocol_that_is_not_spoken_there(cluster: Cluster) -> None:
    cluster.get("deploy", deployment(port=53, protocol="UDP"), name="web").get("svc", service(53), name="web")
    assert cluster.best() == ("web", "service_protocol_mismatch")


def test_an_address_in_the_environment_that_leads_to_the_wrong_port(cluster: Cluster) -> None:
    env = [{"name": "CACHE_HOST", "value": "redis"}, {"name": "CACHE_PORT", "value": "6380"}]
    cluster.get("deploy", deployment(env), name="web")
    cluster.get(
        "svc",
        "NAME    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE\n"
        "redis   ClusterIP   10.0.0.7     <none>        6379/TCP   3d\n",
    )
    cluster.logs("web-6d4cf56db6-x7k2p", "cache: dial tcp 10.0.0.7:6380: i/o timeout")
    assert cluster.best() == ("web", "service_env_var_address_mismatch")


def test_an_optional_peer_that_is_not_there_is_no_fault(cluster: Cluster) -> None:
    cluster.get("deploy", deployment([{"name": "TRACE_ADDR", "value": "collector:4317"}]), name="web")
    cluster.get(
        "svc",
        "NAME    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE\n"
        "redis   ClusterIP   10.0.0.7     <none>        6379/TCP   3d\n",
    )
    assert cluster.best() is None


def test_an_ingress_that_leads_to_no_service(cluster: Cluster) -> None:
    path = {"path": "/", "backend": {"service": {"name": "shop", "port": {"number": 80}}}}
    spec = {"rules": [{"host": "acme.io", "http": {"paths": [path]}}]}
    cluster.get(
        "ingress", {"kind": "Ingress", "metadata": {"name": "front", "namespace": "shop"}, "spec": spec}, name="front"
    )
    cluster.get(
        "svc",
        "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
        "web    ClusterIP   10.0.0.7     <none>        80/TCP    3d\n",
    )
    assert cluster.best() == ("front", "ingress_misrouted")


def test_a_policy_that_lets_nobody_in(cluster: Cluster) -> None:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    cluster.get("pods", PODS).logs("web-6d4cf56db6-x7k2p", 'Get "http://api:80/": dial tcp 10.0.0.9:80: i/o timeout')
    cluster.get("netpol", {"kind": "NetworkPolicy", "metadata": {"name": "deny", "namespace": "shop"}, "spec": spec})
    assert cluster.best() == ("api", "firewall_or_policy_block")


def test_a_dependency_that_is_not_deployed(cluster: Cluster) -> None:
    cluster.pod(state="Waiting/CrashLoopBackOff", exit_code=1)
    cluster.logs("web-6d4cf56db6-x7k2p", "could not connect: getaddrinfo ENOTFOUND kafka")
    cluster.get(
        "svc",
        "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
        "web    ClusterIP   10.0.0.7     <none>        80/TCP    3d\n",
    )
    assert cluster.best() == ("web", "dependency_missing_at_start")
