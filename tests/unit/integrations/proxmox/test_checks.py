from __future__ import annotations

import pytest

from lamplighter.domain.check import SampleState
from lamplighter.integrations.proxmox.checks import hidden, is_meant, parts_of
from lamplighter.integrations.proxmox.resources import Resource

OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE


def guest(status: str = "stopped", **more: object) -> Resource:
    return Resource("lxc/101", "lxc", "pve1", 101, "jellyfin", status, **more)  # type: ignore[arg-type]  # as the cases say


@pytest.mark.parametrize(
    ("one", "wish", "state"),
    [
        (guest("running"), False, OK),
        (guest(), True, FAILING),
        (guest(), False, OK),
        (guest(), "403", CANNOT_SEE),
        (guest(lock="backup"), True, CANNOT_SEE),
        (guest("unknown"), True, CANNOT_SEE),
        (guest(""), True, CANNOT_SEE),
    ],
)
def test_a_guest_fails_only_where_it_is_known_to_be_wanted(
    one: Resource, *, wish: bool | str, state: SampleState
) -> None:
    (part,) = parts_of([one], [], {one.id: wish}, everything=True)
    assert part.state is state


@pytest.mark.parametrize(("status", "state"), [("online", OK), ("offline", FAILING), ("unknown", CANNOT_SEE)])
def test_nodes_are_watched_with_everything(status: str, state: SampleState) -> None:
    node = Resource("node/pve1", "node", "pve1", status=status)
    assert [part.state for part in parts_of([], [node], {}, everything=True)] == [state]
    assert parts_of([], [node], {}, everything=False) == ()


@pytest.mark.parametrize(
    ("target", "meant"),
    [("all", True), ("*", True), ("jellyfin", True), ("jelly*", True), ("101", True), ("10", False), ("jelly", False)],
)
def test_a_name_a_number_or_a_glob_means_a_guest(target: str, *, meant: bool) -> None:
    assert is_meant(target, guest()) is meant


def test_what_is_hidden_is_neither_up_nor_down() -> None:
    assert hidden("jellyfin").state is CANNOT_SEE
