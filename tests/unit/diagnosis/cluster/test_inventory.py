from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.cluster.inventory import inventory
from lamplighter.diagnosis.readers.document import at
from lamplighter.diagnosis.readers.kube_things import printed
from lamplighter.domain.evidence import Evidence

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROW = "NAME    READY   STATUS    RESTARTS   AGE\nweb-0   0/1     Pending   0          4d\n"
WHOLE = '{"kind": "Pod", "metadata": {"name": "web-0", "namespace": "shop"}, "spec": {"nodeName": "w1"}}'


def piece(key: str, content: str, **params: str) -> Evidence:
    return Evidence(key, "kubectl.get", "", params, "text/plain", content, NOW)


def test_all_that_is_told_of_one_object_is_put_together() -> None:
    pieces = [printed(piece("e1", ROW, kind="pods")), printed(piece("e2", WHOLE, kind="pod", name="web-0"))]
    found = inventory(pieces, NOW, frozenset())
    [pod] = found.of("pod")
    assert (pod.namespace, pod.evidence, pod.whole, pod.asked) == ("shop", "e2", True, True)
    assert at(pod.body, "listed", "status") == "Pending"
    assert at(pod.body, "spec", "nodeName") == "w1"


def test_a_list_without_a_filter_shows_what_does_not_exist() -> None:
    services = (
        "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n"
        "web    ClusterIP   10.0.0.1     <none>        80/TCP    4d\n"
    )
    found = inventory([printed(piece("e1", services, kind="svc", namespace="shop"))], NOW, frozenset())
    assert found.lists("service", "shop")
    assert not found.lists("service", "other")
    part = inventory([printed(piece("e1", services, kind="svc", namespace="shop", keyword="web"))], NOW, frozenset())
    assert not part.lists("service", "shop")


def test_nodes_are_the_same_in_every_namespace() -> None:
    nodes = "NAME   STATUS   ROLES    AGE   VERSION\nw1     Ready    <none>   3d    v1.30.1\n"
    pieces = [printed(piece(f"e{n}", nodes, kind="nodes", namespace=name)) for n, name in enumerate(["", "shop"])]
    assert len(list(inventory(pieces, NOW, frozenset()).of("node"))) == 1
