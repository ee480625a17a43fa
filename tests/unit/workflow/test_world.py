"""Looks are bounded, a failed look is evidence, and nothing leaves the world unredacted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.plan import Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Roles, ToolError
from lamplighter.testing import NOON, FakeClock, FakeEngine, FakeSignal, FakeTool, firing
from lamplighter.workflow import world as rooms
from lamplighter.workflow.world import World, looked_at

SECRET = "hunter2hunter2"


@dataclass
class Refusing:
    """Every role at once; each one raises."""

    system: str = "refusing"
    name: str = "refusing.look"

    async def components(self) -> Sequence[Component]:
        raise ToolError(f"GET http://user:{SECRET}@engine/: refused")

    def serves(self, component: Component) -> bool:
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        raise ToolError(f"password={SECRET}")

    async def read(self, alert: Alert) -> Reading | None:
        raise ToolError(f"token={SECRET}")

    async def look(self, target: Target) -> None:
        raise TimeoutError


def question(part: Component) -> Question:
    return Question(part, firing(), NOON, NOON)


async def test_an_engine_that_refuses_is_a_failed_look_and_the_others_are_seen(clock: FakeClock) -> None:
    engine = FakeEngine()
    part = engine.add("store")
    survey = await World(clock, (Roles(inventories=(Refusing(),)), engine.roles())).survey()
    assert survey.components == (part,)
    assert [piece.tool for piece in survey.failures] == ["refusing.inventory"]
    assert SECRET not in survey.failures[0].error


async def test_a_look_that_fails_is_evidence_beside_those_that_do_not(clock: FakeClock) -> None:
    part = FakeEngine().add("store")
    tools = (Refusing(), FakeTool(clock, texts={"store": "all well"}))
    found = await World(clock, (Roles(tools=tools),)).look([question(part)])
    assert [(piece.id, bool(piece.error)) for piece in found] == [("e1", True), ("e2", False)]
    assert SECRET not in found[0].error


async def test_evidence_is_redacted_and_bounded_with_the_newest_end_kept(clock: FakeClock) -> None:
    part = FakeEngine().add("store")
    text = "x" * EVIDENCE_BYTES_MAX + f"\npassword={SECRET} last line"
    found = await World(clock, (Roles(tools=(FakeTool(clock, texts={"store": text}),)),)).look([question(part)])
    assert found[0].content.endswith("last line")
    assert found[0].truncated
    assert SECRET not in found[0].content
    assert len(found[0].content.encode()) <= EVIDENCE_BYTES_MAX


async def test_json_is_still_json_without_its_secrets(clock: FakeClock) -> None:
    @dataclass
    class Json:
        name: str = "kubectl.get"

        def serves(self, component: Component) -> bool:
            return True

        async def gather(self, question: Question) -> Sequence[Evidence]:
            text = f'{{"imagePullSecrets": [{{"name": "a"}}], "password": "{SECRET}", "status": {{"phase": "Failed"}}}}'
            return (Evidence("", self.name, "store", {}, "application/json", text, NOON),)

    (found,) = await World(clock, (Roles(tools=(Json(),)),)).look([question(FakeEngine().add("store"))])
    assert json.loads(found.content)["status"] == {"phase": "Failed"}
    assert SECRET not in found.content


async def test_a_signal_that_cannot_be_read_is_no_data_and_never_clear(clock: FakeClock) -> None:
    reading = await World(clock, (Roles(readers=(Refusing(),)),)).read_signal(firing())
    assert reading is not None
    assert reading.state is SignalState.NO_DATA
    assert SECRET not in reading.detail


async def test_a_signal_nobody_knows_is_none(clock: FakeClock) -> None:
    assert await World(clock, ()).read_signal(firing()) is None


async def test_the_first_reader_that_knows_the_signal_answers(clock: FakeClock) -> None:
    class Stranger:
        async def read(self, alert: Alert) -> Reading | None:
            return None

    world = World(clock, (Roles(readers=(Stranger(), FakeSignal(clock, [SignalState.CLEAR]))),))
    reading = await world.read_signal(firing())
    assert reading is not None
    assert reading.state is SignalState.CLEAR


async def test_a_look_at_a_target_that_never_ends_is_a_tool_error() -> None:
    with pytest.raises(ToolError, match="no answer in 10 s"):
        await looked_at(Refusing(), Target("refusing", "container", "store", "1"))


async def test_looks_run_a_bounded_number_at_once(clock: FakeClock) -> None:
    under_way, most = 0, 0

    class Counting(Refusing):
        async def gather(self, question: Question) -> Sequence[Evidence]:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1
            return ()

    engine = FakeEngine()
    parts = [engine.add(f"c{number}") for number in range(40)]
    await World(clock, (Roles(tools=(Counting(),)),)).look(question(part) for part in parts)
    assert most == rooms.LOOKS_AT_ONCE


def test_the_role_of_another_system_is_never_taken(clock: FakeClock) -> None:
    world = World(clock, (FakeEngine().roles(),))
    assert world.action("fake", Verb.RESTART) is not None
    assert world.action("docker", Verb.RESTART) is None
