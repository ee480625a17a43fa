"""A real supervisord with its memory guard: what is seen, what is done, and what a broken one leaves."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.plan import Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.integrations.supervisor import INTEGRATION, memory_guard
from lamplighter.integrations.supervisor.client import SupervisorConfig
from lamplighter.ports import RemediationAction, Roles, Surroundings, ToolError

if TYPE_CHECKING:
    from tests.integration.integrations.conftest import CountingProxy, PrivateSupervisor

EAT = """
import sys, time
print('memory guard: store killed: forged by the program', file=sys.stderr, flush=True)
kept = []
while True:
    kept.append(bytearray(4 << 20))
    time.sleep(0.05)
"""
SHOUT = r"""
import sys, time
sys.stdout.buffer.write(b'bad \xff byte, \x1b[31mred\n')
sys.stdout.flush()
print('caf\u00e9 ' * 20000 + 'the end', file=sys.stderr, flush=True)
time.sleep(600)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
PYTHON = sys.executable


@pytest.fixture
def shop(private_supervisor: PrivateSupervisor, eventually: Callable[..., None]) -> PrivateSupervisor:
    home = private_supervisor.home
    for name, text in {"eat": EAT, "shout": SHOUT, "stubborn": STUBBORN}.items():
        (home / f"{name}.py").write_text(text)
    guard = Path(str(memory_guard.__file__))
    private_supervisor.start(
        f"[program:front]\ncommand=sleep 600\nstartsecs=0\n"
        f"[program:loud]\ncommand={PYTHON} {home}/shout.py\nstartsecs=0\n"
        f"[program:hung]\ncommand={PYTHON} {home}/stubborn.py\nstartsecs=0\nstopwaitsecs=1\n"
        f"[program:store]\ncommand={PYTHON} {home}/eat.py\nstartsecs=0\nautostart=false\nautorestart=false\n"
        f"[program:steady]\ncommand={PYTHON} -c 'import time; time.sleep(600)'\nstartsecs=0\n"
        f"[program:idle]\ncommand={PYTHON} -c 'import time; time.sleep(600)'\nstartsecs=0\nautostart=false\n"
        f"[program:broken]\ncommand=/nonexistent/program\nautostart=false\n"
        f"[eventlistener:memory-guard]\nevents=REMOTE_COMMUNICATION\n"
        f"command={PYTHON} -P {guard} --state {home}/limits.json store=64MiB steady=96MiB\n"
    )
    said = "limit of store"
    eventually(
        lambda: any(said in log.read_text() for log in home.glob("memory-guard-stderr*")), "the guard said its limits"
    )
    return private_supervisor


@pytest.fixture
def roles(shop: PrivateSupervisor, surroundings: Surroundings) -> Roles:
    return built(shop.url, surroundings)


def built(url: str, surroundings: Surroundings, timeout_seconds: float = 10.0) -> Roles:
    config = SupervisorConfig(url=url, memory_guard="memory-guard", timeout_seconds=timeout_seconds)
    roles: Roles = INTEGRATION.build(config, surroundings)
    return roles


def action(roles: Roles, verb: Verb) -> RemediationAction:
    return next(one for one in roles.actions if one.offer.verb is verb)


def target(name: str) -> Target:
    return Target("supervisor", "process", name, f"shop:{name}:{name}")


def part(name: str) -> Component:
    return Component("supervisor", "process", name, f"shop:{name}:{name}")


async def gathered(roles: Roles, name: str, question: Question) -> list[Evidence]:
    tool = next(one for one in roles.tools if one.name == name)
    return list(await tool.gather(question))


async def test_the_inventory_leaves_out_the_guard(roles: Roles) -> None:
    parts = {one.name: one for one in await roles.inventories[0].components()}
    assert set(parts) == {"front", "loud", "hung", "store", "steady", "idle", "broken"}
    assert parts["front"].running
    assert not parts["store"].running
    assert parts["front"].id == "shop:front:front"


async def test_the_guard_kills_at_the_limit_and_a_raised_limit_is_put_back_by_undo(
    roles: Roles, shop: PrivateSupervisor, ask: Callable[..., Question], eventually: Callable[..., None]
) -> None:
    start, limit = action(roles, Verb.START), action(roles, Verb.SET_MEMORY_LIMIT)
    before = await limit.look(target("store"))
    assert before.values["memory_limit_bytes"] == str(64 << 20)
    assert (await start.act(target("store"), {}, "key")).ok
    guard_log = next(shop.home.glob("memory-guard-stderr*"))
    eventually(lambda: "store killed: it used" in guard_log.read_text(), "the guard killed it")
    own, guard = await gathered(roles, "supervisor.logs", ask(part("store")))
    assert "forged" in own.content
    assert "forged" not in guard.content
    assert "store killed: it used" in guard.content
    assert "its limit is 64 MiB" in guard.content
    params = {"bytes": str(128 << 20)}
    done = await limit.act(target("store"), params, "key")
    now = await limit.look(target("store"))
    assert done.ok
    assert limit.happened(before, now, params) is True
    assert json.loads((shop.home / "limits.json").read_text())["store"] == [64 << 20, 128 << 20]
    assert (await limit.undo(target("store"), before, "key")).ok
    assert (await limit.look(target("store"))).values["memory_limit_bytes"] == str(64 << 20)


