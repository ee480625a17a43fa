"""The whole app with an engine outside it, in one life after another; started by the tests beside it.

Usage: living.py SPEC: a JSON file with engine, folder, store, port, mode, dies ("act": killed at the end of that step).
Each life is a fork. A life that is killed is followed by another, LIVES_MAX at most; SIGTERM is passed on, and ends it.
"""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from lamplighter.app import build_app
from lamplighter.domain.alert import Alert, AlertStatus, BadSignal, Delivery, fingerprint_of
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Fact
from lamplighter.domain.plan import Offer, Risk, Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Effect, Roles, Snapshot, ToolError
from lamplighter.settings import Settings, load_settings
from lamplighter.web.api import make_api
from lamplighter.web.console import pages
from lamplighter.workflow.remedy import Patience
from lamplighter.workflow.story import Work

LIVES_MAX = 30
IMPORTED_BEFORE_THE_FORK = (pages,)
# Made once, because making one for each request costs more than the request.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
SPEC: dict[str, str] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
FOLDER = Path(SPEC["folder"])


class Plain:
    """Alerts as a JSON list of {labels, resolved}."""

    name = "plain"

    def parse(self, payload: bytes, headers: Mapping[str, str]) -> Delivery:
        try:
            listed = json.loads(payload)
        except ValueError as problem:
            raise BadSignal("body", "is not JSON", "send a list") from problem
        return Delivery(tuple(self._alert(one) for one in listed))

    def _alert(self, one: dict[str, Any]) -> Alert:
        labels, over = one["labels"], one.get("resolved", False)
        starts_at = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
        status = AlertStatus.RESOLVED if over else AlertStatus.FIRING
        return Alert("plain", fingerprint_of(labels), status, labels, {}, starts_at, starts_at if over else None)


@dataclass
class Outside:
    """An engine whose state, and whose count of effects, the test's own HTTP server keeps."""

    url: str
    system: str = "outside"

    async def state(self) -> dict[str, dict[str, Any]]:
        try:
            async with httpx.AsyncClient(trust_env=False, verify=PLAIN, timeout=60) as http:
                return dict((await http.get(self.url)).json())
        except httpx.HTTPError as problem:
            raise ToolError(str(problem)) from problem

    async def components(self) -> Sequence[Component]:
        return tuple(Component(self.system, "container", name, f"id-{name}") for name in await self.state())

    async def read(self, alert: Alert) -> Reading | None:
        part = (await self.state()).get(alert.labels.get("container", ""))
        if part is None:
            return None
        state = SignalState.CLEAR if part["started"] > 1 else SignalState.FIRING
        return Reading(state, datetime.now(UTC), "outside", f"started {part['started']} times")


class Restarting:
    """The engine's one verb."""

    offer = Offer("outside", Verb.RESTART, Risk.LOW, reversible=False, effect="")

    def __init__(self, engine: Outside) -> None:
        self.engine = engine

    async def look(self, target: Target) -> Snapshot:
        part = (await self.engine.state())[target.name]
        return Snapshot(exists=True, running=True, values={"started": str(part["started"])})

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        try:
            async with httpx.AsyncClient(trust_env=False, verify=PLAIN, timeout=60) as http:
                await http.post(f"{self.engine.url}/{target.name}")
        except httpx.HTTPError as problem:
            raise ToolError(str(problem), unsure=True) from problem
        return Effect(ok=True, detail="restarted")

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        return now.values["started"] != before.values["started"]

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        return Effect(ok=False, detail="cannot be undone")


class Hung:
    """Whatever the alert names hangs."""

    def diagnose(self, case: Case) -> Diagnosis:
        name = case.subject
        fact = Fact("f1", "e1", name, "probe", "no answer")
        return Diagnosis(
            (Cause(1, name, "process_hung", 0.9, "confirmed", f"{name} hangs", ("f1",), seen=True),), (fact,)
        )


class Mortal:
    """The steps, of which one ends the process each time it was done."""

    def __init__(self, inner: Work, dies: str) -> None:
        self._inner = inner
        self._dies = dies

    def __getattr__(self, name: str) -> object:
        found = getattr(self._inner, name)
        if name != self._dies:
            return found

        async def deadly(*parts: object) -> object:
            await found(*parts)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("unreachable")

        return deadly


def configured() -> Settings:
    return load_settings(FOLDER / "lamplighter.yaml", {"HOME": str(FOLDER), "LAMPLIGHTER_DATA": str(FOLDER / "data")})


def live() -> None:
    """One life: the server, until it is told to stop."""
    settings = configured()
    engine = Outside(SPEC["engine"])
    roles = Roles(sources=(Plain(),), inventories=(engine,), readers=(engine,), actions=(Restarting(engine),))
    app = build_app(
        settings,
        extra_roles=(roles,),
        investigator=Hung(),
        patience=Patience(act_seconds=60, settle_seconds=0.2, settle_pause_seconds=0.1),
        wrap=lambda work: Mortal(work, SPEC["dies"]),  # type: ignore[arg-type,return-value] - it passes every step on
    )
    port = int(SPEC["port"])
    uvicorn.run(make_api(app), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=2)


def configure() -> None:
    mode, auto = ("auto", "['restart container *']") if SPEC["mode"] == "auto" else ("ask", "[]")
    (FOLDER / "lamplighter.yaml").write_text(
        f"autonomy: {{mode: {mode}, auto: {auto}, limits: {{between: 0s, total: 1000/1h}}}}\n"
        "sources: {}\nnotify: {}\nverify: {for: 300ms, every: 100ms, deadline: 60s}\n"
        f"store: {{url: '{SPEC['store']}'}}\n",
        encoding="utf-8",
    )


def one_life(number: int) -> int:
    """Fork, live, and return how the child ended; its number and pid are in the file `pid`."""
    child = os.fork()
    if child == 0:
        log = os.open(FOLDER / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            live()
        finally:
            os._exit(0)
    (FOLDER / "pid.new").write_text(f"{number} {child}", encoding="utf-8")
    (FOLDER / "pid.new").replace(FOLDER / "pid")
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    return os.waitpid(child, 0)[1]


def main() -> None:
    configure()
    # What a first look at a configuration imports, every life has from here on; and so it is with the pages.
    configured()
    for number in range(1, LIVES_MAX + 1):
        if one_life(number) != signal.SIGKILL:
            return


main()
