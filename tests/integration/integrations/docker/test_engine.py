"""A real Docker engine: what is seen of it, what is done to it, and what is never sent to it."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docker.errors import DockerException

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.plan import Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.integrations.docker import INTEGRATION
from lamplighter.integrations.docker.allowlist import ForbiddenEndpoint
from lamplighter.integrations.docker.client import DockerConfig, Engine, GuardedClient
from lamplighter.ports import RemediationAction, Roles, Surroundings, ToolError

if TYPE_CHECKING:
    from tests.integration.integrations.conftest import CountingProxy, PrivateDocker

pytestmark = pytest.mark.docker
PYTHON = f"{sys.base_prefix}/bin/python3"


@pytest.fixture
def roles(private_docker: PrivateDocker, surroundings: Surroundings) -> Roles:
    return built(private_docker.host, surroundings)


@pytest.fixture
def sleeper(private_docker: PrivateDocker) -> Iterator[str]:
    key = private_docker.run("store", "sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.1; done")
    yield key
    private_docker.remove(key)


def built(host: str, surroundings: Surroundings, timeout_seconds: float = 10.0) -> Roles:
    roles: Roles = INTEGRATION.build(DockerConfig(host=host, timeout_seconds=timeout_seconds), surroundings)
    return roles


def action(roles: Roles, verb: Verb) -> RemediationAction:
    return next(one for one in roles.actions if one.offer.verb is verb)


def target(key: str) -> Target:
    return Target("docker", "container", "store", key)


def part(key: str) -> Component:
    return Component("docker", "container", "store", key)


async def gathered(roles: Roles, name: str, question: Question) -> Evidence:
    tool = next(one for one in roles.tools if one.name == name)
    first, *more = await tool.gather(question)
    # The image that the tests were made from was imported a moment ago, which the events tell apart.
    assert [one.id for one in more] == (["docker.events:store:images"] if name == "docker.events" else [])
    return first


async def test_the_inventory_lists_running_and_stopped_containers(
    roles: Roles, private_docker: PrivateDocker, sleeper: str
) -> None:
    flags = ("--label", "com.docker.compose.project=shop", "--label", "lamplighter.allow=restart")
    ended = private_docker.run("ended", "sh", "-c", "exit 3", flags=flags)
    private_docker.docker("wait", ended)
    try:
        parts = {one.name: one for one in await roles.inventories[0].components()}
    finally:
        private_docker.remove(ended)
    assert parts["store"].running
    assert parts["store"].id == sleeper
    assert not parts["ended"].running
    assert parts["ended"].group == "shop"
    assert parts["ended"].labels["lamplighter.allow"] == "restart"


async def test_an_unhealthy_container_does_not_count_as_running(
    roles: Roles, private_docker: PrivateDocker, eventually: Callable[..., None]
) -> None:
    flags = ("--health-cmd", "false", "--health-interval", "1s", "--health-retries", "1")
    key = private_docker.run("sick", "sleep", "60", flags=flags)
    try:
        eventually(lambda: "unhealthy" in private_docker.docker("ps").stdout, "it became unhealthy")
        assert [one.running for one in await roles.inventories[0].components() if one.id == key] == [False]
    finally:
        private_docker.remove(key)


async def test_an_out_of_memory_kill_is_told_by_inspect_and_events(
    roles: Roles, private_docker: PrivateDocker, python_in_container: tuple[str, ...], ask: Callable[..., Question]
) -> None:
    eat = "x=[]\nwhile True: x.append(bytearray(8 << 20))"
    flags = ("--memory", "48m", "-e", "DB_PASSWORD=hunter2-planted", *python_in_container)
    key = private_docker.run("eater", PYTHON, "-S", "-c", eat, flags=flags)
    try:
        private_docker.docker("wait", key)
        inspected = await gathered(roles, "docker.inspect", ask(part(key)))
        events = await gathered(roles, "docker.events", ask(part(key)))
    finally:
        private_docker.remove(key)
    details = json.loads(inspected.content)
    assert inspected.error == ""
    assert details["State"]["OOMKilled"] is True
    assert details["State"]["ExitCode"] == 137
    assert details["HostConfig"]["Memory"] == 48 << 20
    assert "DB_PASSWORD" in details["Config"]["Env"]
    assert "hunter2-planted" not in inspected.content
    assert {"start", "oom", "die"} <= {event["Action"] for event in json.loads(events.content)}


async def test_the_whole_engine_is_looked_at_for_one_container(
    roles: Roles, sleeper: str, ask: Callable[..., Question]
) -> None:
    listed = await gathered(roles, "docker.ps", ask(part(sleeper)))
    usage = await gathered(roles, "docker.df", ask(part(sleeper)))
    assert [one["State"] for one in json.loads(listed.content) if one["Id"] == sleeper] == ["running"]
    assert (listed.error, usage.error) == ("", "")
    assert json.loads(usage.content)["Images"]


async def test_logs_hold_both_streams_with_times_and_replace_bad_bytes(
    roles: Roles, private_docker: PrivateDocker, ask: Callable[..., Question]
) -> None:
    key = private_docker.run("talker", "sh", "-c", r"printf 'out \377 \033[31m\n'; echo err >&2")
    try:
        private_docker.docker("wait", key)
        logs = await gathered(roles, "docker.logs", ask(part(key)))
    finally:
        private_docker.remove(key)
    lines = sorted(line.split(" ", 1)[1] for line in logs.content.splitlines())
    assert lines == ["err", "out � \x1b[31m"]
    assert logs.content.startswith("20")


async def test_a_line_of_ten_megabytes_is_bounded_and_said_to_be(
    roles: Roles, private_docker: PrivateDocker, ask: Callable[..., Question]
) -> None:
    key = private_docker.run("shouter", "sh", "-c", "head -c 10000000 /dev/zero | tr '\\0' x; echo the end")
    try:
        private_docker.docker("wait", key)
        logs = await gathered(roles, "docker.logs", ask(part(key)))
    finally:
        private_docker.remove(key)
    assert len(logs.content.encode()) <= EVIDENCE_BYTES_MAX
    assert logs.truncated
    assert logs.content.rstrip().endswith("the end")


async def test_stats_of_a_running_container(roles: Roles, sleeper: str, ask: Callable[..., Question]) -> None:
    stats = await gathered(roles, "docker.stats", ask(part(sleeper)))
    assert json.loads(stats.content)["memory_stats"]["usage"] > 0


async def test_a_look_at_a_container_that_is_gone_is_evidence_with_the_raw_error(
    roles: Roles, ask: Callable[..., Question]
) -> None:
    key = "ab" * 32
    for name in ("docker.inspect", "docker.logs", "docker.stats"):
        seen = await gathered(roles, name, ask(part(key)))
        assert "No such container" in seen.error
        assert f"GET /containers/{key}" in seen.error
    snapshot = await action(roles, Verb.RESTART).look(target(key))
    assert not snapshot.exists


async def test_restart_changes_when_it_started(roles: Roles, sleeper: str) -> None:
    restart = action(roles, Verb.RESTART)
    before = await restart.look(target(sleeper))
    done = await restart.act(target(sleeper), {}, "key")
    now = await restart.look(target(sleeper))
    assert done.ok
    assert now.running
    assert restart.happened(before, now, {}) is True
    assert restart.happened(before, before, {}) is False


async def test_start_starts_what_is_stopped_and_its_undo_stops_it_again(
    roles: Roles, private_docker: PrivateDocker, sleeper: str
) -> None:
    private_docker.docker("kill", sleeper)
    start = action(roles, Verb.START)
    before = await start.look(target(sleeper))
    assert (await start.act(target(sleeper), {}, "key")).ok
    now = await start.look(target(sleeper))
    assert (before.running, now.running) == (False, True)
    assert start.happened(before, now, {}) is True
    assert (await start.undo(target(sleeper), before, "key")).ok
    assert not (await start.look(target(sleeper))).running


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_memory_limit_is_set_and_put_back(
    roles: Roles, private_docker: PrivateDocker, *, stopped: bool
) -> None:
    key = private_docker.run("store", "sleep", "600", flags=("--memory", "64m", "--memory-swap", "64m"))
    try:
        if stopped:
            private_docker.docker("kill", key)
        limit = action(roles, Verb.SET_MEMORY_LIMIT)
        params = {"bytes": str(128 << 20)}
        before = await limit.look(target(key))
        done = await limit.act(target(key), params, "key")
        now = await limit.look(target(key))
        assert done.ok, done.detail
        assert now.values["memory_limit_bytes"] == params["bytes"]
        assert now.values["memory_swap_bytes"] == params["bytes"]
        assert limit.happened(before, now, params) is True
        assert (await limit.undo(target(key), before, "key")).ok
        assert (await limit.look(target(key))).values == before.values
    finally:
        private_docker.remove(key)


async def test_an_error_of_the_engine_is_an_answer_not_an_exception(roles: Roles) -> None:
    done = await action(roles, Verb.RESTART).act(target("ab" * 32), {}, "key")
    assert not done.ok
    assert "404" in done.detail


async def test_an_engine_killed_in_the_middle_of_a_restart_leaves_an_unsure_error_and_one_request(
    private_docker: PrivateDocker,
    counting_proxy: Callable[[Path | None], CountingProxy],
    surroundings: Surroundings,
    eventually: Callable[..., None],
) -> None:
    stubborn = private_docker.run("stubborn", "sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
    proxy = counting_proxy(private_docker.home / "d.sock")
    restart = action(built(f"unix://{proxy.path}", surroundings), Verb.RESTART)
    try:
        before = await restart.look(target(stubborn))
        act = asyncio.create_task(restart.act(target(stubborn), {}, "key"))
        await asyncio.to_thread(eventually, lambda: any(b"/restart" in line for line in proxy.requests), "it was asked")
        private_docker.kill()
        with pytest.raises(ToolError) as caught:
            await act
        assert caught.value.unsure
        with pytest.raises(ToolError) as unseen:
            await restart.look(target(stubborn))
        assert not unseen.value.unsure
        private_docker.start()
        now = await restart.look(target(stubborn))
        assert restart.happened(before, now, {}) is not True
        assert sum(b"/restart" in line for line in proxy.requests) == 1
    finally:
        private_docker.end()
        private_docker.start()
        private_docker.remove(stubborn)


async def test_an_engine_that_never_answers_is_left_in_time(
    counting_proxy: Callable[[Path | None], CountingProxy], surroundings: Surroundings, ask: Callable[..., Question]
) -> None:
    roles = built(f"unix://{counting_proxy(None).path}", surroundings, 0.2)
    seen = await gathered(roles, "docker.inspect", ask(part("ab" * 32)))
    assert "no answer within 0.2 s" in seen.error
    with pytest.raises(ToolError) as caught:
        await action(roles, Verb.START).act(target("ab" * 32), {}, "key")
    # The version is asked first; that look got no answer, so the start itself was never sent.
    assert not caught.value.unsure


async def test_no_engine_at_all_is_a_sure_failure(surroundings: Surroundings, tmp_path: Path) -> None:
    roles = built(f"unix://{tmp_path}/none.sock", surroundings)
    for one in roles.actions:
        with pytest.raises(ToolError) as caught:
            await one.act(target("ab" * 32), {"bytes": str(64 << 20)}, "key")
        assert not caught.value.unsure
    with pytest.raises(ToolError):
        await roles.inventories[0].components()


def test_what_is_not_on_the_list_is_refused_and_nothing_is_sent(
    private_docker: PrivateDocker, counting_proxy: Callable[[Path | None], CountingProxy], sleeper: str
) -> None:
    proxy = counting_proxy(private_docker.home / "d.sock")
    client = GuardedClient(f"unix://{proxy.path}", "1.41")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: client.exec_create(sleeper, "id"),
        lambda: client.create_container("lab:1", "id", host_config={"Privileged": True}),
        lambda: client.build(fileobj=io.BytesIO(b"FROM lab:1")),
        lambda: client.remove_container(sleeper, force=True),
        lambda: client.kill(sleeper),
        lambda: client.pull("lab", "1"),
        client.prune_containers,
        lambda: client.put_archive(sleeper, "/", b"x"),
        lambda: client.update_container(sleeper, cpu_shares=2),
        lambda: client.restart("store"),
        lambda: client.start("../images/prune?x="),
        lambda: client.get(f"{client.base_url}/containers/{sleeper}/json/../../x/json"),
        lambda: client.get(f"{client.base_url}/containers/{sleeper}%2fexport"),
        lambda: client.post("http://127.0.0.1:1/containers/abcdefabcdef/restart"),
    )
    try:
        for attempt in attempts:
            with pytest.raises((ForbiddenEndpoint, DockerException)):
                attempt()
        assert proxy.requests == []
        assert client.inspect_container(sleeper)["Id"] == sleeper
        assert len(proxy.requests) == 1
    finally:
        client.close()


async def test_at_most_four_calls_run_at_once(
    counting_proxy: Callable[[Path | None], CountingProxy],
) -> None:
    proxy = counting_proxy(None)
    engine = Engine(DockerConfig(host=f"unix://{proxy.path}", timeout_seconds=0.5))
    calls = [asyncio.create_task(engine.read("/_ping")) for _ in range(12)]
    deadline = time.monotonic() + 10
    seen = 0
    while not all(call.done() for call in calls) and time.monotonic() < deadline:
        seen = max(seen, proxy.open_now())
        await asyncio.sleep(0.01)
    assert all(isinstance(call.exception(), ToolError) for call in calls)
    assert 1 <= seen <= 4
