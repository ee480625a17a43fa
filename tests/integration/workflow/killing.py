"""Runs the whole response in forked children and kills each with SIGKILL at one named point; started by test_kill_*.py.

Usage: killing.py ENGINE_URL FOLDER DATA < cases (JSON lines: name, store, path, point); prints one JSON line for each.
A case begins with a copy of DATA, and runs until it was killed once, then again until the incident ends or waits for a
person. With STORE in the place of DATA and no case, `killing.py ENGINE_URL FOLDER --first STORE` makes such a folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

from lamplighter.app import App, build_app
from lamplighter.domain.alert import Alert, AlertStatus, Delivery, fingerprint_of
from lamplighter.domain.amendment import Amendment
from lamplighter.domain.approval import Approval, CannotAnswer
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.chain import Broken, judged, looked_through
from lamplighter.domain.evidence import Case, Fact
from lamplighter.domain.incident import CLOSED, WAITING
from lamplighter.domain.plan import Offer, Risk, Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Effect, Roles, Snapshot, ToolError
from lamplighter.settings import load_settings
from lamplighter.workflow.durable import CheckpointedSteps
from lamplighter.workflow.remedy import Patience
from lamplighter.workflow.story import Work

CHILD_SECONDS_MAX = 150
LIVES_MAX = 3
ENDS = {str(state) for state in CLOSED | WAITING}
TARGET_ID = "0123456789ab"
# Made once, because loading the certificates for each client takes longer than the step under test.
PLAIN = ssl.create_default_context()


class Executioner:
    """Kills this process once, at one point."""

    def __init__(self, point: str, marker: Path) -> None:
        self.point = point
        self.marker = marker
        # What is done before a plan is amended has its own cases.
        self.armed = True

    def pass_by(self, point: str) -> None:
        if self.armed and point == self.point and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """Any object, with a chance to die before and after each call of its methods."""

    def __init__(self, inner: object, executioner: Executioner, prefix: str = "") -> None:
        self._inner = inner
        self._executioner = executioner
        self._prefix = prefix

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if not callable(found):
            return found
        point = f"{self._prefix}{name}"

        async def watched_async(*args: object, **kwargs: object) -> object:
            spot = f"{point}-{args[3]}" if name == "act" and not self._prefix else point
            self._executioner.pass_by(f"{spot}:before")
            result = await found(*args, **kwargs)
            self._executioner.pass_by(f"{spot}:after")
            return result

        def watched(*args: object, **kwargs: object) -> object:
            self._executioner.pass_by(f"{point}:before")
            result = found(*args, **kwargs)
            self._executioner.pass_by(f"{point}:after")
            return result

        return watched_async if asyncio.iscoroutinefunction(found) else watched


class Engine:
    """A system whose effects are counted by the HTTP server of the test."""

    system = "outside"

    def __init__(self, url: str, path: str) -> None:
        self.url = url
        self.path = path

    async def state(self) -> dict[str, object]:
        async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as http:
            return (await http.get(self.url)).json()

    async def components(self) -> Sequence[Component]:
        return (Component(self.system, "container", "store", TARGET_ID),)

    async def read(self, alert: Alert) -> Reading | None:
        healed = bool((await self.state())["healed"])
        return Reading(SignalState.CLEAR if healed else SignalState.FIRING, datetime.now(UTC), "outside", str(healed))


class EngineAction:
    """One verb of the engine."""

    def __init__(self, engine: Engine, verb: Verb) -> None:
        self.engine = engine
        self.offer = Offer(engine.system, verb, Risk.LOW, reversible=True, effect="")

    async def look(self, target: Target) -> Snapshot:
        state = await self.engine.state()
        values = {"started": str(state["started"]), "limit": str(state["limit"])}
        return Snapshot(exists=True, running=bool(state["running"]), values=values)

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        return await self._post(str(self.offer.verb), {**params})

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        if self.offer.verb is Verb.START and before.running:
            return Effect(ok=True, detail="it ran before, so it is left running")
        return await self._post("undo", {"bytes": before.values["limit"]})

    async def _post(self, verb: str, params: Mapping[str, str]) -> Effect:
        try:
            async with httpx.AsyncClient(trust_env=False, verify=PLAIN) as http:
                await http.post(f"{self.engine.url}/{verb}", params=dict(params))
        except httpx.HTTPError as problem:
            raise ToolError(str(problem), unsure=True) from problem
        return Effect(ok=True, detail="answered")

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        if self.offer.verb is Verb.SET_MEMORY_LIMIT:
            return now.values["limit"] == params["bytes"]
        return now.values["started"] != before.values["started"]


class OomFound:
    """The same diagnosis every time."""

    def diagnose(self, case: Case) -> Diagnosis:
        fact = Fact("f1", "e1", "store", "oom", "killed at its limit", values={"memory_limit_bytes": float(64 << 20)})
        return Diagnosis(
            (Cause(1, "store", "oom_killed", 0.9, "confirmed", "store was killed", ("f1",), seen=True),), (fact,)
        )


def configured(case: dict[str, str], folder: Path) -> tuple[App, Executioner]:
    asks = case["path"] in {"ask", "amend"}
    mode, sentence = ("ask", "start container nothing") if asks else ("auto", "* container store")
    file = folder / "lamplighter.yaml"
    file.write_text(
        f"autonomy: {{mode: {mode}, auto: ['{sentence}'], approval_expires: 60s, limits: {{between: 0s}}}}\n"
        "sources: {}\nverify: {for: 100ms, every: 50ms, deadline: 500ms}\n"
        f"store: {{url: '{case['store']}'}}\n",
        encoding="utf-8",
    )
    settings = load_settings(file, {"HOME": str(folder), "LAMPLIGHTER_DATA": str(folder / "data")})
    executioner = Executioner(case["point"], folder / "killed")

    class Mortal(CheckpointedSteps):
        async def step(self, name: str, returns: type, body: Callable[[], Awaitable[object]]) -> object:
            value = await super().step(name, returns, body)
            executioner.pass_by(f"{name}:recorded")
            return value

    def wrap(work: Work) -> Work:
        work.remedy.store = Watched(work.remedy.store, executioner)  # type: ignore[attr-defined] - LiveSteps
        work.remedy.store.ledger = Watched(work.remedy.store._inner.ledger, executioner, "ledger.")
        return Watched(work, executioner)  # type: ignore[return-value] - it passes every method on

    engine = Engine(f"{sys.argv[1]}/{case['name']}", case["path"])
    actions = tuple(EngineAction(engine, verb) for verb in Verb)
    roles = Roles(inventories=(engine,), readers=(engine,), actions=actions)
    patience = Patience(act_seconds=5, settle_seconds=0.3, settle_pause_seconds=0.1)
    app = build_app(
        settings, extra_roles=(roles,), investigator=OomFound(), checkpointed=Mortal, patience=patience, wrap=wrap
    )
    executioner.armed = case["path"] != "amend"
    return app, executioner


async def answer(app: App, case: dict[str, str], question: Approval, executioner: Executioner) -> None:
    """Yes; but first, where the case is about that, strike the limit out."""
    plan = app.store.dossiers.plan("INC-1", 1)
    if case["path"] == "amend" and plan is not None and plan.hash == question.plan_hash and not plan.amendments:
        executioner.armed = True
        executioner.pass_by("amend:before")
        amending = app.communicator.amending
        amending.response = Watched(amending.response, executioner)  # type: ignore[assignment] - it passes wake on
        await amending.amend(question.id, question.plan_hash, Amendment(keep=(2,)), by="admin", reason="")
        return
    now = app.clock.now()
    app.store.approvals.answer(question.id, approve=True, by="admin", reason="", plan_hash=question.plan_hash, now=now)
    await app.response.wake(app.store.incidents.load("INC-1"))


async def live(case: dict[str, str], folder: Path) -> None:
    """One life of the process: until it is killed, or the incident has ended; it leaves without tidying up."""
    app, executioner = configured(case, folder)
    await app.start()
    labels = {"alertname": "StoreDown", "container": "store"}
    if app.store.incidents.load("INC-1") is None:
        alert = Alert("test", fingerprint_of(labels), AlertStatus.FIRING, labels, {}, datetime.now(UTC))
        await app.store.journal.append(Delivery((alert,)), "test", datetime.now(UTC))
        app.correlator.nudge()
    deadline = app.clock.monotonic() + CHILD_SECONDS_MAX - 5
    state = "absent"
    while app.clock.monotonic() < deadline:
        await asyncio.sleep(0.05)
        for question in app.store.approvals.listed(pending_only=True):
            with suppress(CannotAnswer):
                await answer(app, case, question, executioner)
        incident = app.store.incidents.load("INC-1")
        state = str(incident.state) if incident else "absent"
        if state in ENDS and await app.response.standing(incident) != "running":
            break
    (folder / "audit").write_text(audited(app))
    (folder / "state").write_text(state)
    os._exit(0)


def audited(app: App) -> str:
    """Whether the audit log's chain is whole, and holds what the ledger holds."""
    rows, head = app.store.audit.after(0, 2000), app.store.audit.head()
    known = looked_through(rows, head=head)
    broken = known if isinstance(known, Broken) else judged(known, head)
    begun = sum(row.what == "action_begun" for row in rows)
    started = sum(attempt.started_at is not None for attempt in app.store.ledger.of_incident("INC-1"))
    return str(broken or ("whole" if begun == started else f"{begun} rows for {started} actions"))


