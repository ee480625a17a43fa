from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.kube_names import controller_name, of_replica_set, workload_of


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("web-6d4cf56db6-x7k2p", "web"),
        ("front-end-5d98ffcfd-tz4nc", "front-end"),
        ("node-exporter-7lh5v", "node-exporter"),
        ("postgres-0", "postgres"),
        ("backup-29334240-w8rv2", "backup"),
        ("kube-scheduler-cp1", "kube-scheduler"),
        ("etcd-shop-3", "etcd-shop"),
        ("frontend-service", "frontend-service"),
        ("user-profile-import", "user-profile-import"),
        ("my-httpd", "my-httpd"),
        ("nginx", "nginx"),
    ],
)
def test_a_pod_is_named_after_its_workload(pod: str, workload: str) -> None:
    assert workload_of(pod) == workload


def test_only_a_hash_and_a_suffix_are_surely_a_replica_sets() -> None:
    assert of_replica_set("web-6d4cf56db6-x7k2p")
    assert not of_replica_set("user-profile-import")


def test_an_owner_is_its_deployment_or_its_cron_job() -> None:
    assert controller_name("ReplicaSet/web-6d4cf56db6") == "web"
    assert controller_name("StatefulSet/db") == "db"
    assert controller_name("Job/backup-29334240") == "backup"
    assert controller_name("Node/cp1") == ""
