from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

POD = "3m|Warning|{reason}|pod/web-6d4cf56db6-x7k2p|{message}"
RESOLVE = 'Failed to pull image "{image}": rpc error: failed to pull and unpack image "{image}": {why}'


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        (
            RESOLVE.format(image="docker.io/library/nginx:9", why='failed to resolve reference "nginx:9": not found'),
            "incorrect_image_reference",
        ),
        (
            'Failed to apply default image tag "N::x": couldn\'t parse image name "N::x": invalid reference format',
            "incorrect_image_reference",
        ),
        (
            'Failed to pull image "eu.gcr.io/a/web:9": manifest for eu.gcr.io/a/web:9 not found: manifest unknown',
            "incorrect_image_reference",
        ),
        (
            RESOLVE.format(image="registry.acme.io/web:2", why="unexpected status from GET request: 401 Unauthorized"),
            "missing_image_pull_secret",
        ),
        (
            'Failed to pull image "1.dkr.ecr.amazonaws.com/web:2": Head "https://x/v2/": no basic auth credentials',
            "missing_image_pull_secret",
        ),
        (
            RESOLVE.format(image="harbr.acme.io/web:2", why="dial tcp: lookup harbr.acme.io on 10.0.0.2: no such host"),
            "image_registry_dns_failure",
        ),
        (
            'Failed to pull image "web:2": toomanyrequests: You have reached your pull rate limit',
            "image_registry_unreachable",
        ),
    ],
)
def test_the_words_of_a_pull_tell_why_it_failed(cluster: Cluster, message: str, fault: str) -> None:
    cluster.events(POD.format(reason="Failed", message=message))
    assert cluster.best() == ("web", fault)


def test_a_pull_that_is_denied_is_a_missing_secret_where_the_kubelet_says_that_the_secret_is_gone(
    cluster: Cluster,
) -> None:
    denied = RESOLVE.format(
        image="harbor.acme.io/web:2", why="pull access denied, repository does not exist or may require authorization"
    )
    gone = "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed."
    cluster.events(
        POD.format(reason="Failed", message=denied), POD.format(reason="FailedToRetrieveImagePullSecret", message=gone)
    )
    assert cluster.best() == ("web", "missing_image_pull_secret")


def test_a_mount_that_is_denied_by_its_server(cluster: Cluster) -> None:
    cluster.pod(
        "Warning|FailedMount|30s|kubelet|MountVolume.SetUp failed for volume x: mount failed: exit status 32: "
        "mount.nfs: access denied by server while mounting 10.0.0.9:/exports"
    )
    assert cluster.best() == ("web", "volume_mount_permission_denied")


def test_a_path_of_a_volume_that_a_program_may_not_write(cluster: Cluster) -> None:
    cluster.pod(state="Waiting/CrashLoopBackOff", exit_code=1, below="Mounts:\n      /data from store (rw)")
    cluster.logs("web-6d4cf56db6-x7k2p", "mkdir: cannot create directory '/data/db': Permission denied")
    assert cluster.best() == ("web", "volume_mount_permission_denied")


def test_a_service_account_that_does_not_exist(cluster: Cluster) -> None:
    cluster.events(
        '3m|Warning|FailedCreate|replicaset/web-6d4cf56db6|Error creating: pods "web-6d4cf56db6-" is forbidden: '
        'error looking up service account shop/web-sa: serviceaccount "web-sa" not found'
    )
    assert cluster.best() == ("web", "missing_service_account")


def test_what_was_pulled_since_is_no_fault(cluster: Cluster) -> None:
    cluster.events(POD.format(reason="Failed", message='Failed to pull image "web:2": manifest unknown'))
    cluster.get(
        "pods",
        "NAME                   READY   STATUS    RESTARTS   AGE\n"
        "web-6d4cf56db6-x7k2p   1/1     Running   0          2m\n",
    )
    assert cluster.best() is None