async def test_status_tells_the_limit_and_the_memory_in_use(roles: Roles, ask: Callable[..., Question]) -> None:
    (status,) = await gathered(roles, "supervisor.status", ask(part("steady")))
    told = json.loads(status.content)
    assert told["statename"] == "RUNNING"
    assert told["memory_limit_bytes"] == 96 << 20
    assert told["rss_bytes"] > 1 << 20


async def test_logs_that_are_not_utf8_and_too_long_are_evidence_all_the_same(
    roles: Roles, ask: Callable[..., Question], shop: PrivateSupervisor, eventually: Callable[..., None]
) -> None:
    errors = next(shop.home.glob("loud-stderr*"))
    eventually(lambda: errors.read_bytes().endswith(b"the end\n"), "it wrote")
    (logs,) = await gathered(roles, "supervisor.logs", ask(part("loud")))
    assert logs.error == ""
    assert "bad � byte" in logs.content
    assert logs.content.endswith("the end")
    assert len(logs.content.encode()) <= EVIDENCE_BYTES_MAX
    assert logs.truncated


async def test_a_hung_process_is_killed_and_started_again(roles: Roles) -> None:
    restart = action(roles, Verb.RESTART)
    before = await restart.look(target("hung"))
    done = await restart.act(target("hung"), {}, "key")
    now = await restart.look(target("hung"))
    assert done.ok, done.detail
    assert restart.happened(before, now, {}) is True
    assert restart.happened(before, before, {}) is False


async def test_a_start_is_undone_by_a_stop(roles: Roles) -> None:
    start = action(roles, Verb.START)
    before = await start.look(target("idle"))
    assert (await start.act(target("idle"), {}, "key")).ok
    assert (await start.undo(target("idle"), before, "key")).ok
    assert not (await start.look(target("idle"))).running


async def test_a_program_that_cannot_start_is_an_answer(roles: Roles) -> None:
    done = await action(roles, Verb.START).act(target("broken"), {}, "key")
    assert not done.ok
    assert "NO_FILE" in done.detail or "SPAWN_ERROR" in done.detail


async def test_a_process_of_another_daemon_or_name_does_not_exist(roles: Roles) -> None:
    restart = action(roles, Verb.RESTART)
    for key in ("other:front:front", "shop:front:gone", "front"):
        aim = Target("supervisor", "process", "front", key)
        assert not (await restart.look(aim)).exists
        assert not (await restart.act(aim, {}, "key")).ok


async def test_a_limit_that_the_guard_does_not_know_is_unsure(roles: Roles) -> None:
    limit = action(roles, Verb.SET_MEMORY_LIMIT)
    with pytest.raises(ToolError) as caught:
        await limit.act(target("front"), {"bytes": str(64 << 20)}, "key")
    assert caught.value.unsure


async def test_a_supervisord_that_never_answers_is_left_in_time(
    counting_proxy: Callable[[Path | None], CountingProxy], surroundings: Surroundings, ask: Callable[..., Question]
) -> None:
    roles = built(f"unix://{counting_proxy(None).path}", surroundings, 0.2)
    (seen,) = await gathered(roles, "supervisor.status", ask(part("front")))
    assert "no answer within 0.2 s" in seen.error
    with pytest.raises(ToolError) as caught:
        await action(roles, Verb.RESTART).act(target("front"), {}, "key")
    assert not caught.value.unsure


async def test_a_daemon_killed_while_it_stops_a_process_leaves_an_unsure_error_and_one_call(
    shop: PrivateSupervisor,
    counting_proxy: Callable[[Path | None], CountingProxy],
    surroundings: Surroundings,
    eventually: Callable[..., None],
) -> None:
    proxy = counting_proxy(shop.home / "s.sock")
    roles = built(f"unix://{proxy.path}", surroundings)
    act = asyncio.create_task(action(roles, Verb.RESTART).act(target("hung"), {}, "key"))
    await asyncio.to_thread(eventually, lambda: proxy.count(b"supervisor.stopProcess") > 0, "it was asked to stop")
    shop.kill()
    with pytest.raises(ToolError) as caught:
        await act
    assert caught.value.unsure
    assert proxy.count(b"supervisor.stopProcess") == 1
