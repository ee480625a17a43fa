"""What the fault tests share: an engine that counts from outside, lives of the whole app, a server on real parts."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from lamplighter.lab.premises import Premises, Program
from lamplighter.lab.shop.layout import free_ports
from tests.acceptance.exam.conftest import growing_pauses
from tests.integration.conftest import new_postgres_url, postgres_server

__all__ = ["new_postgres_url", "postgres_server"]
ENDS = {"resolved", "needs_human", "rejected", "rolled_back", "self_cleared", "merged"}
WAIT_SECONDS_MAX = 150.0
# Made once, because making one for each request costs more than the request.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def await_that(what: str, holds: Callable[[], Any], seconds: float = WAIT_SECONDS_MAX) -> Any:  # noqa: ANN401 - whatever held
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + seconds
    for pause in growing_pauses():
        found = holds()
        if found:
            return found
        if time.monotonic() >= deadline:
            break
        time.sleep(pause)
    pytest.fail(f"{what} did not happen in {seconds:.0f} s")


class CountingEngine:
    """Parts that may be restarted over HTTP; every restart that arrives is counted."""

    def __init__(self, names: Sequence[str]) -> None:
        self.effects: Counter[str] = Counter()
        started = dict.fromkeys(names, 1)
        engine = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({name: {"started": count} for name, count in started.items()})

            def do_POST(self) -> None:
                name = self.path.strip("/")
                engine.effects[name] += 1
                started[name] += 1
                self._answer({})

            def _answer(self, body: object) -> None:
                raw = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Door:
    """The API of a server, asked as an outsider asks."""

    url: str
    token_file: Path

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token_file.read_text(encoding='utf-8').strip()}"}
        return httpx.request(
            method, self.url + path, headers=headers, json=body, timeout=60, trust_env=False, verify=PLAIN
        )

    def ready(self) -> bool:
        with suppress(httpx.HTTPError, OSError):
            return httpx.get(f"{self.url}/-/ready", timeout=20, trust_env=False, verify=PLAIN).status_code == 200
        return False

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON of the API
        """The JSON at a path; None while the server is away."""
        with suppress(httpx.HTTPError, OSError):
            answer = self.call("GET", path)
            return answer.json() if answer.status_code == 200 else None
        return None

    def incidents(self) -> list[dict[str, Any]]:
        return list((self.get("/api/v1/incidents?limit=200") or {"incidents": []})["incidents"])

    def states(self) -> Counter[str]:
        return Counter(one["state"] for one in self.incidents())

    def moments(self, incident_id: str) -> list[str]:
        return [
            one["moment"] for one in (self.get(f"/api/v1/incidents/{incident_id}/timeline") or {"events": []})["events"]
        ]

    def ended(self, count: int = 1) -> list[dict[str, Any]]:
        """Wait until so many incidents have ended or wait for a person, and all of them have."""

        def all_ended() -> list[dict[str, Any]]:
            found = self.incidents()
            return found if len(found) >= count and all(one["state"] in ENDS for one in found) else []

        return list(await_that(f"the end of {count} incidents", all_ended))


@dataclass
class Lives:
    """The whole app with a counting engine; a life that is killed is followed by another."""

    folder: Path
    engine: CountingEngine
    process: subprocess.Popen[bytes]
    door: Door

    @property
    def life(self) -> tuple[int, int]:
        """Number and pid of the present life."""
        with suppress(FileNotFoundError, ValueError):
            number, pid = (self.folder / "pid").read_text(encoding="utf-8").split()
            return int(number), int(pid)
        return 0, 0

    def alert(self, *names: str, resolved: bool = False) -> httpx.Response:
        alerts = [{"labels": {"alertname": f"{name} down", "container": name}, "resolved": resolved} for name in names]
        return self.door.call("POST", "/api/v1/alerts/plain", alerts)

    def kill(self) -> None:
        """SIGKILL, and wait for the next life to be ready."""
        number, pid = self.life
        os.kill(pid, signal.SIGKILL)
        await_that("the next life", lambda: self.life[0] > number and self.door.ready())


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Callable[..., Lives]]:
    """Call it with the names of the engine's parts."""
    begun: list[Lives] = []

    def begin(*names: str, mode: str = "auto", dies: str = "", store: str = "") -> Lives:
        engine = CountingEngine(names)
        (port,) = free_ports(1)
        spec = {"engine": engine.url, "folder": str(tmp_path), "port": str(port), "mode": mode, "dies": dies}
        file = tmp_path / "spec.json"
        file.write_text(json.dumps({**spec, "store": store}), encoding="utf-8")
        harness = str(Path(__file__).with_name("living.py"))
        process = subprocess.Popen([sys.executable, harness, str(file)])
        door = Door(f"http://127.0.0.1:{port}", tmp_path / "data" / "token")
        begun.append(Lives(tmp_path, engine, process, door))
        await_that("the first life", door.ready)
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.terminate()
        try:
            one.process.wait(60)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.kill(one.life[1], signal.SIGKILL)
            one.process.kill()
            one.process.wait()
        one.engine.close()


@dataclass
class Served:
    """`lamplighter serve` in the lab's premises, which may be ended and begun again on the same data."""

    premises: Premises
    configuration: dict[str, Any]
    program: Program | None = None
    exits: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.data = self.premises.folder / "data"
        self.door = Door(f"http://127.0.0.1:{self.configuration['server']['port']}", self.data / "token")
        self.file = self.premises.folder / "lamplighter.yaml"

    def start(self) -> None:
        self.file.write_text(json.dumps(self.configuration), encoding="utf-8")
        command = [sys.executable, "-m", "lamplighter", "serve", "--config", str(self.file), "--data", str(self.data)]
        self.program = self.premises.start("serve", command)
        self.program.await_ready(self.door.ready, WAIT_SECONDS_MAX)

    def end(self, number: int, seconds: float) -> int:
        """Send a signal and wait; returns the exit status."""
        assert self.program is not None
        self.program.process.send_signal(number)
        return self.program.process.wait(seconds)


@contextmanager
def stopped_at_exit(served: Served) -> Iterator[Served]:
    served.start()
    try:
        yield served
    finally:
        if served.program is not None and served.program.process.poll() is None:
            served.program.stop()
