from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def test_a_symptom_speaks_of_the_component_that_it_names(cluster: Cluster) -> None:
    cluster.symptom = "CPUThrottlingHigh: 98% throttling of CPU for container web"
    assert "throttled" in cluster.pod(state="Running").signs("web")


def test_an_alert_speaks_of_its_labels(cluster: Cluster) -> None:
    cluster.symptom = ""
    cluster.pod(state="Running").alert("CPUThrottlingHigh", pod="web-6d4cf56db6-x7k2p", namespace="shop")
    assert "throttled" in cluster.signs("web")


def test_alerts_of_the_clusters_own_parts(cluster: Cluster) -> None:
    cluster.pod(state="Running").alert("KubeSchedulerDown", job="kube-scheduler")
    assert "kube_scheduler_down" in cluster.signs("kube-scheduler")
