"""One life of the whole app with an engine outside it; started, killed and started again by the tests beside it.

Usage: whole_app.py SPEC: a JSON file with folder, port, engine, and optional lease_, prune_ and sweep_seconds.
The configuration is lamplighter.yaml in the folder. Which holder the lease knows this life by is in the file `holder`.
"""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import structlog
import uvicorn

from lamplighter.app import build_app
from lamplighter.domain.alert import Alert
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.evidence import Case, Fact
from lamplighter.domain.plan import Offer, Risk, Target, Verb
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import Effect, Roles, Snapshot, ToolError
from lamplighter.settings import load_settings
from lamplighter.web.api import make_api
from lamplighter.workflow.remedy import Patience

ACT_SECONDS = 10.0
# Made once, because making one for each request costs more than the request.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


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
            async with httpx.AsyncClient(trust_env=False, verify=PLAIN, timeout=ACT_SECONDS) as http:
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


def main() -> None:
    """One life, until it is told to stop."""
    structlog.configure(processors=[structlog.processors.KeyValueRenderer(key_order=["event"])])
    spec: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(spec["folder"])
    settings = load_settings(
        folder / "lamplighter.yaml", {"HOME": str(folder), "LAMPLIGHTER_DATA": str(folder / "data")}
    )
    engine = Outside(spec["engine"])
    app = build_app(
        settings,
        extra_roles=(Roles(inventories=(engine,), readers=(engine,), actions=(Restarting(engine),)),),
        investigator=Hung(),
        patience=Patience(act_seconds=ACT_SECONDS, settle_seconds=0.2, settle_pause_seconds=0.1),
    )
    app.correlator.lease.seconds = spec.get("lease_seconds", app.correlator.lease.seconds)
    app.retention.every_seconds = spec.get("prune_seconds", app.retention.every_seconds)
    app.sweep.sweep_seconds = spec.get("sweep_seconds", app.sweep.sweep_seconds)
    (folder / "holder").write_text(app.correlator.lease.holder, encoding="utf-8")
    uvicorn.run(make_api(app), host="127.0.0.1", port=spec["port"], log_level="warning", timeout_graceful_shutdown=2)


main()
