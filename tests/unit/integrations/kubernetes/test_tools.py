from __future__ import annotations

from lamplighter.domain.topology import Component
from lamplighter.integrations.kubernetes import INTEGRATION
from lamplighter.integrations.kubernetes.client import asked
from lamplighter.testing import roles_of


def test_only_things_of_a_cluster_are_served() -> None:
    tools = roles_of(INTEGRATION.name).tools
    assert [tool.name for tool in tools] == ["kubectl.get", "kubectl.events", "kubectl.logs", "kubectl.top"]
    assert all(tool.serves(Component("kubernetes", "pod", "web", "u")) for tool in tools)
    assert not any(tool.serves(Component("docker", "container", "web", "u")) for tool in tools)


def test_what_is_asked_is_shown_as_it_is_sent() -> None:
    assert asked("/api/v1/pods", {}) == "/api/v1/pods"
    assert (
        asked("/api/v1/pods", {"labelSelector": "app=web,tier in (a)"})
        == "/api/v1/pods?labelSelector=app=web,tier+in+(a)"
    )
