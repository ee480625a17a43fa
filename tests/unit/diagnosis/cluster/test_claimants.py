from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

FAILED = "3s|Warning|ProvisioningFailed|persistentvolumeclaim/{claim}|failed to provision volume: no room"


def test_who_mounts_a_claim_is_its_component(cluster: Cluster) -> None:
    cluster.pod(volumes="  d:\n    Type:       PersistentVolumeClaim (a reference)\n    ClaimName:  store")
    assert "provisioning_failed" in cluster.events(FAILED.format(claim="store")).signs("web")


def test_a_claim_of_a_set_ends_with_the_name_of_its_pod(cluster: Cluster) -> None:
    cluster.get("pods", "NAME   READY   STATUS    RESTARTS   AGE\ndb-0   0/1     Pending   0          5m\n")
    assert "provisioning_failed" in cluster.events(FAILED.format(claim="data-db-0")).signs("db")


def test_a_claim_that_nobody_is_seen_to_use_stands_for_itself(cluster: Cluster) -> None:
    assert "provisioning_failed" in cluster.events(FAILED.format(claim="store")).signs("store")
