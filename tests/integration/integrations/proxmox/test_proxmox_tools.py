"""Looks at guests and nodes against a server with Proxmox's own habits: an empty answer is not an empty cluster."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from lamplighter.domain.evidence import Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.proxmox import INTEGRATION
from lamplighter.ports import Roles, Surroundings
from tests.integration.integrations.proxmox.cluster import TOKEN, Cluster, FakeProxmox, Guest

Looks = Callable[..., Any]


def task(kind: str, guest: str, status: str | None, ago: int = 60, node: str = "pve1") -> dict[str, Any]:
    # Read here and not once for all: a whole run takes longer than the window that is asked for.
    now = int(time.time())
    told = {"upid": f"UPID:{node}:0001:{kind}:{guest}", "node": node, "type": kind, "id": guest, "user": "ann@pam"}
    ended = {"endtime": now - ago + 5, "status": status} if status is not None else {}
    return {**told, "starttime": now - ago, "pid": 4711, "pstart": 1, **ended}


@pytest.fixture
def cluster() -> Cluster:
    guests = [Guest("lxc", 101, "jellyfin", "pve1"), Guest("qemu", 102, "nas", "pve2", status="stopped")]
    tasks = [
        task("vzstop", "101", "OK"),
        task("vzdump", "102", "job errors", 40_000),
        task("vzstart", "101", None, 10),
        task("qmstart", "102", "OK", node="pve2"),
    ]
    return Cluster(guests, tasks=tasks)


@pytest.fixture
def fake(cluster: Cluster) -> Iterator[FakeProxmox]:
    server = FakeProxmox(cluster)
    yield server
    server.close()


@pytest.fixture
def roles(fake: FakeProxmox, surroundings: Surroundings) -> Roles:
    token_id, _, secret = TOKEN.partition("=")
    config = {"url": fake.url, "token_id": token_id, "token": secret, "timeout_seconds": 5}
    return INTEGRATION.build(INTEGRATION.config.model_validate(config), surroundings)


@pytest.fixture
def look(roles: Roles, ask: Callable[[Component], Question]) -> Looks:
    async def at(tool: str, name: str, kind: str = "lxc", key: str = "101") -> Sequence[Evidence]:
        (found,) = [one for one in roles.tools if one.name == f"proxmox.{tool}"]
        part = Component("proxmox", kind, name, f"node/{name}" if kind == "node" else f"{kind}/{key}/{name}")
        assert found.serves(part)
        return await found.gather(ask(part))

    return at


def data(found: Evidence) -> dict[str, Any] | list[Any]:
    assert not found.error
    return json.loads(found.content)["data"]


async def test_a_guests_state_and_configuration(look: Looks) -> None:
    state, config = await look("status", "jellyfin")
    assert (data(state)["status"], data(state)["maxmem"]) == ("running", 2_000_000_000)
    assert data(config)["onboot"] == 1
    assert state.params["query"] == "GET /api2/json/nodes/pve1/lxc/101/status/current"
    assert (state.params["node"], state.params["vmid"], state.component) == ("pve1", "101", "jellyfin")


async def test_a_guest_that_moved_is_asked_where_it_is_now(look: Looks, cluster: Cluster) -> None:
    cluster.guests[0].node = "pve2"
    state, _ = await look("status", "jellyfin")
    assert state.params["node"] == "pve2"


async def test_tasks_of_the_guest_in_the_window_and_failed_ones_of_its_node(look: Looks) -> None:
    own, failed = await look("tasks", "jellyfin")
    assert [(one["type"], one.get("status")) for one in data(own)] == [("vzstop", "OK"), ("vzstart", None)]
    assert [(one["type"], one["status"]) for one in data(failed)] == [("vzdump", "job errors")]
    assert "vmid=101" in own.params["query"]
    assert "errors=1" in failed.params["query"]


async def test_storage_and_nodes(look: Looks) -> None:
    (storage,) = await look("storage", "pve1", "node")
    assert [(one["storage"], one["used"]) for one in data(storage)] == [("local", 99)]
    nodes, status = await look("nodes", "jellyfin")
    assert [(one["node"], one["status"]) for one in data(nodes)] == [("pve1", "online"), ("pve2", "online")]
    assert data(status)["loadavg"][0] == "9.1"


@pytest.mark.parametrize(
    ("tool", "privilege", "path"),
    [
        ("storage", "Datastore.Audit", "/storage"),
        ("nodes", "Sys.Audit", "/nodes"),
        ("tasks", "Sys.Audit", "/nodes/pve1"),
    ],
)
async def test_an_empty_answer_for_missing_rights_is_a_failed_look(
    look: Looks, cluster: Cluster, tool: str, privilege: str, path: str
) -> None:
    cluster.audits = frozenset()
    for found in await look(tool, "jellyfin"):
        assert found.error.startswith("GET /api2/json/nodes")
        assert privilege in found.error
        assert f"pveum acl modify {path}" in found.error
        assert "'lamplighter@pve!ops' --roles PVEAuditor" in found.error
        assert found.content == ""


async def test_no_task_at_all_is_an_answer_where_tasks_can_be_seen(look: Looks, cluster: Cluster) -> None:
    cluster.tasks = []
    assert [data(found) for found in await look("tasks", "jellyfin")] == [[], []]


async def test_a_guest_that_cannot_be_seen_is_not_called_gone(look: Looks, cluster: Cluster) -> None:
    cluster.guests[0].rights = False
    (found,) = await look("status", "jellyfin")
    assert "VM.Audit" in found.error
    assert "pveum acl modify /vms" in found.error


async def test_a_node_that_is_away_fails_its_own_looks_only(look: Looks, cluster: Cluster) -> None:
    cluster.nodes["pve1"] = False
    for found in await look("status", "jellyfin"):
        assert "HTTP 595" in found.error
    nodes, status = await look("nodes", "jellyfin")
    assert [one["status"] for one in data(nodes)] == ["offline", "online"]
    assert "cannot be reached" in status.error


async def test_a_cluster_that_shows_nothing_says_how_to_be_let_in(look: Looks, cluster: Cluster) -> None:
    cluster.rights = False
    (found,) = await look("status", "jellyfin")
    assert "pveum acl modify / --tokens 'lamplighter@pve!ops' --roles PVEAuditor" in found.error
    assert found.params["query"] == "GET /api2/json/cluster/resources"


async def test_guests_of_other_systems_are_not_served(roles: Roles) -> None:
    assert not any(tool.serves(Component("docker", "container", "jellyfin", "1")) for tool in roles.tools)
    assert {tool.name for tool in roles.tools if tool.serves(Component("proxmox", "node", "pve1", "node/pve1"))} == {
        "proxmox.tasks",
        "proxmox.storage",
        "proxmox.nodes",
    }
