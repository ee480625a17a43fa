"""What the load tests share: senders that remember what was acknowledged, facts of the store, and the whole app."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
import pytest

from lamplighter.lab.shop.layout import free_ports
from tests.acceptance.exam.conftest import (
    WEBHOOK,
    Server,
    environment,
    module_servers,
    payload,
    servers,
    wait_until,
)
from tests.acceptance.faults.conftest import Door
from tests.integration.conftest import new_postgres_url, postgres_restart, postgres_server

__all__ = ["environment", "module_servers", "new_postgres_url", "postgres_restart", "postgres_server", "servers"]
ANSWER_SECONDS_MAX = 150.0
PLACED_SECONDS_MAX = 150.0
END_SECONDS_MAX = 150.0
READY_SECONDS_MAX = 150.0
OPEN_TWICE = """
    SELECT m.trouble FROM members m JOIN incidents i ON i.number = m.incident_number
    WHERE i.state NOT IN ('resolved', 'self_cleared', 'merged') GROUP BY m.trouble HAVING count(*) > 1
"""
NOWHERE = """
    SELECT j.fingerprint FROM journal j LEFT JOIN incidents i ON i.number = j.incident_number
    WHERE i.number IS NULL AND j.placement NOT IN ('suppresses', 'ignores')
"""


def alert(number: int, name: str = "Broken", *, over: bool = False, **labels: str) -> dict[str, Any]:
    """One alert as Alertmanager writes it; its fingerprint is its number."""
    return {
        "status": "resolved" if over else "firing",
        "labels": {"alertname": name, "severity": "warning", "number": str(number), **labels},
        "annotations": {"summary": f"{name} {number}"},
        "startsAt": "2026-01-05T12:00:00Z",
        "endsAt": "2026-01-05T12:10:00Z" if over else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.lan/graph",
        "fingerprint": f"{number:016x}",
    }


@dataclass
class Load:
    """Deliveries from so many connections at once, at most `per_second` in all, until they end or `stop`."""

    clients: Sequence[httpx.Client]
    deliveries: Iterable[Sequence[dict[str, Any]]]
    per_second: float = 0.0
    connections: int = 4
    acknowledged: list[str] = field(default_factory=list)
    refused: list[httpx.Response] = field(default_factory=list)
    unanswered: int = 0
    seconds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self._following = iter(enumerate(self.deliveries))
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(self.connections)]

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._ends.set()
        self.join()

    def join(self) -> Load:
        for thread in self._threads:
            thread.join(600)
            assert not thread.is_alive(), "a delivery hangs"
        return self

    def run(self) -> Load:
        with self:
            self.join()
        return self

    @property
    def p99(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] if self.seconds else 0.0

    def _next(self) -> tuple[int, Sequence[dict[str, Any]]] | None:
        with self._lock:
            return next(self._following, None)

    def _send(self, place: int) -> None:
        client = self.clients[place % len(self.clients)]
        while not self._ends.is_set() and (following := self._next()) is not None:
            number, alerts = following
            if self.per_second:
                self._ends.wait(max(0.0, self._began + number / self.per_second - time.monotonic()))
            began = time.monotonic()
            try:
                answer = client.post(WEBHOOK, content=json.dumps(payload(*alerts)), timeout=ANSWER_SECONDS_MAX)
            except httpx.TransportError:
                self.unanswered += 1
                self._ends.wait(0.05)
                continue
            self.seconds.append(time.monotonic() - began)
            if answer.is_success:
                self.acknowledged.extend(one["fingerprint"] for one in alerts)
            else:
                self.refused.append(answer)


@dataclass(frozen=True)
class Facts:
    """What the store holds, read past the product: by its file, or by its URL."""

    place: Path | str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if isinstance(self.place, str):
            with psycopg.connect(self.place) as database:
                return list(database.execute(query.encode()).fetchall())
        with closing(sqlite3.connect(f"file:{self.place}?mode=ro", uri=True, timeout=20)) as connection:
            return list(connection.execute(query).fetchall())

    def one(self, query: str) -> Any:  # noqa: ANN401 - a column of any type
        return self.rows(query)[0][0]

    def unplaced(self) -> int:
        return int(self.one("SELECT count(*) FROM journal WHERE placed_at IS NULL"))

    def hold(self, acknowledged: Iterable[str], seconds: float = PLACED_SECONDS_MAX) -> None:
        """I1 and I2: what was acknowledged is in the journal, all of it in an incident, no trouble open twice."""
        wait_until("every alert in its place", lambda: self.unplaced() == 0, seconds)
        there = {row[0] for row in self.rows("SELECT fingerprint FROM journal")}
        assert not set(acknowledged) - there
        assert self.rows(NOWHERE) == []
        assert self.rows(OPEN_TWICE) == []
        assert self.one("SELECT count(*) FROM dead_letters") == 0


def facts_of(server: Server) -> Facts:
    return Facts(server.data / "lamplighter.db")


def memory_bytes_peak(pid: int) -> int:
    """The most that a process ever held."""
    words = Path(f"/proc/{pid}/status").read_text(encoding="ascii").split()
    return int(words[words.index("VmHWM:") + 1]) * 1024


class Engine:
    """Parts that may be restarted over HTTP; every restart that arrives is counted, and how many at once."""

    def __init__(self, names: Sequence[str], slow_seconds: float = 0.0) -> None:
        self.effects: Counter[str] = Counter()
        self.at_work = 0
        self.at_work_most = 0
        started = dict.fromkeys(names, 1)
        lock = threading.Lock()
        engine = self

        class Listening(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({name: {"started": count} for name, count in started.items()})

            def do_POST(self) -> None:
                name = self.path.strip("/")
                with lock:
                    engine.effects[name] += 1
                    engine.at_work += 1
                    engine.at_work_most = max(engine.at_work_most, engine.at_work)
                time.sleep(slow_seconds)
                with lock:
                    started[name] += 1
                    engine.at_work -= 1
                self._answer({})

            def _answer(self, body: object) -> None:
                raw = json.dumps(body).encode()
                with suppress(ConnectionError):
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Whole:
    """A folder, a configuration, and at most one life of the whole app on them."""

    folder: Path
    engine: Engine
    configuration: Mapping[str, Any]
    spec: Mapping[str, Any]
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        (self.port,) = free_ports(1)
        self.door = Door(f"http://127.0.0.1:{self.port}", self.folder / "data" / "token")
        self.log_file = Path(tempfile.gettempdir()) / f"{self.folder.name}-{self.port}.log"
        whole = {
            "sources": {},
            "verify": {"for": "300ms", "every": "100ms", "deadline": "5s"},
            **self.configuration,
            "server": {"port": self.port},
        }
        (self.folder / "lamplighter.yaml").write_text(json.dumps(whole), encoding="utf-8")
        spec = {"folder": str(self.folder), "port": self.port, "engine": self.engine.url, **self.spec}
        (self.folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
        self.client = httpx.Client(base_url=self.door.url, timeout=ANSWER_SECONDS_MAX, trust_env=False)

    def start(self, seconds: float = READY_SECONDS_MAX) -> Whole:
        harness = str(Path(__file__).with_name("whole_app.py"))
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, harness, str(self.folder / "spec.json")], stdout=log, stderr=log
            )
        wait_until("ready", self.door.ready, seconds)
        token = self.door.token_file.read_text(encoding="utf-8").strip()
        self.client.headers["Authorization"] = f"Bearer {token}"
        return self

    def send(self, number: int = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        self.send()
        assert self.process is not None
        self.process.wait(END_SECONDS_MAX)

    @property
    def holder(self) -> str:
        return (self.folder / "holder").read_text(encoding="utf-8")

    @property
    def facts(self) -> Facts:
        return Facts(self.folder / "data" / "lamplighter.db")

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def close(self) -> None:
        self.client.close()
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
            self.process.wait(END_SECONDS_MAX)
        self.log_file.unlink(missing_ok=True)


@dataclass
class Workshop:
    """Makes engines and whole apps, and ends them with the test."""

    root: Path
    engines: list[Engine] = field(default_factory=list)
    made: list[Whole] = field(default_factory=list)

    def engine(self, *names: str, slow_seconds: float = 0.0) -> Engine:
        self.engines.append(Engine(names, slow_seconds))
        return self.engines[-1]

    def whole(
        self, engine: Engine, configuration: Mapping[str, Any], folder: Path | None = None, **spec: float
    ) -> Whole:
        place = folder or self.root / f"whole-{len(self.made)}"
        place.mkdir(exist_ok=True)
        self.made.append(Whole(place, engine, configuration, spec))
        return self.made[-1]


@pytest.fixture
def workshop(tmp_path: Path) -> Iterator[Workshop]:
    shop = Workshop(tmp_path)
    yield shop
    for whole in shop.made:
        whole.close()
    for engine in shop.engines:
        engine.close()
