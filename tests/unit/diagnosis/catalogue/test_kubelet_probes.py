from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

KILLED = "Normal|Killing|10s (x9 over 9m)|kubelet|Container web failed liveness probe, will be restarted"
LIVENESS = "Liveness:       http-get http://:{port}/healthz delay=3s timeout=1s period=3s #success=1 #failure=1"


def unhealthy(probe: str, why: str) -> str:
    return f"Warning|Unhealthy|10s (x30 over 9m)|kubelet|{probe} probe failed: {why}"


def test_a_liveness_probe_that_asks_where_nothing_listens(cluster: Cluster) -> None:
    refused = unhealthy("Liveness", 'Get "http://10.0.1.1:9999/healthz": dial tcp 10.0.1.1:9999: connection refused')
    cluster.pod(refused, KILLED, state="Waiting/CrashLoopBackOff", exit_code=137, below=LIVENESS.format(port=9999))
    assert cluster.best() == ("web", "liveness_probe_incorrect_port")


def test_a_liveness_probe_that_kills_what_is_still_starting(cluster: Cluster) -> None:
    late = unhealthy("Liveness", 'Get "http://10.0.1.1:8080/healthz": context deadline exceeded (Client.Timeout)')
    cluster.pod(late, KILLED, state="Waiting/CrashLoopBackOff", exit_code=143, below=LIVENESS.format(port=8080))
    cluster.logs("web-6d4cf56db6-x7k2p", "Started WebApplication in 42.7 seconds")
    assert cluster.best() == ("web", "liveness_probe_incorrect_timing")


@pytest.mark.parametrize("probe", ["Liveness", "Readiness"])
@pytest.mark.parametrize(
    "why",
    [
        'Get "https://10.0.1.1:8080/": http: server gave HTTP response to HTTPS client',
        'Get "http://10.0.1.1:6379/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "-ERR"',
        'Get "https://10.0.1.1:8080/": tls: first record does not look like a TLS handshake',
    ],
)
def test_a_probe_in_another_language(cluster: Cluster, probe: str, why: str) -> None:
    cluster.pod(unhealthy(probe, why), state="Running")
    assert cluster.best() == ("web", f"{probe.lower()}_probe_incorrect_protocol")


def test_a_readiness_probe_at_a_port_that_the_container_does_not_have(cluster: Cluster) -> None:
    below = "Readiness:      tcp-socket :5433 delay=0s timeout=1s period=10s #success=1 #failure=3"
    cluster.pod(unhealthy("Readiness", "dial tcp 10.0.1.1:5433: connection refused"), state="Running", below=below)
    assert cluster.best() == ("web", "readiness_probe_incorrect_port")


def test_an_answer_of_503_is_the_health_of_the_program_and_no_fault_of_the_probe(cluster: Cluster) -> None:
    cluster.pod(unhealthy("Readiness", "HTTP probe failed with statuscode: 503"), state="Running")
    assert cluster.best() == ("web", "health_endpoint_failing")


def test_a_program_that_ends_by_itself_is_not_killed_by_its_probe(cluster: Cluster) -> None:
    refused = unhealthy("Liveness", 'Get "http://10.0.1.1:8080/healthz": dial tcp 10.0.1.1:8080: connection refused')
    cluster.pod(refused, state="Waiting/CrashLoopBackOff", exit_code=1, below=LIVENESS.format(port=8080))
    assert cluster.best() == ("web", "crash_loop")


def test_an_answer_of_400_is_no_health_but_a_question_that_is_not_understood(cluster: Cluster) -> None:
    cluster.pod(unhealthy("Readiness", "HTTP probe failed with statuscode: 400"), state="Running")
    best = cluster.best()
    assert best is None or best[1] == "readiness_probe_incorrect_protocol"
