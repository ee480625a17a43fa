from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.kube_messages import meanings, quota_values

KNOWN = [
    (
        "Failed",
        'Failed to pull image "a.io/x:1": failed to resolve reference "a.io/x:1": a.io/x:1: not found',
        "image_not_found",
    ),
    ("Failed", 'Error: configmap "settings" not found', "config_object_missing"),
    ("Failed", "Error: couldn't find key PASS in Secret shop/db", "secret_missing"),
    (
        "FailedAttachVolume",
        'Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) db-1',
        "multi_attach",
    ),
    ("Evicted", "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi", "evicted_disk"),
    ("NodeNotReady", "Node w1 status is now: NodeNotReady", "node_not_ready"),
    ("KubeletNotReady", "[container runtime is down, PLEG is not healthy]", "runtime_down"),
    ("NodeStatusUnknown", "Kubelet stopped posting node status.", "kubelet_silent"),
    ("ProvisioningFailed", 'storageclass.storage.k8s.io "gold" not found', "storage_class_missing"),
    ("FailedBinding", 'volume "pv-1" already bound to a different claim.', "claim_taken_said"),
    ("VolumeMismatch", 'Cannot bind to requested volume "pv-1": requested PV is too small', "claim_too_small"),
    ("VolumeMismatch", 'Cannot bind to requested volume "pv-1": incompatible accessMode', "claim_access_mode"),
    ("BackoffLimitExceeded", "Job has reached the specified backoff limit", "job_backoff"),
    ("FailedMount", "MountVolume.SetUp failed for volume x: chown /x: operation not permitted", "mount_denied"),
]


@pytest.mark.parametrize(("reason", "message", "sign"), KNOWN)
def test_messages_of_the_cluster_are_known(reason: str, message: str, sign: str) -> None:
    assert sign in dict(meanings(reason, message))


def test_the_image_and_its_registry_are_read_out_of_a_pull() -> None:
    found = dict(
        meanings("Failed", 'Failed to pull image "harbor.io/a/web:2": pull access denied, may require authorization')
    )
    assert found["image_denied"] == {"image": "harbor.io/a/web:2", "private": 1.0}


def test_a_refusal_by_quota_is_read_in_its_parts() -> None:
    told = quota_values("exceeded quota: team, requested: pods=1, used: pods=4, limited: pods=4")
    assert told == {"quota": "team", "requested": "pods=1", "used": "pods=4", "limited": "pods=4"}
    assert quota_values("all is well") == {}


def test_ordinary_messages_mean_nothing() -> None:
    assert list(meanings("Scheduled", "Successfully assigned shop/web-0 to w1")) == []
    assert list(meanings("Pulled", 'Container image "nginx" already present on machine')) == []