def run_life(case: dict[str, str], folder: Path) -> int:
    """Fork, live, and return the child's exit status."""
    child = os.fork()
    if child == 0:
        signal.alarm(CHILD_SECONDS_MAX)
        log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            asyncio.run(live(case, folder))
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


async def first_life(store: str, folder: Path) -> None:
    """A life in which nothing happens: what it leaves is what every case begins with."""
    app, _ = configured({"name": "first", "store": store, "path": "auto", "point": ""}, folder)
    await app.start()
    await app.stop()


def main() -> None:
    root, begins_with = Path(sys.argv[2]), sys.argv[3]
    if begins_with == "--first":
        asyncio.run(first_life(sys.argv[4], root))
        return
    # What a first look at a configuration imports, every fork has from here on.
    load_settings(Path(begins_with).with_name("lamplighter.yaml"), {"HOME": str(root), "LAMPLIGHTER_DATA": str(root)})
    for line in sys.stdin:
        case = json.loads(line)
        folder = root / case["name"]
        folder.mkdir()
        shutil.copytree(begins_with, folder / "data")
        lives = []
        for _ in range(LIVES_MAX):
            lives.append(run_life(case, folder))
            if lives[-1] == 0:
                break
        state = (folder / "state").read_text() if (folder / "state").exists() else "none"
        told = {**case, "lives": lives, "state": state, "killed": (folder / "killed").exists()}
        told["audit"] = (folder / "audit").read_text() if (folder / "audit").exists() else "none"
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


main()
