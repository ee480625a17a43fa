"""What the open exam shares: one life of the real server, the real command line, and payloads to throw at them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.lab.shop.layout import free_ports

# Generous, because three workers share two slow cores where the gate runs.
READY_SECONDS_MAX = 120.0
END_SECONDS_MAX = 60.0
COMMAND_SECONDS_MAX = 120.0
ANSWER_SECONDS_MAX = 60.0
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.05, 0.3
WEBHOOK = "/api/v1/alerts/alertmanager"
START = "2026-01-01T00:00:00Z"


def free_port() -> int:
    return free_ports(1)[0]


def growing_pauses() -> Iterator[float]:
    """Pauses between looks: who waits long looks less often, because each look takes time from what is waited for."""
    pause = PAUSE_SECONDS
    while True:
        yield pause
        pause = min(pause * 1.2, PAUSE_SECONDS_MAX)


def wait_until(what: str, holds: Callable[[], Any], seconds: float = ANSWER_SECONDS_MAX) -> Any:  # noqa: ANN401 - what it found
    deadline, pauses = time.monotonic() + seconds, growing_pauses()
    while not (found := holds()):
        if time.monotonic() >= deadline:
            pytest.fail(f"{what} did not happen in {seconds:.0f} s")
        time.sleep(next(pauses))
    return found


@dataclass
class Server:
    """A data folder, a configuration, and at most one running server on them."""

    folder: Path
    configuration: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.data = self.folder / "data"
        self.file = self.folder / "lamplighter.yaml"
        self.log_file = self.folder / "serve.log"
        whole = {
            "sources": {},
            "verify": {"for": "1s", "deadline": "5s", "every": "0.2s"},
            **self.configuration,
            "server": {"port": self.port, **self.configuration.get("server", {})},
        }
        self.file.write_text(json.dumps(whole), encoding="utf-8")
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=ANSWER_SECONDS_MAX)

    def begin(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "lamplighter", "serve", "--config", str(self.file), "--data", str(self.data)]
        with self.log_file.open("ab") as log:
            # A session of its own, so that a kill reaches it alone.
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, start_new_session=True
            )
        return self.process

    def start(self) -> Server:
        process = self.begin()
        wait_until("ready", lambda: process.poll() is not None or self.is_ready(), READY_SECONDS_MAX)
        assert process.poll() is None, self.log
        self.client.headers["Authorization"] = f"Bearer {self.token}"
        return self

    def is_ready(self) -> bool:
        try:
            return self.client.get("/-/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return how it ended."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(END_SECONDS_MAX)

    def close(self) -> None:
        self.client.close()
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait(END_SECONDS_MAX)

    @property
    def token(self) -> str:
        return (self.data / "token").read_text(encoding="utf-8").strip()

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def send(self, *alerts: dict[str, Any], **more: Any) -> httpx.Response:  # noqa: ANN401 - passed on to httpx
        return self.client.post(WEBHOOK, content=json.dumps(payload(*alerts)), **more)

    def incidents(self) -> list[dict[str, Any]]:
        return list(self.client.get("/api/v1/incidents?limit=200").raise_for_status().json()["incidents"])

    def incident_titled(self, word: str, seconds: float = ANSWER_SECONDS_MAX) -> dict[str, Any]:
        """The newest incident with a word in its title, as soon as there is one."""

        def found() -> dict[str, Any] | None:
            return next((i for i in self.incidents() if word in i["title"]), None)

        return dict(wait_until(f"an incident {word}", found, seconds))

    def show(self, incident_id: str) -> dict[str, Any]:
        return dict(self.client.get(f"/api/v1/incidents/{incident_id}").raise_for_status().json())

    def timeline(self, incident_id: str) -> list[dict[str, Any]]:
        found = self.client.get(f"/api/v1/incidents/{incident_id}/timeline").raise_for_status().json()
        return list(found["events"])

    def in_state(self, incident_id: str, *states: str, seconds: float = ANSWER_SECONDS_MAX) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            present = self.show(incident_id)
            return present if present["incident"]["state"] in states else None

        deadline, pauses = time.monotonic() + seconds, growing_pauses()
        while not (found := reached()):
            if time.monotonic() >= deadline:
                present = self.show(incident_id)["incident"]["state"]
                story = "\n".join(f"{one['at']} {one['moment']} {one['text']}" for one in self.timeline(incident_id))
                pytest.fail(f"{incident_id} is {present}, not {' or '.join(states)}, after {seconds:.0f} s:\n{story}")
            time.sleep(next(pauses))
        return dict(found)

    def metric(self, line: str) -> float:
        text = self.client.get("/metrics").text
        return next((float(t.rpartition(" ")[2]) for t in text.splitlines() if t.startswith(line)), 0.0)

    def lines_taken(self) -> float:
        """Alerts and dead letters that were acknowledged."""
        start = 'lamplighter_alerts_received_total{result="'
        return sum(self.metric(f'{start}{result}",source="alertmanager"}}') for result in ("accepted", "dead_letter"))


def alert(name: str = "Broken", status: str = "firing", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    labels = {"alertname": name, **more.pop("labels", {})}
    ends = "0001-01-01T00:00:00Z" if status == "firing" else "2026-01-01T01:00:00Z"
    return {
        "status": status,
        "labels": labels,
        "annotations": {},
        "startsAt": START,
        "endsAt": ends,
        "generatorURL": "http://prometheus.lan/graph",
        **more,
    }


def payload(*alerts: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {
        "version": "4",
        "groupKey": '{}:{alertname="x"}',
        "truncatedAlerts": 0,
        "status": "firing",
        "receiver": "lamplighter",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.lan",
        "alerts": list(alerts),
        **more,
    }


def recent(seconds_ago: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class CommandLine:
    """The real `lamplighter`, as a child process."""

    environment: dict[str, str]

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "lamplighter", *arguments],
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, *arguments: str, **environment: str) -> Ended:
        """A whole run. No command may ever end in a traceback."""
        with self.start(*arguments, **environment) as process:
            try:
                out, err = process.communicate(timeout=COMMAND_SECONDS_MAX)
            finally:
                process.kill()
        ended = Ended(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))
        assert "Traceback" not in ended.err, ended.err
        return ended


@pytest.fixture(scope="session")
def environment() -> Iterator[dict[str, str]]:
    """What child processes get: no settings of ours, a home of their own, and compiled modules kept."""
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith("LAMPLIGHTER_")}
    for word in ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"):
        kept.pop(word, None)
    with tempfile.TemporaryDirectory(prefix="exam-") as folder:
        yield {**kept, "HOME": folder, "XDG_DATA_HOME": folder}


@pytest.fixture(scope="session")
def command_line(environment: dict[str, str]) -> CommandLine:
    return CommandLine(environment)


@dataclass
class Servers:
    """Makes servers, and ends them with the test."""

    root: Path
    environment: dict[str, str]
    made: list[Server] = field(default_factory=list)

    def new(self, configuration: dict[str, Any] | None = None, folder: Path | None = None) -> Server:
        place = folder or self.root / str(len(self.made))
        place.mkdir(exist_ok=True, parents=True)
        self.made.append(Server(place, configuration or {}, self.environment))
        return self.made[-1]

    def close(self) -> None:
        for server in self.made:
            server.close()


@contextmanager
def making_servers(environment: dict[str, str]) -> Iterator[Servers]:
    with tempfile.TemporaryDirectory(prefix="exam-") as root:
        servers = Servers(Path(root), environment)
        try:
            yield servers
        finally:
            servers.close()


@pytest.fixture
def servers(environment: dict[str, str]) -> Iterator[Servers]:
    """Servers of one test alone."""
    with making_servers(environment) as made:
        yield made


@pytest.fixture(scope="module")
def module_servers(environment: dict[str, str]) -> Iterator[Servers]:
    """Servers that the tests of a file share."""
    with making_servers(environment) as made:
        yield made


@pytest.fixture(scope="module")
def server(environment: dict[str, str]) -> Iterator[Server]:
    """One server for the tests of a file. Whatever came in, it never says that it met what it did not expect."""
    with making_servers(environment) as made:
        running = made.new({"server": {"body_bytes_max": 4 * 1024**2}}).start()
        yield running
        assert running.stop() == 0
        assert "unexpected error" not in running.log
        assert "Traceback" not in running.log
        assert running.token not in running.log


class Payloads:
    """The makers of payloads, for tests that cannot import this file."""

    alert = staticmethod(alert)
    body = staticmethod(payload)
    recent = staticmethod(recent)
    wait_until = staticmethod(wait_until)


@pytest.fixture(scope="session")
def make() -> Payloads:
    return Payloads()


def raw_exchange(
    port: int, chunks: Sequence[bytes], seconds: float = ANSWER_SECONDS_MAX, *, read: bool = True
) -> bytes:
    """What a socket gets for bytes that no HTTP library would send: the head of an answer, or nothing."""
    got = b""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=seconds)) as connection:
        with suppress(ConnectionError):
            for chunk in chunks:
                connection.sendall(chunk)
        with suppress(ConnectionError):
            while read and b"\r\n\r\n" not in got and (piece := connection.recv(65536)):
                got += piece
    return got


@pytest.fixture(scope="session")
def exchange() -> Callable[..., bytes]:
    return raw_exchange
