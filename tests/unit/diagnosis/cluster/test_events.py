from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.facts import collect

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def test_the_same_sign_of_a_component_is_one_fact_with_all_its_times(cluster: Cluster) -> None:
    cluster.events(
        "9s (x5 over 2m)|Warning|BackOff|pod/web-6d4cf56db6-x7k2p|Back-off restarting failed container",
        "9s (x7 over 2m)|Warning|BackOff|pod/web-6d4cf56db6-l2x9q|Back-off restarting failed container",
    )
    [fact] = [fact for fact in collect(cluster.case()) if fact.values.get("sign") == "back_off"]
    assert (fact.component, fact.values["count"]) == ("web", 12.0)


def test_conditions_and_waiting_reasons_speak_as_events_do(cluster: Cluster) -> None:
    conditions = [
        {
            "type": "ReplicaFailure",
            "status": "True",
            "reason": "FailedCreate",
            "message": "exceeded quota: x, requested: pods=1, used: pods=2, limited: pods=2",
        }
    ]
    meta = {"name": "web", "namespace": "shop"}
    cluster.get("deploy", {"kind": "Deployment", "metadata": meta, "status": {"conditions": conditions}}, name="web")
    assert {"quota", "quota_pods"} <= cluster.signs("web")


def test_what_a_pod_left_behind_when_it_came_up_is_over(cluster: Cluster) -> None:
    cluster.events("9m|Warning|FailedMount|pod/web-0|MountVolume.SetUp failed for volume x: not yet")
    assert "mount_failed" in cluster.signs()
    cluster.get("pods", "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   1/1     Running   0          9m\n")
    assert "mount_failed" not in cluster.signs()
