from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.cluster.quotas import exceeded, family

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("limits.cpu", "cpu"),
        ("requests.memory", "memory"),
        ("count/pods", "pods"),
        ("services.nodeports", "services"),
        ("gold.storageclass.storage.k8s.io/requests.storage", "storage"),
        ("persistentvolumeclaims", "storage"),
        ("secrets", "other"),
    ],
)
def test_resources_of_quotas_have_families(resource: str, name: str) -> None:
    assert family(resource) == name


def test_only_what_does_not_fit_is_exceeded() -> None:
    assert exceeded("cpu=1,memory=1Gi", "cpu=1,memory=4Gi", "cpu=4,memory=4Gi") == ["memory"]
    assert exceeded("cpu=?", "cpu=?", "cpu=?") == ["cpu"]


def test_a_quota_that_is_used_up_speaks_of_the_workload_that_lacks_pods(cluster: Cluster) -> None:
    cluster.get("quota", "NAME   AGE   REQUEST     LIMIT\nteam   3d    pods: 4/4\n")
    cluster.get("deploy", "NAME   READY   UP-TO-DATE   AVAILABLE   AGE\nweb    1/2     1            1           3d\n")
    assert "quota_pods" in cluster.signs("web")


def test_a_quota_with_room_is_no_sign(cluster: Cluster) -> None:
    assert cluster.get("quota", "NAME   AGE   REQUEST     LIMIT\nteam   3d    pods: 3/4\n").signs() == set()


def test_a_program_that_names_another_s_pod_speaks_for_itself(cluster: Cluster) -> None:
    refused = (
        'pods "web-6d4cf56db6-x7k2p" is forbidden: exceeded quota: q, requested: pods=1, used: pods=9, limited: pods=9'
    )
    cluster.get(
        "pods",
        "NAME                   READY   STATUS    RESTARTS   AGE\nweb-6d4cf56db6-x7k2p   1/1     Running   0   1d\n",
    )
    cluster.logs("runner-0", f"ERROR {refused}")
    assert "quota_pods" in cluster.signs("runner")
    assert "quota_pods" not in cluster.signs("web")


def test_the_quotas_in_the_description_of_a_namespace(cluster: Cluster) -> None:
    cluster.describe(
        "namespace",
        """
        Name:         shop
        Status:       Active

        Resource Quotas
          Name:            team
          Resource         Used  Hard
          --------         ---   ---
          requests.memory  4Gi   4Gi
          pods             3     9
        """,
        "shop",
    )
    assert cluster.signs("shop") == {"quota_memory"}
