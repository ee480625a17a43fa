from __future__ import annotations

from lamplighter.integrations.proxmox.inventory import component
from lamplighter.integrations.proxmox.resources import Resource


def test_a_number_that_is_given_again_is_another_thing() -> None:
    first, second = (component(Resource("lxc/101", "lxc", "pve1", 101, name, "running")) for name in ("a", "b"))
    assert first.id != second.id


def test_a_guest_runs_on_its_node_unless_it_has_the_same_name() -> None:
    assert [edge.target for edge in component(Resource("lxc/1", "lxc", "pve1", 1, "a")).edges] == ["pve1"]
    assert component(Resource("lxc/1", "lxc", "pve1", 1, "pve1")).edges == ()


def test_a_pool_is_the_group() -> None:
    assert component(Resource("lxc/1", "lxc", "pve1", 1, "a", pool="media")).group == "media"
