"""The whole server on a world that the test keeps outside it; started by the tests beside it.

Usage: stage.py CONFIGURATION DATA PORT OUTSIDE CLOCK. OUTSIDE is the URL of the test's world. CLOCK is a file with two
numbers of seconds: by which the wall clock is wrong, and that have passed besides those that really have. Everything
else is as `lamplighter serve` joins it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from lamplighter.app import build_app
from lamplighter.domain.alert import Alert
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Evidence, Fact, Question
from lamplighter.domain.plan import Offer, Risk, Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Abilities, ChannelError, Effect, Message, Roles, Snapshot, ToolError
from lamplighter.settings import load_settings
from lamplighter.web.api import make_api
from lamplighter.workflow.remedy import Patience

CONFIGURATION, DATA, PORT, OUTSIDE, CLOCK = sys.argv[1:6]
SYSTEM = "outside"
HEAVY = "heavy"
CHANGED = "changed"
METRIC = "container_memory_working_set_bytes"
CHANGED_BEFORE_SECONDS = 17 * 60
MEMORY_LIMIT_BYTES = 64 * 1024**2


class WrongClock:
    """A wall clock that may be wrong, and time that may pass faster; what measures durations never jumps back."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=sum(self._read()))

    def monotonic(self) -> float:
        return time.monotonic() + self._read()[1]

    def _read(self) -> tuple[float, float]:
        wrong, passed = Path(CLOCK).read_text(encoding="utf-8").split()
        return float(wrong), float(passed)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@dataclass
