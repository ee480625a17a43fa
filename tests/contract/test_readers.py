"""Every signal reader: it never raises, never calls health what it cannot see, and leaves alone what is not its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.integrations import BUILT_IN
from lamplighter.ports import SignalReader
from lamplighter.testing import roles_of

GOLDEN = Path(__file__).parents[1] / "golden" / "prometheus"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
# Port 9 answers nothing: whatever a reader concludes from it, it must not be health.
CONFIGS: dict[str, dict[str, object]] = {
    "ansible": {"folder": "/no/such/folder"},
    "logfile": {"files": {"a": "/var/log/no-such-file"}},
    "apprise": {"urls": ["ntfy://127.0.0.1:9/x"]},
    "heartbeat_out": {"url": "http://127.0.0.1:9"},
    "loki": {"url": "http://127.0.0.1:9"},
    "ntfy": {"topic": "x"},
    "telegram": {"token": "1:x", "chat": 1},
    "postgresql": {"url": "postgresql://127.0.0.1:9/x", "components": ["db"]},
    "prometheus": {"url": "http://127.0.0.1:9", "timeout_seconds": 1},
    "proxmox": {"url": "http://127.0.0.1:9", "token_id": "on@pve!call", "token": "t", "timeout_seconds": 1},
}


def readers_of(name: str, config: dict[str, object]) -> tuple[SignalReader, ...]:
    return roles_of(name, config, NOW).readers


READERS = [(name, reader) for name in BUILT_IN for reader in readers_of(name, CONFIGS.get(name, {}))]
every_reader = pytest.mark.parametrize("reader", [reader for _, reader in READERS], ids=[name for name, _ in READERS])


def alert(labels: dict[str, str], source: str = "alertmanager") -> Alert:
    return Alert(source, "f1", AlertStatus.FIRING, labels, {}, NOW)


def test_prometheus_is_among_the_readers() -> None:
    assert "prometheus" in {name for name, _ in READERS}


@every_reader
@pytest.mark.parametrize(
    "labels",
    [{}, {"alertname": "Unknown"}, {"alertname": '"} or vector(1)'}, {"alertname": "x" * 5_000}, {"job": "\ud800"}],
)
@pytest.mark.parametrize("source", ["alertmanager", "checks", "never-heard-of"])
async def test_what_cannot_be_seen_is_not_health(reader: SignalReader, labels: dict[str, str], source: str) -> None:
    reading = await reader.read(alert(labels, source))
    assert reading is None or (reading.state is SignalState.NO_DATA and reading.detail and reading.query)


@pytest.fixture
def recorded() -> Iterator[str]:
    """A server that answers as a real Prometheus once did, while two rooms were too hot."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            query = parse_qs(asked.query).get("query", [""])[0]
            name = "query_empty"
            if asked.path == "/api/v1/rules":
                name = "rules"
            elif query == "time()":
                name = "query_time"
            elif "> 50" in query:
                name = "query_firing"
            body = (GOLDEN / f"{name}.json").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


async def read(url: str, labels: dict[str, str]) -> Reading | None:
    (reader, *_) = readers_of("prometheus", {"url": url})
    return await reader.read(alert(labels))


async def test_recorded_answers_are_read(recorded: str) -> None:
    rules = json.loads((GOLDEN / "rules.json").read_text())["data"]["groups"][0]["rules"]
    hot = rules[0]["alerts"][0]["labels"]
    firing = await read(recorded, hot)
    assert firing is not None
    assert (firing.state, firing.query) == (SignalState.FIRING, "temperature_celsius > 50")
    assert firing.detail.endswith("= 55.5")
    cool = await read(recorded, {**hot, "room": "kitchen"})
    assert cool is not None
    assert cool.state is SignalState.NO_DATA
    assert await read(recorded, {"alertname": "NobodyWroteThis"}) is None
