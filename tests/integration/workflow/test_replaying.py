"""What a response recorded before plans could be amended still fits: the same steps, in the same order, and no more."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS

from lamplighter.app import App, build_app
from lamplighter.domain.alert import Delivery
from lamplighter.domain.amendment import Amendment
from lamplighter.domain.approval import Approval
from lamplighter.domain.incident import State
from lamplighter.ports import Roles
from lamplighter.settings import load_settings
from lamplighter.testing import FakeEngine, firing
from tests.integration.workflow.conftest import Finds
from tests.integration.workflow.test_flow import CLOCK, Signal

SECONDS_MAX = 60
CONFIGURATION = """
autonomy: {mode: ask, limits: {between: 0s}}
verify: {for: 200ms, every: 50ms, deadline: 20s}
sources: {}
"""
# What STORY_VERSION stands for. Who changes this order strands every response that is under way.
UNDERSTOOD = ["load", "notify-opened", "gather", "diagnose", "plan"]
ASKED = ["judge", "council", "ask"]
NEWER = {"amended", "amends", "amendments", "present"}


@dataclass
class Premises:
    """A folder that two lives of one app share."""

    folder: Path
    engine: FakeEngine = field(default_factory=FakeEngine)
    fault: str = "process_hung"

    @asynccontextmanager
    async def life(self) -> AsyncIterator[App]:
        file = self.folder / "lamplighter.yaml"
        file.write_text(CONFIGURATION)
        settings = load_settings(file, {"HOME": str(self.folder), "LAMPLIGHTER_DATA": str(self.folder / "data")})
        roles = (self.engine.roles(), Roles(readers=(Signal(self.engine),)))
        app = build_app(settings, extra_roles=roles, investigator=Finds("store", self.fault))
        await app.start()
        try:
            yield app
        finally:
            await app.stop()

    def checkpoints(self) -> Path:
        """The file in which the steps are recorded."""
        files = sorted((self.folder / "data").glob("*.db"))
        return next(file for file in files if "operation_outputs" in _tables(file))

    def as_recorded_before(self) -> int:
        """Take out of every record what an earlier version did not write; returns how many records that changed."""
        changed = 0
        with closing(sqlite3.connect(self.checkpoints())) as connection:
            query = "SELECT rowid, output FROM operation_outputs WHERE output IS NOT NULL"
            for row, output in connection.execute(query).fetchall():
                older = json.dumps(_older(json.loads(output)), separators=(",", ":"))
                changed += older != json.dumps(json.loads(output), separators=(",", ":"))
                connection.execute("UPDATE operation_outputs SET output = ? WHERE rowid = ?", (older, row))
            connection.commit()
        return changed


def _tables(file: Path) -> set[str]:
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _older(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict):
        return {key: _older(one) for key, one in value.items() if key not in NEWER}
    return [_older(one) for one in value] if isinstance(value, list) else value


async def eventually(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        await asyncio.sleep(0.02)


def asked(app: App) -> Approval | None:
    return next(iter(app.store.approvals.listed(pending_only=True)), None)


async def ends(app: App, state: State) -> None:
    await eventually(lambda: (one := app.store.incidents.load("INC-1")) is not None and one.state is state)
    incident = app.store.incidents.load("INC-1")
    assert incident is not None
    deadline = time.monotonic() + SECONDS_MAX
    while await app.response.standing(incident) != "ended":
        assert time.monotonic() < deadline, "the response never ended"
        await asyncio.sleep(0.02)


async def steps() -> list[str]:
    """The names of the recorded steps, in order."""
    found = await DBOS.list_workflow_steps_async("INC-1")
    return [step["function_name"] for step in found]


async def say_yes(app: App) -> None:
    question = asked(app)
    assert question is not None
    app.store.approvals.answer(
        question.id, approve=True, by="anna", reason="", plan_hash=question.plan_hash, now=app.clock.now()
    )
    incident = app.store.incidents.load("INC-1")
    assert incident is not None
    await app.response.wake(incident)


def without_waits(names: list[str]) -> list[str]:
    """The steps but for how often one looked whether there is an answer."""
    return [name for name in names if name not in {"answered", "wait"}]


@pytest.fixture
def premises(tmp_path: Path) -> Premises:
    made = Premises(tmp_path)
    made.engine.add("store")
    return made


async def test_what_is_never_amended_takes_the_very_steps_that_it_always_took(premises: Premises) -> None:
    async with premises.life() as app:
        await app.store.journal.append(Delivery((firing(container="store", at=CLOCK.now()),)), "fake", CLOCK.now())
        app.correlator.nudge()
        await eventually(lambda: asked(app))
        await say_yes(app)
        await ends(app, State.RESOLVED)
        names = await steps()
    assert without_waits(names) == [*UNDERSTOOD, *ASKED, "act-0", "verify", "learn", "close"]
    before, after = names.index("ask") + 1, names.index("act-0")
    looks = names[before:after]
    assert looks[0] == looks[-1] == "answered"
    assert looks == ["answered", *["wait", "answered"] * (len(looks) // 2)]


async def test_what_an_earlier_version_began_goes_on_under_this_one(premises: Premises) -> None:
    async with premises.life() as app:
        await app.store.journal.append(Delivery((firing(container="store", at=CLOCK.now()),)), "fake", CLOCK.now())
        app.correlator.nudge()
        await eventually(lambda: asked(app))
        await asyncio.sleep(0.5)
        before = await steps()
    assert premises.as_recorded_before() > 0
    async with premises.life() as app:
        await say_yes(app)
        await ends(app, State.RESOLVED)
        names = await steps()
    assert names[: len(before)] == before
    assert without_waits(names) == [*UNDERSTOOD, *ASKED, "act-0", "verify", "learn", "close"]
    assert premises.engine.effects == [("restart", "store")]


async def test_the_steps_of_an_amended_response_are_recorded_and_replayed(premises: Premises) -> None:
    premises.fault = "oom_killed"
    async with premises.life() as app:
        await app.store.journal.append(Delivery((firing(container="store", at=CLOCK.now()),)), "fake", CLOCK.now())
        app.correlator.nudge()
        await eventually(lambda: asked(app))
        first = asked(app)
        assert first is not None
        await app.communicator.amending.amend(first.id, first.plan_hash, Amendment(keep=(2,)), by="anna", reason="")
        await eventually(lambda: (one := asked(app)) is not None and one.id != first.id)
    async with premises.life() as app:
        await say_yes(app)
        await ends(app, State.RESOLVED)
        names = await steps()
        attempts = app.store.ledger.of_incident("INC-1")
    assert without_waits(names) == [*UNDERSTOOD, *ASKED, *ASKED, "act-0", "verify", "learn", "close"]
    assert premises.engine.effects == [("start", "store")]
    assert [attempt.plan_hash for attempt in attempts] != [first.plan_hash]
