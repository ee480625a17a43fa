from __future__ import annotations

import pytest

from lamplighter.integrations.kubernetes.places import checked, many, node_metrics, one, pod_metrics, selector_of
from lamplighter.ports import ToolError


def test_each_kind_lies_where_the_api_keeps_it() -> None:
    assert one("deployment", "shop", "web").path == "/apis/apps/v1/namespaces/shop/deployments/web"
    assert one("node", "ignored", "worker-1").path == "/api/v1/nodes/worker-1"
    assert many("pod", "").path == "/api/v1/pods"
    assert pod_metrics("shop", labels="app=web").params == {"labelSelector": "app=web"}
    assert node_metrics("worker-1").path == "/apis/metrics.k8s.io/v1beta1/nodes/worker-1"


@pytest.mark.parametrize("name", ["", "..", "a/b", "../x", "Web", "a b", "a%2fb", "a?b", "-a", "a..b", "a" * 300, "ä"])
def test_no_other_name_comes_into_a_path(name: str) -> None:
    with pytest.raises(ToolError):
        checked(name)


@pytest.mark.parametrize("kind", ["secret", "configmap", "", "pods"])
def test_nothing_else_is_ever_asked_for(kind: str) -> None:
    with pytest.raises(ToolError):
        many(kind, "shop")


@pytest.mark.parametrize(
    ("selector", "text"),
    [
        ({"app": "web", "tier": "front"}, "app=web,tier=front"),
        ({"matchLabels": {"app": "web"}}, "app=web"),
        (
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [
                    {"key": "tier", "operator": "In", "values": ["a", "b"]},
                    {"key": "old", "operator": "DoesNotExist"},
                    {"key": "new", "operator": "Exists"},
                    {"key": "env", "operator": "NotIn", "values": ["x"]},
                ],
            },
            "app=web,tier in (a,b),!old,new,env notin (x)",
        ),
        ({"matchExpressions": [{"key": "new", "operator": "Exists"}]}, "new"),
        ({}, ""),
        (None, ""),
        ("odd", ""),
        ({"matchLabels": "odd", "matchExpressions": "odd"}, ""),
    ],
)
def test_selectors_are_written_as_the_api_takes_them(selector: object, text: str) -> None:
    assert selector_of({"spec": {"selector": selector}}) == text
