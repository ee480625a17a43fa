from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.cluster.storage import selector_words, selects

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Cluster


def test_selectors_by_labels_and_by_expressions() -> None:
    both = {"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]}
    assert selects(both, {"a": "1", "b": "x"})
    assert not selects(both, {"a": "1"})
    assert selector_words(both) == "a=1, b Exists"
    assert selects(None, {})


def test_a_claim_that_is_bound_is_no_sign(cluster: Cluster) -> None:
    row = (
        "NAME   STATUS   VOLUME   CAPACITY   ACCESS MODES   STORAGECLASS   AGE\n"
        "data   Bound    pv-1     5Gi        RWO            fast           3d\n"
    )
    assert cluster.get("pvc", row).signs() == set()


def test_the_volume_with_the_fewest_hindrances_is_the_one_that_was_meant(cluster: Cluster) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "storageClassName": "a", "resources": {"requests": {"storage": "9Gi"}}}
    meta = {"name": "data", "namespace": "shop"}
    cluster.get(
        "pvc", {"kind": "PersistentVolumeClaim", "metadata": meta, "spec": spec, "status": {"phase": "Pending"}}
    )
    cluster.get(
        "pv",
        """
        NAME   CAPACITY   ACCESS MODES   RECLAIM POLICY   STATUS      CLAIM   STORAGECLASS   AGE
        pv-1   5Gi        RWX            Retain           Available           b              3d
        pv-2   5Gi        RWO            Retain           Available           a              3d
        """,
    )
    assert cluster.signs("data") == {"claim_unbound", "claim_size", "class_has_volumes"}
