"""The shop of the lab, front -> orders -> store, as evidence: healthy by default, broken where a test says so."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.diagnosis.facts import collect
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


@dataclass
class Cluster:
    """Collects evidence of one case."""

    symptom: str = "something is wrong"
    evidence: list[Evidence] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)

    def piece(self, tool: str, content: object, **params: str) -> Cluster:
        text = dedent(content).lstrip("\n") if isinstance(content, str) else json.dumps(content)
        media = "text/plain" if isinstance(content, str) else "application/json"
        self.evidence.append(Evidence(f"e{len(self.evidence) + 1}", tool, "", params, media, text, NOW))
        return self

    def get(self, kind: str, content: object, namespace: str = "shop", **params: str) -> Cluster:
        return self.piece("kubectl.get", content, kind=kind, namespace=namespace, **params)

    def describe(self, kind: str, content: str, name: str = "", namespace: str = "shop") -> Cluster:
        return self.piece("kubectl.describe", content, kind=kind, name=name, namespace=namespace)

    def events(self, *rows: str, namespace: str = "shop") -> Cluster:
        """Each row: age, type, reason, object and message, parted by bars."""
        head = "LAST SEEN   TYPE      REASON             OBJECT                     MESSAGE"
        lines = ["   ".join(part.strip() for part in row.split("|", maxsplit=4)) for row in rows]
        return self.piece("kubectl.events", "\n".join([head, *lines]), namespace=namespace)

    def logs(self, name: str, *lines: str, **params: str) -> Cluster:
        return self.piece("kubectl.logs", "\n".join(lines), name=name, namespace="shop", **params)

    def alert(self, name: str, **labels: str) -> Cluster:
        labels = {"alertname": name, **labels}
        self.alerts.append(Alert("am", f"f{len(self.alerts)}", AlertStatus.FIRING, labels, {}, NOW))
        return self

    def pod(
        self,
        *events: str,
        state: str = "Waiting/ContainerCreating",
        image: str = "acme/web:1",
        exit_code: int | None = None,
        below: str = "",
        volumes: str = "",
        selector: str = "<none>",
    ) -> Cluster:
        """Describes the pod of web; each event is type, reason, age, source and message, parted by bars."""
        word, _, reason = state.partition("/")
        lines = ["Name:             web-6d4cf56db6-x7k2p", "Namespace:        shop", "Node:             w1/10.0.0.1"]
        lines += ["Labels:           app=web", "Status:           Running"]
        lines += [
            "Controlled By:    ReplicaSet/web-6d4cf56db6",
            "Containers:",
            "  web:",
            f"    Image:          {image}",
        ]
        lines += ["    Port:           8080/TCP", f"    State:          {word}"]
        lines += [f"      Reason:       {reason}"] if reason else []
        if exit_code is not None:
            lines += ["    Last State:     Terminated", "      Reason:       Error", f"      Exit Code:    {exit_code}"]
            lines += ["      Finished:     Sun, 01 Mar 2026 11:57:02 +0000", "    Restart Count:  7"]
        lines += ["    Ready:          False", *([f"    {below}"] if below else []), "Volumes:", *volumes.splitlines()]
        lines += [f"Node-Selectors:   {selector}", "Events:", "  Type     Reason     Age    From      Message"]
        lines += ["  ----     ------     ----   ----      -------"]
        lines += ["  " + "   ".join(part.strip() for part in event.split("|", maxsplit=4)) for event in events]
        return self.describe("pod", "\n".join(lines), "web-6d4cf56db6-x7k2p")

    def best(self) -> tuple[str, str] | None:
        """The component and the fault that a diagnosis names first, where it is determined."""
        found = diagnose(self.case())
        return (found.best.component, found.best.fault) if found.best and not found.undetermined else None

    def signs(self, component: str = "") -> set[str]:
        """The names of what is known of a component by its cluster; of all where none is named."""
        facts = collect(self.case())
        return {str(f.values["sign"]) for f in facts if f.kind == "kube" and f.component == (component or f.component)}

    def case(self) -> Case:
        return Case("c", NOW, self.symptom, tuple(self.alerts), evidence=tuple(self.evidence))


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()
