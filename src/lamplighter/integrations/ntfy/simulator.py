"""An ntfy server on this machine that takes messages as JSON by the real one's rules, for tests and demonstrations."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MESSAGE_BYTES_MAX = 4_096
ACTIONS_MAX = 3
BODY_BYTES_MAX = 1_000_000
PRIORITIES = range(1, 6)
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


@dataclass(slots=True)
class SimulatedNtfy:
    """What was published. `faults` are answered first: a status and its headers; status 0 is silence in seconds.

    `sequences` is whether it is of version 2.16 or later: `shown` is then what a phone shows, by sequence.
    """

    url: str = ""
    token: str = ""
    published: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    faults: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    sequences: bool = True
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    taken_away: list[str] = field(default_factory=list)

    def answer(self, body: bytes, authorization: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        """The status, further headers, and the JSON of one publishing."""
        self.asked += 1
        if self.faults:
            status, headers = self.faults.pop(0)
            if status:
                return status, headers, {"code": status * 100, "http": status, "error": "simulated trouble"}
            time.sleep(float(headers["silence"]))
        if self.token and authorization != f"Bearer {self.token}":
            return 401, {}, {"code": 40101, "http": 401, "error": "unauthorized"}
        why = self._why_refused(body)
        if why:
            return 400, {}, {"code": 40024, "http": 400, "error": f"invalid request: {why}"}
        message = json.loads(body)
        name = f"m{len(self.published) + 1}"
        kept = {"id": name, "time": int(time.time()), "event": "message", **message}
        if not self.sequences:
            kept.pop("sequence_id", None)
        self.published.append(kept)
        self.shown[kept.get("sequence_id", name)] = kept
        return 200, {}, kept

    def take_away(self, path: str, authorization: str) -> tuple[int, dict[str, str], dict[str, Any]]:
        """The answer to a DELETE of one sequence of a topic."""
        if self.token and authorization != f"Bearer {self.token}":
            return 401, {}, {"code": 40101, "http": 401, "error": "unauthorized"}
        _, topic, sequence = [*path.split("/"), "", ""][:3]
        if not (self.sequences and _TOPIC.fullmatch(topic) and _TOPIC.fullmatch(sequence)):
            return 404, {}, {"code": 40401, "http": 404, "error": "page not found"}
        self.taken_away.append(sequence)
        self.shown.pop(sequence, None)
        return 200, {}, {"id": "d", "event": "message_delete", "topic": topic, "sequence_id": sequence}

    def _why_refused(self, body: bytes) -> str:
        try:
            message = json.loads(body)
        except ValueError:
            return "not JSON"
        if not isinstance(message, dict) or not _TOPIC.fullmatch(str(message.get("topic", ""))):
            return "topic invalid"
        if message.get("priority", 3) not in PRIORITIES:
            return "priority invalid"
        if self.sequences and not _TOPIC.fullmatch(str(message.get("sequence_id", "none"))):
            return "sequence ID invalid"
        if len(str(message.get("message", "")).encode()) > MESSAGE_BYTES_MAX:
            return "message too long, it would become an attachment"
        actions = message.get("actions", [])
        if len(actions) > ACTIONS_MAX:
            return "too many actions"
        good = (one.get("action") in {"http", "view"} and str(one.get("url", "")).startswith("http") for one in actions)
        return "" if all(good) else "action invalid"


@contextmanager
def simulated_ntfy(told: SimulatedNtfy | None = None) -> Iterator[SimulatedNtfy]:
    """A server on a free port of this machine."""
    ntfy = told or SimulatedNtfy()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = min(BODY_BYTES_MAX, int(self.headers.get("content-length") or 0))
            status, headers, answer = ntfy.answer(self.rfile.read(length), self.headers.get("authorization", ""))
            self._told(status, headers, answer)

        def do_DELETE(self) -> None:
            self._told(*ntfy.take_away(self.path, self.headers.get("authorization", "")))

        def _told(self, status: int, headers: dict[str, str], answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            with suppress(OSError):
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own signature
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        server.daemon_threads = True
        ntfy.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield ntfy
        finally:
            server.shutdown()
            thread.join(5)
