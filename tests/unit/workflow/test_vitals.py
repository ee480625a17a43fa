"""Looks at how full everything is: only with cheap tools, not too often, and what cannot be seen is left out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from lamplighter.domain.evidence import Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.ports import Roles, ToolError
from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.gauging import Gauging
from lamplighter.workflow.vitals import EVERY_SECONDS, LOOKS_MAX, Vitals
from lamplighter.workflow.world import World


@dataclass
class Status:
    """A tool of an engine that says how much memory each thing uses; or fails."""

    name: str = "supervisor.status"
    asked: list[str] = field(default_factory=list)
    fails: bool = False

    def serves(self, component: Component) -> bool:
        return component.system == "supervisor"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        self.asked.append(question.component.name)
        if self.fails:
            raise ToolError("away")
        said = {"name": question.component.name, "statename": "RUNNING", "rss_bytes": 50, "memory_limit_bytes": 100}
        text = json.dumps(said)
        return [Evidence("e1", self.name, question.component.name, {}, "application/json", text, NOON)]


def made(*tools: Status, parts: int = 2) -> tuple[Vitals, FakeClock]:
    clock = FakeClock(NOON)
    seen = tuple(Component("supervisor", "process", f"part{number}", f"id{number}") for number in range(parts))
    surveying: Any = SimpleNamespace(components=seen)
    world = World(clock, (Roles(tools=cast("Any", tools)),))
    return Vitals(world, surveying, clock, Gauging(world, clock)), clock


async def test_everything_is_asked_once_and_again_only_later() -> None:
    status = Status()
    vitals, clock = made(status)
    await vitals.refresh()
    await vitals.refresh()
    assert sorted(status.asked) == ["part0", "part1"]
    assert {fact.number("memory_share") for fact in vitals.facts if fact.kind == "usage"} == {0.5}
    await clock.sleep(EVERY_SECONDS + 1)
    await vitals.refresh()
    assert len(status.asked) == 4


async def test_logs_are_not_asked_for_and_a_failed_look_tells_nothing() -> None:
    logs, broken = Status("supervisor.logs"), Status(fails=True)
    vitals, _ = made(logs, broken)
    await vitals.refresh()
    assert logs.asked == []
    assert vitals.facts == ()


async def test_two_who_want_to_see_it_are_one_look_and_many_parts_are_bounded() -> None:
    status = Status()
    vitals, _ = made(status, parts=3 * LOOKS_MAX)
    await asyncio.gather(vitals.refresh(), vitals.refresh())
    assert len(status.asked) == LOOKS_MAX