class World:
    """An engine, its signals, a look and a channel: all of them asked of the test over HTTP."""

    http: httpx.AsyncClient
    clock: WrongClock
    system: str = SYSTEM
    name: str = "outside"
    can: Abilities = field(default_factory=Abilities)

    async def asked(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON of the test
        try:
            answer = await (self.http.get(path) if body is None else self.http.post(path, json=body))
            return answer.raise_for_status().json()
        except httpx.HTTPError as problem:
            raise ToolError(f"outside: {problem!r}", unsure=True) from problem

    async def components(self) -> Sequence[Component]:
        return tuple(
            Component(SYSTEM, "container", p["name"], f"id-{p['name']}", p["labels"], p["running"], p["group"])
            for p in (await self.asked("/survey")).values()
        )

    async def read(self, alert: Alert) -> Reading | None:
        name = alert.labels.get("container", "")
        part = (await self.asked("/parts")).get(name)
        if part is None or part["blind"]:
            return None
        state = SignalState.CLEAR if part["well"] else SignalState.FIRING
        return Reading(state, self.clock.now(), f"signal of {name}", f"{name} is {state}")

    def serves(self, component: Component) -> bool:
        return component.system == SYSTEM

    async def gather(self, question: Question) -> Sequence[Evidence]:
        name = question.component.name
        await self.asked(f"/evidence/{name}")
        said = Evidence("", "outside", name, {}, "text/plain", f"{name} does not answer", self.clock.now())
        return (said, measured(name, self.clock.now())) if name.startswith(CHANGED) else (said,)

    async def send(self, message: Message) -> str:
        told = {"incident": message.incident_id, "moment": message.moment, "title": message.title}
        try:
            await self.asked("/messages", {**told, "lines": list(message.lines), "key": message.key})
        except ToolError as problem:
            raise ChannelError(str(problem), permanent=False) from problem
        return message.key


@dataclass
class Restarting:
    """The engine's one verb."""

    world: World
    offer = Offer(SYSTEM, Verb.RESTART, Risk.LOW, reversible=False, effect="a moment of silence")

    async def look(self, target: Target) -> Snapshot:
        part = await self.world.asked(f"/look/{target.name}")
        return Snapshot(exists=True, running=True, values={"started": str(part["started"])})

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        await self.world.asked(f"/restart/{target.name}", {"key": key})
        return Effect(ok=True, detail="restarted")

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        return now.values["started"] != before.values["started"]

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        return Effect(ok=False, detail="cannot be undone")


@dataclass
class Limiting:
    """Sets the memory limit."""

    world: World
    offer = Offer(SYSTEM, Verb.SET_MEMORY_LIMIT, Risk.MEDIUM, reversible=True, effect="changes the memory limit")

    async def look(self, target: Target) -> Snapshot:
        return Snapshot(exists=True, running=True, values={"limit": str(MEMORY_LIMIT_BYTES)})

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        await self.world.asked(f"/limit/{target.name}", {"bytes": params["bytes"]})
        return Effect(ok=True, detail=f"limit {params['bytes']}")

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        return None

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        return Effect(ok=False, detail="cannot be undone")


@dataclass
class Starting(Restarting):
    """Starts what does not run."""

    offer = Offer(SYSTEM, Verb.START, Risk.LOW, reversible=True, effect="starts it")

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        await self.world.asked(f"/start/{target.name}", {"key": key})
        return Effect(ok=True, detail="started")


class Hung:
    """Whatever the alert names hangs; where its name says that it is heavy, it was killed at its memory limit."""

    def diagnose(self, case: Case) -> Diagnosis:
        name = case.subject
        if not name:
            return Diagnosis(undetermined=True, needs=("a component",))
        if name.startswith(HEAVY):
            return killed(name)
        if name.startswith(CHANGED):
            return changed(name, case)
        fact = Fact("f1", "e1", name, "probe", "no answer")
        return Diagnosis(
            (Cause(1, name, "process_hung", 0.9, "confirmed", f"{name} hangs", ("f1",), seen=True),), (fact,)
        )


def killed(name: str) -> Diagnosis:
    limit = {"memory_limit_bytes": float(MEMORY_LIMIT_BYTES)}
    fact = Fact("f1", "e1", name, "state", "killed at its memory limit", values=limit)
    cause = Cause(1, name, "oom_killed", 0.9, "confirmed", f"{name} was killed at its memory limit", ("f1",), seen=True)
    return Diagnosis((cause,), (fact,))


def measured(name: str, now: datetime) -> Evidence:
    """Its memory in the last half hour, which rose after the change."""
    times = [now.timestamp() - 1800 + 30 * place for place in range(60)]
    risen = now.timestamp() - CHANGED_BEFORE_SECONDS + 240
    values = [[when, str(9e8 if when < risen else min(2.1e9, 9e8 + (when - risen) * 2e6))] for when in times]
    rows = [{"metric": {"__name__": METRIC, "name": name}, "values": values}]
    content = json.dumps({"status": "success", "data": {"result": rows}})
    return Evidence("", "prometheus.query_range", name, {"query": METRIC}, "application/json", content, now)


def changed(name: str, case: Case) -> Diagnosis:
    """An update before the alert, after which its memory rose."""
    began = case.alerts[0].starts_at if case.alerts else case.at
    at = began - timedelta(seconds=CHANGED_BEFORE_SECONDS)
    piece = next((one.id for one in case.evidence if one.tool == "prometheus.query_range"), "")
    levels = {"metric": METRIC, "before": 9e8, "after": 2.1e9}
    facts = (
        Fact("f1", "e1", name, "probe", "no answer"),
        Fact("f2", "e1", name, "change", f"{name}: image 10.10.7 became 10.11.0", at),
        Fact("f3", piece, name, "metric_shift", "its memory rose", at + timedelta(minutes=4), METRIC, levels),
    )
    cause = Cause(
        1, name, "process_hung", 0.9, "likely", f"{name} hangs after its update", ("f1", "f2", "f3"), seen=True
    )
    return Diagnosis((cause,), facts)


def main() -> None:
    clock = WrongClock()
    world = World(httpx.AsyncClient(base_url=OUTSIDE, trust_env=False, timeout=30), clock)
    actions = (Restarting(world), Limiting(world), Starting(world))
    roles = Roles(inventories=(world,), readers=(world,), tools=(world,), actions=actions, channels=(world,))
    settings = load_settings(Path(CONFIGURATION), {"HOME": DATA, "LAMPLIGHTER_DATA": DATA})
    app = build_app(
        settings,
        clock=clock,
        extra_roles=(roles,),
        investigator=Hung(),
        patience=Patience(act_seconds=20, settle_seconds=0.2, settle_pause_seconds=0.1),
    )
    app.surveying.every_seconds = 0.3
    api = make_api(app)
    uvicorn.run(api, host="127.0.0.1", port=int(PORT), log_level="warning", timeout_graceful_shutdown=2)


main()
