from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

VOLUMES = """
    NAME    CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS      CLAIM              STORAGECLASS   AGE   LABELS
    pv-1    20Gi       RWO            Retain           Available                      standard       3d    zone=a
    pv-2    20Gi       RWO            Retain           Bound       shop/other-claim   standard       3d    zone=a
"""


def claim(
    size: str = "10Gi", mode: str = "ReadWriteOnce", storage: str = "standard", **spec: object
) -> dict[str, object]:
    body = {"accessModes": [mode], "resources": {"requests": {"storage": size}}, "storageClassName": storage, **spec}
    meta = {"name": "data-db-0", "namespace": "shop"}
    return {"kind": "PersistentVolumeClaim", "metadata": meta, "spec": body, "status": {"phase": "Pending"}}


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        (claim(storage="fast"), "pvc_storage_class_mismatch"),
        (claim(size="50Gi"), "pvc_capacity_mismatch"),
        (claim(mode="ReadWriteMany"), "pvc_access_mode_mismatch"),
        (claim(selector={"matchLabels": {"zone": "b"}}), "pvc_selector_mismatch"),
        (
            claim(selector={"matchExpressions": [{"key": "zone", "operator": "In", "values": ["b"]}]}),
            "pvc_selector_mismatch",
        ),
        (claim(volumeName="pv-2"), "pv_binding_occupied"),
    ],
)
def test_the_one_thing_that_keeps_a_claim_from_its_volume(cluster: Cluster, wanted: object, fault: str) -> None:
    cluster.get("pvc", wanted, name="data-db-0").get("pv", VOLUMES, namespace="")
    assert cluster.best() == ("data-db-0", fault)


def test_the_workload_that_mounts_the_claim_is_named_where_it_is_seen(cluster: Cluster) -> None:
    cluster.get("pvc", claim(size="50Gi"), name="data-db-0").get("pv", VOLUMES, namespace="")
    cluster.get("pods", "NAME   READY   STATUS    RESTARTS   AGE\ndb-0   0/1     Pending   0          5m\n")
    assert cluster.best() == ("db", "pvc_capacity_mismatch")


def test_a_class_without_a_provisioner_is_no_fault_where_volumes_have_it(cluster: Cluster) -> None:
    cluster.get("pvc", claim(selector={"matchLabels": {"zone": "b"}}), name="data-db-0").get(
        "pv", VOLUMES, namespace=""
    )
    cluster.events(
        '9s|Warning|ProvisioningFailed|persistentvolumeclaim/data-db-0|storageclass.storage.k8s.io "standard" not found'
    )
    assert cluster.best() == ("data-db-0", "pvc_selector_mismatch")


@pytest.mark.parametrize(
    ("requested", "used", "limited", "fault"),
    [
        ("limits.cpu=2", "limits.cpu=3", "limits.cpu=4", "namespace_cpu_quota_exceeded"),
        ("requests.memory=1Gi", "requests.memory=3584Mi", "requests.memory=4Gi", "namespace_memory_quota_exceeded"),
        ("count/pods=1", "count/pods=10", "count/pods=10", "namespace_pod_quota_exceeded"),
        (
            "requests.cpu=1,requests.memory=1Gi",
            "requests.cpu=1,requests.memory=4Gi",
            "requests.cpu=8,requests.memory=4Gi",
            "namespace_memory_quota_exceeded",
        ),
    ],
)
def test_a_refusal_names_the_resource_that_does_not_fit(
    cluster: Cluster, requested: str, used: str, limited: str, fault: str
) -> None:
    cluster.events(
        '3m|Warning|FailedCreate|replicaset/web-6d4cf56db6|Error creating: pods "web-6d4cf56db6-l2x9q" is forbidden: '
        f"exceeded quota: team, requested: {requested}, used: {used}, limited: {limited}"
    )
    assert cluster.best() == ("web", fault)


def test_a_service_that_no_quota_lets_in_is_told_by_whatever_applied_it(cluster: Cluster) -> None:
    cluster.get(
        "pods",
        "NAME                   READY   STATUS    RESTARTS   AGE\n"
        "web-6d4cf56db6-x7k2p   1/1     Running   0          2m\n",
    )
    cluster.piece(
        "apply",
        'Error from server (Forbidden): error when creating "web.yaml": services "web" is forbidden: exceeded quota: '
        "team, requested: services.loadbalancers=1, used: services.loadbalancers=2, limited: services.loadbalancers=2",
    )
    assert cluster.best() == ("web", "namespace_service_quota_exceeded")
