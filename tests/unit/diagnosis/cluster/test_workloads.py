from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.facts import collect

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def test_what_is_used_stands_beside_what_may_be_used(cluster: Cluster) -> None:
    cluster.pod(state="Running", below="Limits:\n      cpu:     500m\n      memory:  100Mi")
    cluster.piece(
        "kubectl.top", "NAME                   CPU(cores)   MEMORY(bytes)\nweb-6d4cf56db6-x7k2p   250m         50Mi\n"
    )
    [usage] = [fact for fact in collect(cluster.case()) if fact.kind == "usage"]
    assert (usage.component, usage.values["cpu_share"], usage.values["memory_share"]) == ("web", 0.5, 0.5)


def test_a_node_is_measured_by_its_share(cluster: Cluster) -> None:
    cluster.piece(
        "kubectl.top",
        "NAME   CPU(cores)   CPU%   MEMORY(bytes)   MEMORY%\nw1     3900m        97%    9120Mi          57%\n",
    )
    [usage] = [fact for fact in collect(cluster.case()) if fact.kind == "usage"]
    assert (usage.component, usage.values["cpu_share"]) == ("w1", 0.97)


def test_pods_that_are_missing(cluster: Cluster) -> None:
    cluster.get("deploy", "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    1/2     1            1           3d\n")
    assert cluster.signs("web") == {"pods_missing"}


def test_a_job_that_is_done_did_not_fail_for_good(cluster: Cluster) -> None:
    status = {"succeeded": 1, "failed": 2}
    cluster.get("job", {"kind": "Job", "metadata": {"name": "x", "namespace": "shop"}, "status": status})
    assert cluster.signs() == set()
