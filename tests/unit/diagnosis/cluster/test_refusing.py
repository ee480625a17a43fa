from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def test_a_path_below_a_mount_is_the_volumes(cluster: Cluster) -> None:
    cluster.pod(state="Running", below="Mounts:\n      /data from store (rw)")
    cluster.logs("web-6d4cf56db6-x7k2p", "open /data/db/lock: permission denied")
    assert "mounted_path_denied" in cluster.signs("web")


def test_a_path_elsewhere_is_not(cluster: Cluster) -> None:
    cluster.pod(state="Running", below="Mounts:\n      /data from store (rw)")
    cluster.logs("web-6d4cf56db6-x7k2p", "open /etc/shadow: permission denied")
    assert "mounted_path_denied" not in cluster.signs("web")


def test_rights_that_a_service_account_lacks(cluster: Cluster) -> None:
    cluster.logs(
        "web-6d4cf56db6-x7k2p",
        'pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods" in API group ""',
    )
    assert "api_forbidden" in cluster.signs("web")
