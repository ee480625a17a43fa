from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster

SYNC = """
    Name:               argocd/shop
    Sync Status:        OutOfSync from HEAD
    Health Status:      Missing
    Message:            {message}
"""


def test_an_application_that_could_not_be_applied(cluster: Cluster) -> None:
    message = 'one or more objects failed to apply, reason: namespaces "shops" not found'
    cluster.get("ns", "NAME   STATUS   AGE\nshop   Active   3d\n").piece("argocd.app_get", SYNC.format(message=message))
    assert cluster.best() == ("shop", "config_error")


def test_an_application_that_was_applied_is_no_sign(cluster: Cluster) -> None:
    cluster.get("ns", "NAME   STATUS   AGE\nshop   Active   3d\n")
    assert cluster.piece("argocd.app_get", SYNC.format(message="successfully synced")).signs() == set()
