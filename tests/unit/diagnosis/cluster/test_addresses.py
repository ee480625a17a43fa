from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.facts import collect

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


SERVICES = """
    NAME    TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE
    redis   ClusterIP   10.0.0.7     <none>        6379/TCP   3d
"""
PODS = (
    "NAME                   READY   STATUS    RESTARTS   AGE\n"
    "web-6d4cf56db6-x7k2p   1/1     Running   0          3d\n"
    "redis-0   1/1   Running   0   3d\n"
)


def test_a_call_that_is_refused_tells_of_who_refuses_it(cluster: Cluster) -> None:
    cluster.get("svc", SERVICES).get("pods", PODS)
    cluster.logs("web-6d4cf56db6-x7k2p", "dial tcp 10.0.0.7:6379: connect: connection refused")
    assert "call_refused" in cluster.signs("web")
    assert "refuses_calls" in cluster.signs("redis")
    speakers = {
        fact.values.get("speaker") for fact in collect(cluster.case()) if fact.values.get("sign") == "refuses_calls"
    }
    assert speakers == {"web"}


def test_a_call_to_a_port_that_the_service_does_not_have_is_a_wrong_address(cluster: Cluster) -> None:
    cluster.get("svc", SERVICES).logs("web-6d4cf56db6-x7k2p", "dial tcp 10.0.0.7:6380: i/o timeout")
    assert "address_wrong" in cluster.signs("web")


def test_a_name_that_no_service_has_is_waited_for(cluster: Cluster) -> None:
    cluster.get("svc", SERVICES).logs("web-6d4cf56db6-x7k2p", "getaddrinfo ENOTFOUND kafka")
    assert {"call_dns", "waits_for"} <= cluster.signs("web")


def test_passwords_in_addresses_are_not_shown(cluster: Cluster) -> None:
    env = [{"name": "REDIS_URL", "value": "redis://user:secret@redis:6380/0"}]
    spec = {"containers": [{"name": "main", "env": env}]}
    cluster.get("svc", SERVICES).get(
        "pod", {"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop"}, "spec": spec}
    )
    facts = [fact.text for fact in collect(cluster.case()) if fact.values.get("sign") == "address_wrong"]
    assert facts
    assert not any("secret" in text for text in facts)
