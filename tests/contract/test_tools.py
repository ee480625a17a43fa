"""What every evidence tool must hold, run over each integration that has any: it never raises, and says its query."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Expected
from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations import (
    alertmanager,
    ansible,
    docker,
    grafana,
    host,
    kubernetes,
    logfile,
    loki,
    postgresql,
    probe,
    prometheus,
    proxmox,
    supervisor,
    systemd,
)
from lamplighter.integrations.host.tools import Df
from lamplighter.ports import EvidenceTool, Integration, Surroundings
from lamplighter.testing import NOON, FakeClock, firing

WAIT_SECONDS = 0.3
KINDS = {
    "host": "host",
    "docker": "container",
    "supervisor": "process",
    "systemd": "unit",
    "kubernetes": "deployment",
    "proxmox": "lxc",
}
IDS = {
    "docker": "1f" * 32,
    "supervisor": "shop:store:store",
    "kubernetes": "6f1e-uid",
    "proxmox": "lxc/101/store",
    "systemd": "store:store.service",
    "host": "host:store",
}
GARBAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n{]\xff\x00[[",
    b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + b"[" * 40_000,
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 3\r\n\r\nno\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    b"\x00\x01\x02\r\n\r\n",
    b"",
)


class NoSamples:
    def keep(self, samples: object) -> None:
        raise AssertionError("a look keeps no samples")

    def window(self, check: str, start: object, end: object) -> list[object]:
        return []


def key_file() -> str:
    """A key of our own; the server that is asked never proves who it is, so it is never offered."""
    file = Path(tempfile.mkdtemp()) / "key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(file)
    return str(file)


KEY_FILE = key_file()


def tools_at(port: int) -> list[EvidenceTool]:
    checks = (
        CheckSpec("web", CheckKind.HTTP, f"http://127.0.0.1:{port}/", component="store", timeout_seconds=WAIT_SECONDS),
        CheckSpec("tls", CheckKind.HTTP, f"https://127.0.0.1:{port}/", component="store", timeout_seconds=WAIT_SECONDS),
        CheckSpec("port", CheckKind.TCP, f"127.0.0.1:{port}", component="store", timeout_seconds=WAIT_SECONDS),
        CheckSpec("program", CheckKind.PROCESS, "no-such-program-runs", component="store"),
        CheckSpec("disk", CheckKind.DISK, "/no/such/path", component="store"),
        CheckSpec(
            "names",
            CheckKind.DNS,
            "example.com",
            component="store",
            timeout_seconds=WAIT_SECONDS,
            expects=Expected(server=f"127.0.0.1:{port}"),
        ),
        CheckSpec("job", CheckKind.HEARTBEAT, "", component="store", expects=Expected(beat_seconds=60)),
    )
    around = Surroundings(FakeClock(), checks, NoSamples())  # type: ignore[arg-type] # a stand-in that must not be used
    url = f"http://127.0.0.1:{port}"
    over_ssh = {"name": "store", "address": "127.0.0.1", "port": port, "user": "lamp", "key_file": KEY_FILE}
    over_ssh["known_hosts"] = "/dev/null"
    settings: tuple[tuple[Integration, dict[str, object]], ...] = (
        (docker.INTEGRATION, {"host": f"tcp://127.0.0.1:{port}", "timeout_seconds": WAIT_SECONDS}),
        (supervisor.INTEGRATION, {"url": url, "timeout_seconds": WAIT_SECONDS, "memory_guard": "guard"}),
        (prometheus.INTEGRATION, {"url": url, "timeout_seconds": WAIT_SECONDS}),
        (alertmanager.INTEGRATION, {"url": url, "timeout_seconds": WAIT_SECONDS}),
        (ansible.INTEGRATION, {"ara_url": url, "timeout_seconds": WAIT_SECONDS}),
        (grafana.INTEGRATION, {"url": url, "token": "t", "timeout_seconds": WAIT_SECONDS}),
        (logfile.INTEGRATION, {"files": {"store": "/var/log/no-such-file"}}),
        (loki.INTEGRATION, {"url": url, "timeout_seconds": WAIT_SECONDS}),
        (
            postgresql.INTEGRATION,
            {
                "url": f"postgresql://me@127.0.0.1:{port}/x",
                "timeout_seconds": WAIT_SECONDS,
                "components": ["store"],
            },
        ),
        (kubernetes.INTEGRATION, {"url": url, "timeout_seconds": WAIT_SECONDS}),
        (proxmox.INTEGRATION, {"url": url, "token_id": "on@pve!call", "token": "t", "timeout_seconds": WAIT_SECONDS}),
        (probe.INTEGRATION, {}),
        (systemd.INTEGRATION, {"hosts": [over_ssh], "timeout_seconds": WAIT_SECONDS}),
        (host.INTEGRATION, {"hosts": [over_ssh], "timeout_seconds": WAIT_SECONDS}),
    )
    built = [integration.build(integration.config(**config), around) for integration, config in settings]
    return [tool for roles in built for tool in roles.tools]


# Another machine's df bears the name of our own disk check, and is tested through free and ps, whose code it shares.
NAMES = [tool.name for tool in tools_at(1) if not isinstance(tool, Df)]


def tool_of(name: str, port: int) -> EvidenceTool:
    return next(tool for tool in tools_at(port) if tool.name == name)


def question(tool: EvidenceTool) -> Question:
    for system, kind in KINDS.items():
        part = Component(system, kind, "store", IDS[system], group="shop")
        if tool.serves(part):
            return Question(part, firing(name="store"), NOON - timedelta(minutes=5), NOON)
    pytest.fail(f"{tool.name} serves none of {sorted(KINDS)}")


class Answering(threading.Thread):
    """A server that gives everybody the same answer; None is none at all."""

    def __init__(self, answer: bytes | None) -> None:
        super().__init__(daemon=True)
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []

    def run(self) -> None:
        while True:
            try:
                incoming, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(incoming)
            if self._answer is None:
                continue
            try:
                incoming.recv(65_536)
                incoming.sendall(self._answer)
                incoming.shutdown(socket.SHUT_WR)
            except OSError:
                continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.join(5)
        for one in self._open:
            one.close()


@pytest.fixture
def answering(request: pytest.FixtureRequest) -> Iterator[Answering]:
    server = Answering(getattr(request, "param", None))
    server.start()
    yield server
    server.close()


def test_names_are_the_ones_that_cases_know() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert {"docker.inspect", "docker.logs", "docker.stats", "docker.events", "docker.ps", "docker.df"} <= set(NAMES)
    assert {"prometheus.query", "prometheus.rules", "prometheus.targets"} <= set(NAMES)
    assert {"supervisor.status", "supervisor.logs"} <= set(NAMES)
    assert {"kubectl.get", "kubectl.events", "kubectl.logs", "kubectl.top"} <= set(NAMES)
    assert {"proxmox.status", "proxmox.tasks", "proxmox.storage", "proxmox.nodes"} <= set(NAMES)
    assert {"loki.query_range", "logs", "ansible.runs", "grafana.annotations", "grafana.alerts"} <= set(NAMES)
    assert {"postgresql.activity", "postgresql.locks", "postgresql.statements", "postgresql.replication"} <= set(NAMES)
    assert {"http.probe", "tcp.probe", "process.probe", "df", "dns.probe", "heartbeat.pings"} <= set(NAMES)
    assert {"systemctl.status", "journalctl", "host.state", "free", "ps", "packages.changes", "tls.probe"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
async def test_where_nobody_answers_the_evidence_is_the_failure_with_what_was_asked(name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = int(one.getsockname()[1])
    tool = tool_of(name, port)
    (found, *_) = await tool.gather(question(tool))
    assert found.tool == name
    if name in {"http.probe", "tcp.probe", "tls.probe"}:
        assert json.loads(found.content)["error"] == "refused"
    elif name in {"process.probe", "dns.probe"}:
        assert json.loads(found.content)["state"] == "failing"
    elif name == "host.state":
        assert found.content or "no answer" in found.error
    else:
        assert found.error
    assert found.params["query"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_server_that_never_answers_is_left_in_time(name: str, answering: Answering) -> None:
    tool = tool_of(name, answering.port)
    async with asyncio.timeout(60):
        found = await tool.gather(question(tool))
    assert found
    assert all(len(one.content.encode()) <= EVIDENCE_BYTES_MAX for one in found)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answering", GARBAGE, indirect=True, ids=range(len(GARBAGE)))
async def test_garbage_never_raises_and_stays_bounded(name: str, answering: Answering) -> None:
    tool = tool_of(name, answering.port)
    async with asyncio.timeout(60):
        found = await tool.gather(question(tool))
    assert all(one.tool == name and len(one.content.encode()) <= EVIDENCE_BYTES_MAX for one in found)
