"""L7, L9: evidence that comes slowly, and a log of 200 MB. Bounds hold, and the receiver does not notice."""

from __future__ import annotations

import json
import select
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lamplighter.lab.premises import Premises
from lamplighter.lab.supervised import Supervised
from tests.acceptance.exam.conftest import Server, Servers, wait_until
from tests.acceptance.load.conftest import Load, alert, facts_of, memory_bytes_peak

AT_ONCE_MAX = 4
SLOW_SECONDS = 0.25
LONG_SLOW_SECONDS = 2.0
LISTENING_SECONDS = 0.02
INVESTIGATIONS = 20
P99_SECONDS_MAX = 2.5
MIB = 1024**2
LOG_BYTES = 200 * MIB
LINE = (
    b"2026-01-05 12:00:00 INFO order 000000001 taken by the till, and paid for in full by the customer; all is well\n"
)
MEMORY_BYTES_MAX = 512 * MIB


def gone(connection: socket.socket) -> bool:
    """Whether the other side has closed a connection on which it waits for an answer."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and not connection.recv(1, socket.MSG_PEEK)


class SlowPrometheus:
    """Answers every query with no data, late; counts how many are asked at once."""

    def __init__(self, slow_seconds: float) -> None:
        self.asked = 0
        self.at_once = 0
        self.at_once_most = 0
        lock = threading.Lock()
        slow = self

        class Listening(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    slow.asked += 1
                    slow.at_once += 1
                    slow.at_once_most = max(slow.at_once_most, slow.at_once)
                answered_at = time.monotonic() + slow_seconds
                # As the real one, it drops a query whose asker has gone.
                while time.monotonic() < answered_at and not gone(self.connection):
                    time.sleep(LISTENING_SECONDS)
                # Before the answer: whoever has it may ask the next at once.
                with lock:
                    slow.at_once -= 1
                raw = json.dumps({"status": "success", "data": slow.answer(self.path)}).encode()
                with suppress(ConnectionError):
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(raw)))
                    self.end_headers()
                    self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Listening)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, path: str) -> dict[str, Any]:
        if path.startswith("/api/v1/rules"):
            return {"groups": []}
        if "time%28%29" in path:
            now = time.time()
            return {"resultType": "scalar", "result": [now, str(now)]}
        return {"resultType": "matrix" if "query_range" in path else "vector", "result": []}

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def investigated_slowly(servers: Servers, seconds: float) -> SlowPrometheus:
    """So many investigations at once, and rounds of checks beside them; meanwhile alerts go on coming in."""
    prometheus = SlowPrometheus(seconds)
    try:
        checks = [
            {"name": f"Query {n}", "promql": f"up{{job='j{n}'}}", "below": 1, "every": "1s", "timeout": "30s"}
            for n in range(8)
        ]
        server = servers.new(
            {
                "sources": {"prometheus": {"url": prometheus.url, "timeout_seconds": 30}},
                "checks": checks,
                "responses": {"at_once": 20, "storm_from": 100_000},
            }
        ).start()
        for n in range(INVESTIGATIONS):
            server.send(alert(n, f"Slow{n}", service=f"slow-{n}")).raise_for_status()
        numbers = range(1_000, 1_150)
        load = Load([server.client], [[alert(n, "Steady", service="steady")] for n in numbers], per_second=50).run()
        assert load.refused == []
        assert load.unanswered == 0
        assert load.p99 < P99_SECONDS_MAX
        wait_until("the end of all investigations", lambda: all_ended(server), 120)
        facts_of(server).hold(load.acknowledged)
        assert "Traceback" not in server.log
        assert server.stop() == 0
    finally:
        prometheus.close()
    return prometheus


def all_ended(server: Server) -> bool:
    found = server.incidents()
    return len(found) > INVESTIGATIONS and all(one["state"] == "needs_human" for one in found)


def test_l7_slow_evidence_is_asked_for_four_at_a_time(servers: Servers) -> None:
    prometheus = investigated_slowly(servers, SLOW_SECONDS)
    assert prometheus.asked > INVESTIGATIONS
    # The clean twin: it does ask several at once.
    assert 2 <= prometheus.at_once_most <= AT_ONCE_MAX


@pytest.mark.soak
def test_l7_two_seconds_for_each_query(servers: Servers) -> None:
    assert 2 <= investigated_slowly(servers, LONG_SLOW_SECONDS).at_once_most <= AT_ONCE_MAX


@pytest.fixture
def talkative() -> Iterator[Supervised]:
    """A program that has written 200 MB, and ends at once whenever it is started."""
    with Premises() as premises:
        daemon = Supervised(premises)
        block = LINE * (MIB // len(LINE))
        with daemon.log_of("talker", "out").open("wb") as log:
            for _ in range(LOG_BYTES // len(block) + 1):
                log.write(block)
            log.write(b"ERROR the very last line: cannot bind the port\n")
        daemon.start({"talker": f"{sys.executable} -S -E -c 'raise SystemExit(3)'"}, {})
        yield daemon


def evidence_of(server: Server, incident: str) -> list[dict[str, Any]]:
    """As it is kept; the API shows what was concluded from it."""
    with closing(sqlite3.connect(f"file:{server.data}/lamplighter.db?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT content FROM dossiers WHERE kind = 'evidence' AND incident_id = ?", [incident])
        return [piece for row in rows for piece in json.loads(row[0])]


def test_l9_of_a_log_of_200_mb_the_tail_is_kept_and_called_truncated(servers: Servers, talkative: Supervised) -> None:
    assert talkative.log_of("talker", "out").stat().st_size > LOG_BYTES
    server = servers.new({"sources": {"supervisor": {"url": talkative.url}}}).start()
    server.send(alert(1, "TalkerDown", service="talker", severity="critical")).raise_for_status()
    incident = server.incident_titled("TalkerDown")["id"]
    server.in_state(incident, "awaiting_approval", "needs_human", seconds=60)
    logs = [piece for piece in evidence_of(server, incident) if "order 000000001" in piece["content"]]
    assert logs, [piece["tool"] for piece in evidence_of(server, incident)]
    for piece in logs:
        assert piece["truncated"] is True
        assert "the very last line" in piece["content"]
        assert len(piece["content"]) < MIB
    assert server.process is not None
    assert memory_bytes_peak(server.process.pid) < MEMORY_BYTES_MAX
    assert talkative.log_of("talker", "out").stat().st_size > LOG_BYTES
    assert "Traceback" not in server.log
