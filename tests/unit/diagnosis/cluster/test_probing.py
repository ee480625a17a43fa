from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

LATE = (
    "Warning|Unhealthy|9s (x30 over 9m)|kubelet|Liveness probe failed: Get http://10.0.1.1:8080/: "
    "context deadline exceeded"
)
PROBE = "Liveness:       http-get http://:{port}/ delay=3s timeout=1s period=3s #success=1 #failure=1"


def test_a_port_that_the_log_does_not_name_is_wrong(cluster: Cluster) -> None:
    refused = (
        "Warning|Unhealthy|9s (x30 over 9m)|kubelet|Readiness probe failed: dial tcp 10.0.1.1:8080: connection refused"
    )
    cluster.pod(refused, state="Running").logs("web-6d4cf56db6-x7k2p", "Listening on http://0.0.0.0:9000")
    assert "probe_port_wrong" in cluster.signs("web")


def test_a_slow_answer_makes_the_timing_suspect(cluster: Cluster) -> None:
    cluster.pod(LATE, state="Running", below=PROBE.format(port=8080))
    assert {"probe_failing", "probe_too_early"} <= cluster.signs("web")


def test_a_probe_that_failed_once_at_the_start_of_a_pod_that_is_ready_now_is_no_sign(cluster: Cluster) -> None:
    cluster.events("3m|Warning|Unhealthy|pod/web-0|Readiness probe failed: dial tcp 10.0.1.1:80: connection refused")
    cluster.get("pods", "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0          4m\n")
    assert cluster.signs() == set()


def test_a_wrong_port_is_seen_without_any_event(cluster: Cluster) -> None:
    cluster.pod(state="Running", below=PROBE.format(port=9999))
    assert "probe_port_wrong" in cluster.signs("web")
