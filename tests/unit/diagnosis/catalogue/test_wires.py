from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

NODES = (
    "NAME   STATUS   ROLES    AGE   VERSION\n"
    "w1     Ready    <none>   3d    v1.30.1\n"
    "w2     Ready    <none>   3d    v1.30.1\n"
)
PING = (
    "--- {host} ping statistics ---\n"
    "50 packets transmitted, 50 received, {loss}% packet loss, time 9ms\n"
    "rtt min/avg/max/mdev = 0.3/{rtt}/0.5/0.1 ms\n"
)


def test_a_node_that_loses_packets(cluster: Cluster) -> None:
    cluster.get("nodes", NODES).piece("ping", PING.format(host="w1", loss=24, rtt=0.4))
    assert cluster.best() == ("w1", "node_network_packet_loss")


def test_a_node_that_is_far_slower_than_another(cluster: Cluster) -> None:
    cluster.get("nodes", NODES).piece("ping", PING.format(host="w1", loss=0, rtt=310.0))
    cluster.piece("ping", PING.format(host="w2", loss=0, rtt=0.4))
    assert cluster.best() == ("w1", "node_network_delay")


def test_a_delay_that_somebody_put_on_a_pod(cluster: Cluster) -> None:
    cluster.pod(state="Running")
    queue = "qdisc netem 8003: root refcnt 2 limit 1000 delay 350ms  20ms\n"
    cluster.piece("exec", queue, command="kubectl exec web-6d4cf56db6-x7k2p -- tc qdisc show dev eth0")
    assert cluster.best() == ("web", "pod_network_delay")
