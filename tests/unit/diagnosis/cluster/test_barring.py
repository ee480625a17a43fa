from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

PODS = """
    NAME                   READY   STATUS    RESTARTS   AGE   LABELS
    web-6d4cf56db6-x7k2p   1/1     Running   0          3d    app=web
    db-0                   1/1     Running   0          3d    app=db
"""


def policy(caller: str, port: int = 5432) -> dict[str, object]:
    rule = {"from": [{"podSelector": {"matchLabels": {"app": caller}}}], "ports": [{"port": port}]}
    spec = {"podSelector": {"matchLabels": {"app": "db"}}, "policyTypes": ["Ingress"], "ingress": [rule]}
    return {"kind": "NetworkPolicy", "metadata": {"name": "db-allow", "namespace": "shop"}, "spec": spec}


def silent(cluster: Cluster) -> Cluster:
    return cluster.get("pods", PODS).logs("web-6d4cf56db6-x7k2p", "dial tcp: db:5432: i/o timeout")


def test_a_policy_that_lets_another_in_blocks(cluster: Cluster) -> None:
    assert "policy_blocks" in silent(cluster).get("netpol", policy("api")).signs("db")


def test_a_policy_that_lets_the_caller_in_does_not(cluster: Cluster) -> None:
    assert "policy_blocks" not in silent(cluster).get("netpol", policy("web")).signs("db")


def test_a_policy_for_another_port_blocks(cluster: Cluster) -> None:
    assert "policy_blocks" in silent(cluster).get("netpol", policy("web", port=9187)).signs("db")
