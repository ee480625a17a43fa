"""Checks and inventory against a server with Proxmox's own habits: what cannot be seen is never health."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState, Watch, observe
from lamplighter.domain.topology import Component, Edge
from lamplighter.domain.verification import SignalState
from lamplighter.integrations.proxmox import INTEGRATION
from lamplighter.ports import Roles, Surroundings, ToolError
from tests.integration.integrations.proxmox.cluster import TOKEN, Cluster, FakeProxmox, Guest

ALL = CheckSpec("Guests", CheckKind.PROXMOX, "all")
OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(
        [
            Guest("lxc", 101, "jellyfin", "pve1", tags="media;restart-ok"),
            Guest("qemu", 102, "nas", "pve2"),
            Guest("lxc", 103, "scratch", "pve2", status="stopped", onboot=False),
            Guest("qemu", 900, "template", "pve1", status="stopped", template=True),
        ]
    )


@pytest.fixture
def fake(cluster: Cluster) -> Iterator[FakeProxmox]:
    server = FakeProxmox(cluster)
    yield server
    server.close()


@pytest.fixture
def roles(fake: FakeProxmox, surrounded: Callable[..., Surroundings]) -> Roles:
    return built(fake, surrounded(ALL))


def built(fake: FakeProxmox, surroundings: Surroundings, token: str = TOKEN) -> Roles:
    token_id, _, secret = token.partition("=")
    config = {"url": fake.url, "token_id": token_id, "token": secret, "timeout_seconds": 5}
    return INTEGRATION.build(INTEGRATION.config.model_validate(config), surroundings)


async def sampled(roles: Roles, target: str = "all") -> Sample:
    return await roles.runners[0].sample(CheckSpec("Guests", CheckKind.PROXMOX, target))


def states(sample: Sample) -> dict[str, SampleState]:
    return {part.subject: part.state for part in sample.parts}


async def test_all_that_should_run_runs(roles: Roles) -> None:
    sample = await sampled(roles)
    assert sample.state is OK
    assert set(states(sample)) == {"lxc/101", "qemu/102", "lxc/103", "node/pve1", "node/pve2"}


async def test_a_guest_that_starts_with_its_node_must_run(roles: Roles, cluster: Cluster) -> None:
    cluster.guests[0].status = "stopped"
    sample = await sampled(roles)
    assert (sample.state, states(sample)["lxc/101"], states(sample)["lxc/103"]) == (FAILING, FAILING, OK)
    _, (alert,) = observe(ALL, Watch(), sample)
    assert alert.labels["name"] == "jellyfin"
    assert "jellyfin (lxc/101) is stopped on pve1" in alert.annotations["summary"]


async def test_a_guest_that_is_named_must_run_whatever_its_settings(roles: Roles, cluster: Cluster) -> None:
    for target in ("scratch", "scr*", "103"):
        assert (await sampled(roles, target)).state is FAILING
    assert (await sampled(roles, "jelly*")).state is OK


async def test_a_guest_that_is_not_told_of_cannot_be_seen(roles: Roles, cluster: Cluster) -> None:
    cluster.guests[0].rights = False
    assert (await sampled(roles, "jellyfin")).state is CANNOT_SEE


async def test_an_empty_list_is_no_empty_cluster(roles: Roles, cluster: Cluster) -> None:
    cluster.rights = False
    sample = await sampled(roles)
    assert (sample.state, sample.parts) == (CANNOT_SEE, ())
    assert "pveum acl modify / --tokens 'lamplighter@pve!ops' --roles PVEAuditor" in sample.detail
    with pytest.raises(ToolError, match="sees nothing"):
        await roles.inventories[0].components()


async def test_a_failing_guest_that_is_hidden_stays_as_it_was(roles: Roles, cluster: Cluster) -> None:
    cluster.guests[0].status = "stopped"
    watch, alerts = observe(ALL, Watch(), await sampled(roles))
    cluster.guests[0].rights = False
    watch, more = observe(ALL, watch, await sampled(roles))
    assert (len(alerts), more) == (1, ())
    assert watch.parts["lxc/101"].firing


async def test_a_node_that_is_offline_fails_and_its_guests_cannot_be_seen(roles: Roles, cluster: Cluster) -> None:
    cluster.nodes["pve2"] = False
    sample = await sampled(roles)
    found = states(sample)
    assert (found["node/pve2"], found["qemu/102"], found["lxc/101"]) == (FAILING, CANNOT_SEE, OK)


async def test_a_node_that_goes_away_between_two_questions(roles: Roles, cluster: Cluster) -> None:
    cluster.guests[2].status = "stopped"
    told = cluster.resources()
    cluster.resources = lambda: told  # type: ignore[method-assign]  # the list is older than the node's end
    cluster.nodes["pve2"] = False
    sample = await sampled(roles)
    part = next(part for part in sample.parts if part.subject == "lxc/103")
    assert part.state is CANNOT_SEE
    assert "595 No route to host" in part.detail


async def test_a_guest_that_is_stopped_for_its_backup_is_not_failing(roles: Roles, cluster: Cluster) -> None:
    cluster.guests[0].status, cluster.guests[0].lock = "stopped", "backup"
    assert states(await sampled(roles))["lxc/101"] is CANNOT_SEE


async def test_settings_that_may_not_be_read_are_no_wish(
    roles: Roles, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.guests[0].status = "stopped"
    monkeypatch.setattr(cluster, "_on_node", lambda *_: (403, "Permission check failed", None))
    assert states(await sampled(roles))["lxc/101"] is CANNOT_SEE


async def test_a_wrong_token_is_told_without_the_token(
    fake: FakeProxmox, surrounded: Callable[..., Surroundings], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sample = await sampled(built(fake, surrounded(), "lamplighter@pve!ops=hunter2hunter2"))
    assert sample.state is CANNOT_SEE
    assert "401 No ticket" in sample.detail
    assert "hunter2" not in sample.detail + caplog.text


async def test_a_server_that_never_answers_is_left_in_time(roles: Roles, cluster: Cluster) -> None:
    cluster.hangs = True
    sample = await sampled(roles)
    assert (sample.state, "no whole answer in 5 s" in sample.detail) == (CANNOT_SEE, True)


@pytest.mark.parametrize("data", [None, {}, [1], [{"type": "lxc"}], [{"id": 1, "type": "lxc"}], "text"])
async def test_rubbish_is_no_sight(roles: Roles, cluster: Cluster, data: object) -> None:
    cluster.resources = lambda: data  # type: ignore[method-assign,assignment,return-value]  # rubbish on purpose
    assert (await sampled(roles)).state is CANNOT_SEE


async def test_the_inventory_has_guests_and_nodes_and_where_they_run(roles: Roles) -> None:
    parts = await roles.inventories[0].components()
    assert {(part.kind, part.name, part.running) for part in parts} == {
        ("node", "pve1", True),
        ("node", "pve2", True),
        ("lxc", "jellyfin", True),
        ("vm", "nas", True),
        ("lxc", "scratch", False),
    }
    jellyfin = next(part for part in parts if part.name == "jellyfin")
    assert jellyfin == Component(
        "proxmox",
        "lxc",
        "jellyfin",
        "lxc/101/jellyfin",
        {"tags": "media;restart-ok"},
        True,
        "",
        (Edge("jellyfin", "pve1", "runs_on", "proxmox"),),
    )


async def test_an_alert_is_verified_on_its_own_guest(roles: Roles, cluster: Cluster) -> None:
    cluster.guests[0].status = cluster.guests[1].status = "stopped"
    _, alerts = observe(ALL, Watch(), await sampled(roles))
    jellyfin: Alert = next(alert for alert in alerts if alert.labels["name"] == "jellyfin")
    reader = roles.readers[0]
    cluster.guests[1].status = "running"
    still = await reader.read(jellyfin)
    cluster.guests[0].status = "running"
    clear = await reader.read(jellyfin)
    cluster.rights = False
    blind = await reader.read(jellyfin)
    assert [reading.state for reading in (still, clear, blind) if reading is not None] == [
        SignalState.FIRING,
        SignalState.CLEAR,
        SignalState.NO_DATA,
    ]


async def test_only_the_few_paths_are_asked_for(roles: Roles, cluster: Cluster) -> None:
    await sampled(roles)
    await roles.inventories[0].components()
    assert set(cluster.asked) == {"/api2/json/cluster/resources", "/api2/json/nodes/pve2/lxc/103/config"}
