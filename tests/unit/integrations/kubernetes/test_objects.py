from __future__ import annotations

import json

import pytest

from lamplighter.integrations.kubernetes.objects import listed


def test_items_of_a_list_of_one_kind_take_its_kind() -> None:
    page = listed(b'{"kind": "PodList", "metadata": {"continue": "abc"}, "items": [{"metadata": {"name": "a"}}]}')
    assert ([thing.kind for thing in page.things], page.token) == (["Pod"], "abc")


def test_what_kubectl_prints_is_read_the_same() -> None:
    items = [{"kind": kind, "metadata": {"name": kind}} for kind in ("Pod", "Service", "ConfigMap", "Node")]
    page = listed(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode())
    assert [thing.kind for thing in page.things] == ["Pod", "Service", "Node"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"kind": "Pod"}', b'{"kind": "Status", "items": []}', b'{"kind": "PodList"}', b"[" * 9000],
)
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a list"):
        listed(body)


def test_a_workloads_selector_is_not_taken_for_a_services() -> None:
    body = b'{"kind": "DeploymentList", "items": [{"spec": {"selector": {"matchLabels": {"app": "web"}}}}]}'
    assert listed(body).things[0].selector == {}
