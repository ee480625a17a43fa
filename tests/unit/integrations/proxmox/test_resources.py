from __future__ import annotations

import pytest

from lamplighter.integrations.proxmox.resources import Resource


def test_a_template_is_no_guest() -> None:
    assert Resource("lxc/1", "lxc").is_guest
    assert not Resource("lxc/1", "lxc", template=True).is_guest
    assert not Resource("storage/1", "storage").is_guest


@pytest.mark.parametrize(("tags", "expected"), [("", ()), ("a;b", ("a", "b")), ("a, b c", ("a", "b", "c")), (";", ())])
def test_tags_are_parted(tags: str, expected: tuple[str, ...]) -> None:
    assert Resource("lxc/1", "lxc", tags=tags).tag_list == expected


def test_what_has_no_name_goes_by_its_number() -> None:
    assert Resource("lxc/1", "lxc").title == "lxc/1"
    assert Resource("node/pve1", "node", "pve1").title == "pve1"
