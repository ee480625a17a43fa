"""What the tests of signals share: a world kept outside the server, whose effects and messages are counted there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.exam.conftest import Server, alert, environment, payload, wait_until

__all__ = ["alert", "environment", "payload", "wait_until"]
STAGE = Path(__file__).with_name("stage.py")
HELD_SECONDS_MAX = 9.0
NEVER = "0001-01-01T00:00:00Z"
OPEN = {
    "received",
    "analysing",
    "council_review",
    "awaiting_approval",
    "approved",
    "executing",
    "scaling",
    "verifying",
    "needs_human",
    "rejected",
    "rolled_back",
}


@dataclass
class Part:
    """One thing that the engine outside runs.

    `allowed`: in mode auto it may be restarted unasked; `heals`: that helps; `blind`: nobody can ask for its signal.
    """

    name: str
    group: str = ""
    needs: str = ""
    allowed: bool = True
    running: bool = True
    well: bool = False
    blind: bool = False
    heals: bool = True
    started: int = 1

    @property
    def as_json(self) -> dict[str, Any]:
        labels = {"lamplighter.allow": "restart"} if self.allowed else {}
        labels |= {"lamplighter.depends": self.needs} if self.needs else {}
        return {
            "name": self.name,
            "group": self.group,
            "labels": labels,
            "running": self.running,
            "well": self.well,
            "blind": self.blind,
            "started": self.started,
        }


class Outside:
    """The world: parts, what was done to them, what people were told. A path that is held answers when it is let go."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        self.effects: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self.arrived: Counter[str] = Counter()
        self.look_seconds = 0.0
        self._held: dict[str, threading.Event] = {}
        outside = self

        class Door(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outside.arrives(self.path)
                _, kind, *rest = self.path.split("/")
                parts = dict(outside.parts)
                found = {name: part.as_json for name, part in parts.items()}
                self._answer(found if kind in {"parts", "survey"} else found[rest[0]])

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                _, kind, *rest = self.path.split("/")
                if kind == "messages":
                    outside.messages.append(body)
                elif kind == "limit":
                    outside.effects.append(f"limit {rest[0]} {body['bytes']}")
                else:
                    part = outside.parts[rest[0]]
                    outside.effects.append(part.name if kind == "restart" else f"{kind} {part.name}")
                    part.started += 1
                    part.well = part.well or part.heals
                outside.arrives(self.path)
                self._answer({})

            def _answer(self, body: object) -> None:
                raw = json.dumps(body).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                # Who asked may have been ended meanwhile.
                with suppress(ConnectionError):
                    self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                """Stay quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def arrives(self, path: str) -> None:
        self.arrived[path] += 1
        if path.startswith("/evidence/"):
            time.sleep(self.look_seconds)
        if (held := self._held.get(path)) is not None:
            held.wait(HELD_SECONDS_MAX)

    @contextmanager
    def holding(self, path: str) -> Iterator[Callable[[], None]]:
        """Let nothing that comes to this path be answered until the block ends; yields a wait for the first to come."""
        self._held[path] = threading.Event()
        before = self.arrived[path]
        try:
            yield lambda: wait_until(f"a request for {path}", lambda: self.arrived[path] > before)
        finally:
            self._held.pop(path).set()

    def add(self, *parts: Part) -> None:
        self.parts |= {part.name: part for part in parts}

    def told(self, incident_id: str) -> list[str]:
        return [one["moment"] for one in self.messages if one["incident"] == incident_id]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@dataclass
class Stage(Server):
    """The whole server on a world outside it."""

    outside: Outside = field(default_factory=Outside)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.clock_file = self.folder / "clock"
        self.wrong = self.passed = 0.0
        self._set_clock()

    def begin(self) -> subprocess.Popen[bytes]:
        words = (STAGE, self.file, self.data, self.port, self.outside.url, self.clock_file)
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )
        return self.process

    def start(self) -> Stage:
        super().start()
        self.surveyed()
        return self

    def close(self) -> None:
        super().close()
        self.outside.close()

    def surveyed(self) -> None:
        """Wait until what runs now has been seen and taken in."""
        before = self.outside.arrived["/survey"]
        # They come one after another: what the second saw is taken in before the third asks.
        wait_until("three surveys", lambda: self.outside.arrived["/survey"] >= before + 3)

    def wrong_by(self, seconds: float) -> None:
        """Set by how much the server's wall clock is wrong; no time passes."""
        self.wrong = seconds
        self._set_clock()

    def later(self, seconds: float) -> None:
        """Let time pass for the server."""
        self.passed += seconds
        self._set_clock()

    def _set_clock(self) -> None:
        fresh = self.clock_file.with_suffix(".new")
        fresh.write_text(f"{self.wrong} {self.passed}", encoding="utf-8")
        fresh.replace(self.clock_file)

    def now(self) -> datetime:
        """The time as the server has it."""
        return datetime.now(UTC) + timedelta(seconds=self.wrong + self.passed)

    def post(self, path: str, body: object = None, status: int | None = None) -> Any:  # noqa: ANN401 - JSON of the API
        answer = self.client.post(path, json=body)
        assert status is None or answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON of the API
        return self.client.get(path).raise_for_status().json()

    def raised(self, name: str, container: str = "", *, at: datetime | None = None, **labels: str) -> dict[str, Any]:
        """Send an alert that fires from now on, and return it."""
        where = {"container": container} if container else {}
        begun = stamp(at or self.now())
        one = alert(name, labels={"severity": "warning", **where, **labels}, startsAt=begun)
        assert self.send(one).status_code == httpx.codes.ACCEPTED
        return one

    def ended(self, *alerts: dict[str, Any]) -> None:
        """Send that alerts are over, as Alertmanager says it."""
        now = stamp(self.now())
        answer = self.send(*({**one, "status": "resolved", "endsAt": now} for one in alerts))
        assert answer.status_code == httpx.codes.ACCEPTED

    def members(self, incident_id: str) -> list[dict[str, Any]]:
        return list(self.get(f"/api/v1/incidents/{incident_id}/alerts")["alerts"])

    def holders(self, name: str, *, open_only: bool = False) -> list[dict[str, Any]]:
        """The incidents that hold, or held, an alert of this name."""
        shown = [one for one in self.incidents() if not open_only or one["state"] in OPEN]
        return [one for one in shown if any(member["name"] == name for member in self.members(one["id"]))]

    def holder(self, name: str) -> dict[str, Any]:
        """The one open incident that holds an alert of this name, as soon as there is one."""
        found = wait_until(f"an open incident with {name}", lambda: self.holders(name, open_only=True))
        assert len(found) == 1, found
        return dict(found[0])

    def moments(self, incident_id: str) -> list[str]:
        return [event["moment"] for event in self.timeline(incident_id)]

    def words(self, incident_id: str) -> str:
        """All that the timeline says."""
        return "\n".join(f"{event['moment']}: {event['text']}" for event in self.timeline(incident_id))

    def pending(self, incident_id: str) -> list[str]:
        """The questions about it that may be answered."""
        return [one["id"] for one in self.show(incident_id)["approvals"] if one["state"] == "pending"]

    def question(self, incident_id: str) -> dict[str, Any]:
        """The question that waits for a person, as soon as there is one."""

        def pending() -> dict[str, Any] | None:
            found = self.show(incident_id)["approvals"]
            return next((one for one in found if one["state"] == "pending"), None)

        return dict(wait_until(f"a question about {incident_id}", pending))

    def yes(self, question: dict[str, Any]) -> httpx.Response:
        body = {"plan_hash": question["plan_hash"]}
        return self.client.post(f"/api/v1/approvals/{question['id']}/approve", json=body)

    def settled(self) -> None:
        """Wait until everything that was taken has been placed."""
        wait_until("everything placed", lambda: all(one["placement"] for one in self.journal()))

    def journal(self) -> list[dict[str, str]]:
        """The newest alerts, and what became of each."""
        return list(self.get("/api/v1/alerts?limit=80")["alerts"])

    def restarted(self) -> None:
        """End the process, and begin another on the same data."""
        # Its signal is passed on by uvicorn, as in any program that does not ask it to do otherwise.
        assert self.stop() in {0, -signal.SIGTERM}
        self.start()


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class Stages:
    """Makes stages, and ends them with the tests."""

    root: Path
    environment: dict[str, str]
    made: list[Stage] = field(default_factory=list)

    def new(self, *parts: Part, **configuration: Any) -> Stage:  # noqa: ANN401 - a tree of JSON
        """A running stage; waits of the verification are short, and budgets wide."""
        place = self.root / str(len(self.made))
        place.mkdir()
        autonomy = {"limits": {"between": "0s", "total": "500/1h", "per_target": "100/1h"}}
        whole = {"verify": {"for": "1s", "deadline": "4s", "every": "0.2s"}, "notify": {}, **configuration}
        whole["autonomy"] = {**autonomy, **configuration.get("autonomy", {})}
        stage = Stage(place, whole, self.environment)
        self.made.append(stage)
        stage.outside.add(*parts)
        return stage.start()

    def close(self) -> None:
        for stage in self.made:
            stage.close()


@pytest.fixture(scope="module")
def stages(environment: dict[str, str]) -> Iterator[Stages]:
    """Stages that the tests of a file share; none of them may ever meet what it did not expect."""
    with tempfile.TemporaryDirectory(prefix="signals-") as root:
        made = Stages(Path(root), environment)
        try:
            yield made
            logs = [stage.log for stage in made.made]
        finally:
            made.close()
        assert not [log for log in logs if "unexpected error" in log or "Traceback" in log]
