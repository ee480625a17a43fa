from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.facts import collect

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def states(cluster: Cluster) -> dict[str, dict[str, str | float]]:
    facts = collect(cluster.case())
    return {str(fact.values["target"]): fact.values for fact in facts if fact.kind == "state"}


ROWS = """
    NAME                   READY   STATUS             RESTARTS        AGE
    web-6d4cf56db6-x7k2p   0/1     CrashLoopBackOff   9 (30s ago)     31m
    api-7f8b9c6d5f-kq2vz   1/1     Running            12 (143m ago)   6d
    nightly-29334240-w8rv2   0/1     Completed        0               6h
    late-0                 0/1     Pending            0               6m
"""


def test_rows_tell_who_loops_who_runs_and_who_waits(cluster: Cluster) -> None:
    found = states(cluster.get("pods", ROWS))
    assert (found["web-6d4cf56db6-x7k2p"]["restarting"], found["web-6d4cf56db6-x7k2p"]["running"]) == (1.0, 0.0)
    assert (found["api-7f8b9c6d5f-kq2vz"]["restarting"], found["api-7f8b9c6d5f-kq2vz"]["ready"]) == (0.0, 1.0)
    assert found["late-0"]["pending"] == 1.0
    assert "nightly-29334240-w8rv2" not in found


def test_a_described_pod_tells_how_it_ended(cluster: Cluster) -> None:
    below = "Limits:\n      memory:  64Mi"
    cluster.pod(state="Waiting/CrashLoopBackOff", exit_code=137, below=below)
    values = states(cluster)["web-6d4cf56db6-x7k2p"]
    assert (values["exit_code"], values["memory_limit_bytes"], values["restarting"]) == (137.0, 64 * 2.0**20, 1.0)


def test_a_container_that_never_started_tells_why_by_its_event(cluster: Cluster) -> None:
    row = (
        "NAME                   READY   STATUS              RESTARTS   AGE\n"
        "web-6d4cf56db6-x7k2p   0/1     RunContainerError   1 (9s ago)   1m\n"
    )
    cluster.get("pods", row).events(
        "9s|Warning|Failed|pod/web-6d4cf56db6-x7k2p|Error: OCI runtime create failed: "
        "exec: /run.sh: no such file or directory"
    )
    assert states(cluster)["web-6d4cf56db6-x7k2p"]["start_error_sign"] == "missing_file"


def test_a_pod_that_runs_and_is_not_ready_is_not_well(cluster: Cluster) -> None:
    row = "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   0/1     Running   0          9m\n"
    facts = collect(cluster.get("pods", row).case())
    assert [fact.values["status"] for fact in facts if fact.kind == "health"] == ["unhealthy"]
