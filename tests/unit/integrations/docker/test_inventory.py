from __future__ import annotations

from lamplighter.integrations.docker.container import Summary
from lamplighter.integrations.docker.inventory import component

KEY = "1f" * 32


def test_a_compose_project_is_the_group() -> None:
    part = component(Summary(KEY, ["/store"], {"com.docker.compose.project": "shop"}, "running", "Up"))
    assert (part.system, part.kind, part.name, part.id, part.group) == ("docker", "container", "store", KEY, "shop")
    assert part.running


def test_a_container_without_labels_has_no_group() -> None:
    part = component(Summary(KEY, ["/store"], None, "exited", "Exited (0)"))
    assert (part.labels, part.group, part.running) == ({}, "", False)
