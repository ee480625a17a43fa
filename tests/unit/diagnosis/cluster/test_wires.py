from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

PODS = (
    "NAME                   READY   STATUS    RESTARTS   AGE   IP         NODE\n"
    "web-6d4cf56db6-x7k2p   1/1     Running   0          3d    10.1.0.4   w1\n"
)
PING = (
    "--- {host} ping statistics ---\n"
    "50 packets transmitted, 50 received, {loss}% packet loss, time 9ms\n"
    "rtt min/avg/max/mdev = 0.3/{rtt}/0.5/0.1 ms\n"
)


def test_a_ping_of_a_pods_address_is_of_the_pod(cluster: Cluster) -> None:
    cluster.get("pods", PODS).piece("ping", PING.format(host="10.1.0.4", loss=0, rtt=300.0))
    assert cluster.signs("web") == {"slow_ping"}


def test_a_ping_that_is_well_is_no_sign(cluster: Cluster) -> None:
    assert cluster.get("pods", PODS).piece("ping", PING.format(host="w1", loss=0, rtt=0.4)).signs() == set()


def test_drops_by_a_policy_belong_to_the_address_that_is_ours(cluster: Cluster) -> None:
    cluster.get("pods", PODS).piece(
        "cilium", "xx drop (Policy denied) flow 0x9c1: 10.1.0.4:50422 -> 198.51.100.18:443 tcp SYN\n"
    )
    assert cluster.signs("web") == {"policy_denied"}


def test_an_expired_certificate_belongs_to_who_shows_it(cluster: Cluster) -> None:
    cluster.get("pods", PODS).logs("web-6d4cf56db6-x7k2p", "Get https://api:8443/: x509: certificate has expired")
    cluster.get(
        "svc",
        "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)    AGE\n"
        "api    ClusterIP   10.0.0.1     <none>        8443/TCP   3d\n",
    )
    assert "certificate_expired" in cluster.signs("api")


def test_a_certificate_that_ends_later_is_no_sign(cluster: Cluster) -> None:
    cluster.get("pods", PODS).piece(
        "openssl", "notAfter=Jun 30 11:59:59 2027 GMT\n", command="openssl s_client -connect api:8443"
    )
    assert cluster.signs() == set()


def test_the_last_hop_of_a_trace_is_the_host_that_was_asked_for(cluster: Cluster) -> None:
    rows = (
        "HOST: x          Loss%   Snt   Last   Avg  Best  Wrst StDev\n"
        "  1.|-- gw        0.0%   100    0.3   0.4   0.2   0.9   0.1\n"
    )
    rows += "  2.|-- w1       31.0%   100    0.3   0.4   0.2   0.9   0.1\n"
    assert cluster.get("pods", PODS).piece("mtr", rows).signs("w1") == {"packet_loss"}


def test_counters_of_errors_that_grow_are_loss(cluster: Cluster) -> None:
    twice = "rx_crc_errors: 120331\nrx_packets: 5\n---\nrx_crc_errors: 153906\nrx_packets: 99999\n"
    cluster.get("pods", PODS).piece("ethtool", twice, command="ethtool -S eth0 on w1 (twice)")
    assert cluster.signs("w1") == {"packet_loss"}


def test_a_certificate_of_the_cluster_that_has_ended(cluster: Cluster) -> None:
    meta = {"name": "front-tls", "namespace": "shop"}
    cluster.get(
        "certificate", {"kind": "Certificate", "metadata": meta, "status": {"notAfter": "2026-02-28T00:00:00Z"}}
    )
    assert cluster.signs("front-tls") == {"certificate_expired"}
