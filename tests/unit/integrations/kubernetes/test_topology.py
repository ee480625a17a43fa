from __future__ import annotations

import pytest

from lamplighter.integrations.kubernetes.objects import Condition, Meta, Owner, Spec, Status, Thing
from lamplighter.integrations.kubernetes.topology import components_of

READY = Status("Running", [Condition("Ready", "True")])


def thing(kind: str, name: str, namespace: str = "shop", owner: Thing | None = None, **more: object) -> Thing:
    owners = [Owner(owner.kind, owner.metadata.name, owner.metadata.uid)] if owner else None
    labels = {"app": name.partition("-")[0]}
    meta = Meta(name, namespace, f"{namespace}/{kind}/{name}", labels, owners)
    return Thing(kind, meta, **more)  # type: ignore[arg-type]  # spec and status, as the cases say


def selecting(name: str, selector: bytes, namespace: str = "shop") -> Thing:
    return thing("Service", name, namespace, spec=Spec(selector=selector))


def edges(*things: Thing) -> set[tuple[str, str, str]]:
    return {(e.source, e.target, e.kind) for part in components_of(things) for e in part.edges}


def test_a_service_reaches_only_into_its_own_namespace() -> None:
    here, there = thing("Pod", "web-1"), thing("Pod", "web-2", "other")
    assert edges(selecting("front", b'{"app": "web"}'), here, there) == {("front", "web-1", "contains")}


@pytest.mark.parametrize("selector", [b"null", b"{}", b'{"app": "db"}', b'{"matchLabels": {"app": "web"}}'])
def test_a_service_without_a_fitting_selector_holds_nothing(selector: bytes) -> None:
    assert edges(selecting("front", selector), thing("Pod", "web-1")) == set()


def test_a_service_and_its_workload_of_one_name_are_one() -> None:
    deployment = thing("Deployment", "web")
    replica_set = thing("ReplicaSet", "web-5d4f8c7b9d", owner=deployment)
    pod = thing("Pod", "web-5d4f8c7b9d-x2x7k", owner=replica_set)
    parts = components_of([selecting("web", b'{"app": "web"}'), deployment, replica_set, pod])
    assert [(part.kind, part.name) for part in parts if part.name == "web"] == [("deployment", "web")]
    assert {(edge.target, edge.kind) for edge in parts[0].edges} == {
        ("web-5d4f8c7b9d", "contains"),
        ("web-5d4f8c7b9d-x2x7k", "contains"),
    }


def test_one_name_in_two_namespaces_is_two_things() -> None:
    parts = components_of([thing("Deployment", "web"), thing("Deployment", "web", "other")])
    assert {part.group for part in parts} == {"shop", "other"}


def test_old_replica_sets_and_finished_pods_are_left_out() -> None:
    old = thing("ReplicaSet", "web-old")
    done = thing("Pod", "job-1", owner=old, status=Status("Succeeded"))
    assert components_of([old, done]) == ()


@pytest.mark.parametrize(
    ("one", "running"),
    [
        (thing("Pod", "a", status=READY), True),
        (thing("Pod", "a", status=Status("Running")), False),
        (thing("Pod", "a", status=Status("Failed")), False),
        (thing("Node", "a", "", status=READY), True),
        (thing("Node", "a", "", status=Status("", [Condition("Ready", "Unknown")])), False),
        (thing("Deployment", "a", spec=Spec(replicas=0)), True),
        (thing("Deployment", "a", spec=Spec(replicas=2), status=Status(ready_replicas=1)), False),
        (thing("Deployment", "a"), False),
        (thing("StatefulSet", "a", spec=Spec(replicas=1), status=Status(ready_replicas=1)), True),
        (thing("DaemonSet", "a", status=Status(number_ready=1, desired_number_scheduled=2)), False),
        (thing("Service", "a"), True),
    ],
)
def test_what_runs(one: Thing, *, running: bool) -> None:
    assert components_of([one])[0].running is running


def test_an_owner_that_is_not_told_of_is_no_edge() -> None:
    assert edges(thing("Pod", "a", owner=thing("Rollout", "r"))) == set()
