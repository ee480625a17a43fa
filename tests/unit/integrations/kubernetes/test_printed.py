from __future__ import annotations

import json
import math
from typing import Any

import pytest

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX
from lamplighter.integrations.kubernetes.printed import (
    NOISE,
    as_printed,
    fitting,
    listing,
    nodes_table,
    pods_table,
    quantity,
    single,
    troubled,
)


def pod(name: str, *, ready: bool = True, pad: str = "") -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    status = {"phase": "Running", "conditions": conditions}
    return {"kind": "Pod", "metadata": {"name": name}, "spec": {"pad": pad}, "status": status}


def test_a_thing_of_a_list_is_printed_with_its_kind_and_without_noise() -> None:
    meta = {"name": "web", "managedFields": [{}], "annotations": {NOISE: "{…}", "own": "1"}}
    told = as_printed({"metadata": meta, "spec": {"replicas": 1}}, "deployment")
    assert told == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "annotations": {"own": "1"}},
        "spec": {"replicas": 1},
    }


def test_secrets_of_an_environment_are_masked_wherever_they_stand() -> None:
    env = [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "DB_HOST", "value": "db:5432"}]
    text = json.dumps(as_printed({"spec": {"template": {"spec": {"containers": [{"env": env}]}}}}, "deployment"))
    assert "hunter2" not in text
    assert "db:5432" in text


def test_of_a_list_that_is_too_long_those_in_trouble_stay_in_their_order() -> None:
    pods = [pod(f"p{n}", ready=n not in {70, 90}, pad="x" * 1000) for n in range(100)]
    text, truncated = listing(pods)
    kept = [item["metadata"]["name"] for item in json.loads(text)["items"]]
    assert truncated
    assert len(text.encode()) <= EVIDENCE_BYTES_MAX
    assert kept[-2:] == ["p70", "p90"]
    assert len(kept) == fitting(pods)


def test_a_thing_that_is_too_large_keeps_its_state() -> None:
    large = {**pod("p"), "metadata": {"name": "p", "annotations": {"a": "x" * 70_000}}}
    text, truncated = single(large)
    assert truncated
    assert json.loads(text)["spec"] == {"pad": ""}
    text, truncated = single(pod("p", pad="x" * 70_000))
    assert truncated
    assert json.loads(text)["status"]["phase"] == "Running"
    assert single(pod("p"))[1] is False


@pytest.mark.parametrize(
    ("thing", "ill"),
    [
        (pod("a"), False),
        (pod("a", ready=False), True),
        ({"kind": "Pod", "status": {"phase": "Succeeded"}}, False),
        ({"kind": "Node", "spec": {"unschedulable": True}, "status": pod("a")["status"]}, True),
        ({"kind": "Deployment", "spec": {"replicas": 0}, "status": {}}, False),
        ({"kind": "Deployment", "spec": {}, "status": {}}, True),
        ({"kind": "DaemonSet", "status": {"numberReady": 1, "desiredNumberScheduled": 2}}, True),
        ({"kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}}, True),
        ({"kind": "Service"}, False),
        ({"kind": "Pod", "status": "odd"}, True),
        ({"kind": "Deployment", "spec": {"replicas": "many"}, "status": {"readyReplicas": None}}, False),
    ],
)
def test_what_is_in_trouble(thing: dict[str, Any], *, ill: bool) -> None:
    assert troubled(thing) is ill


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("250m", 0.25),
        ("1", 1),
        ("12345n", 1.2345e-5),
        ("64Mi", 64 * 1024**2),
        ("1e3", 1000),
        ("2G", 2e9),
        ("1Ki", 1024),
    ],
)
def test_quantities(text: str, value: float) -> None:
    assert quantity(text) == pytest.approx(value)
    assert math.isnan(quantity(text + "?"))


def test_tables_say_unknown_where_a_number_is_missing() -> None:
    assert "<unknown>" in nodes_table({"metadata": {"name": "n"}, "usage": {"cpu": "1"}}, None)
    odd = pods_table([{"metadata": {"name": "p"}, "containers": [{"usage": {"cpu": "x", "memory": "2Mi"}}]}, "odd"])
    assert odd.splitlines()[1].split() == ["p", "<unknown>", "2Mi"]
