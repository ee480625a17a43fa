from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

ROW = (
    "NAME                   READY   STATUS    RESTARTS   AGE\nweb-6d4cf56db6-x7k2p   1/1     Running   0          3d\n"
)


def test_several_names_that_exist_and_are_not_found_point_to_the_name_service(cluster: Cluster) -> None:
    cluster.logs("web-6d4cf56db6-x7k2p", "getaddrinfo EAI_AGAIN redis.shop.svc", "getaddrinfo EAI_AGAIN db.shop.svc")
    assert "cluster_dns_suspected" in cluster.signs("coredns")


def test_one_name_alone_does_not(cluster: Cluster) -> None:
    cluster.logs("web-6d4cf56db6-x7k2p", "getaddrinfo EAI_AGAIN redis.shop.svc")
    assert "cluster_dns_suspected" not in cluster.signs()


def test_a_name_server_that_does_not_answer_a_person_either(cluster: Cluster) -> None:
    command = "kubectl exec web-6d4cf56db6-x7k2p -- nslookup db.shop.svc.cluster.local"
    cluster.get("pods", ROW).piece(
        "nslookup", ";; connection timed out; no servers could be reached\n", command=command
    )
    assert "cluster_dns_suspected" in cluster.signs("coredns")


def test_a_name_service_that_cannot_reach_its_own_upstream(cluster: Cluster) -> None:
    cluster.logs(
        "coredns-76f75df574-4hq7m", "[ERROR] plugin/errors: 2 a.io. A: read udp 10.1.0.4:4000->8.8.8.8:53: i/o timeout"
    )
    assert "cluster_dns_suspected" in cluster.signs("coredns")
