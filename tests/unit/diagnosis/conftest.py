"""The shop of the lab, front -> orders -> store, as evidence: healthy by default, broken where a test says so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.topology import Edge

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
STARTED = NOW - timedelta(hours=2)
DIED = NOW - timedelta(minutes=1)
EDGES = (Edge("front", "orders"), Edge("orders", "store"))
MIB = 1024**2


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.123456789Z")


@dataclass
class Shop:
    """Collects evidence; every method returns the shop, so that a test reads as a script."""

    now: datetime = NOW
    evidence: list[Evidence] = field(default_factory=list)
    alerted: bool = True

    def raw(self, tool: str, component: str, content: object, **changes: object) -> Shop:
        text = content if isinstance(content, str) else json.dumps(content)
        one = Evidence(f"e{len(self.evidence) + 1}", tool, component, {}, "application/json", text, self.now)
        self.evidence.append(replace(one, **changes))
        return self

    def log(self, component: str, *lines: str, tool: str = "docker.logs", params: dict[str, str] | None = None) -> Shop:
        return self.raw(tool, component, "\n".join(lines), media="text/plain", params=params or {})

    def failed(self, tool: str, component: str, error: str) -> Shop:
        return self.raw(tool, component, "", error=error)

    def probe(self, component: str, state: str = "ok", **values: object) -> Shop:
        data = {"check": f"{component} answers", "kind": "http", "target": f"http://{component}/", "state": state}
        data |= {"detail": "", "value": None, "connected": True, "status": None, "error": "", "samples": []}
        return self.raw(f"{values.get('kind', 'http')}.probe", component, data | values)

    def hangs(self, component: str) -> Shop:
        return self.probe(component, "failing", error="timeout", detail="no answer within 2 s")

    def gateway(self, component: str, status: int = 504) -> Shop:
        return self.probe(component, "failing", status=status, detail=f"answered {status}")

    def container(self, component: str, *, policy: str = "no", **state: object) -> Shop:
        data = {"Status": "running", "Running": True, "Paused": False, "Restarting": False, "OOMKilled": False}
        data |= {"ExitCode": 0, "Error": "", "StartedAt": stamp(STARTED), "FinishedAt": "0001-01-01T00:00:00Z"}
        host = {"Memory": 64 * MIB, "RestartPolicy": {"Name": policy}}
        inspected = {"Name": f"/{component}", "State": data | state, "HostConfig": host, "RestartCount": 0}
        return self.raw("docker.inspect", component, inspected | {"Config": {"Image": "shop:1", "Labels": {}}})

    def exited(self, component: str, code: int, **state: object) -> Shop:
        ended = {"Status": "exited", "Running": False, "ExitCode": code, "FinishedAt": stamp(DIED)}
        return self.container(component, **(ended | state))

    def events(self, component: str, *events: tuple[str, dict[str, str]]) -> Shop:
        actions = [
            {"Type": "container", "Action": action, "time": int(DIED.timestamp()), "Actor": {"Attributes": attributes}}
            for action, attributes in events
        ]
        return self.raw("docker.events", component, actions)

    def process(self, component: str, statename: str = "RUNNING", **values: object) -> Shop:
        data = {"name": component, "group": component, "statename": statename, "exitstatus": 0, "spawnerr": ""}
        data |= {"start": int(STARTED.timestamp()), "stop": 0, "now": int(NOW.timestamp()), "pid": 4711}
        if statename != "RUNNING":
            data |= {"stop": int(DIED.timestamp()), "pid": 0}
        return self.raw("supervisor.status", component, data | {"memory_limit_bytes": 64 * MIB} | values)

    def case(self) -> Case:
        labels = {"alertname": "front is failing", "name": "front", "check": "front answers", "severity": "critical"}
        alert = Alert("checks", "0123456789abcdef", AlertStatus.FIRING, labels, {}, NOW - timedelta(seconds=30))
        alerts = (alert,) if self.alerted else ()
        return Case(
            "case-1", NOW, "front is failing", alerts, topology=EDGES, evidence=tuple(self.evidence), subject="front"
        )


@pytest.fixture
def shop() -> Shop:
    return Shop()
