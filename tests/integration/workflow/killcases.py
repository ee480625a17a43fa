"""What test_kill_*.py share: every point at which the process is killed, and the engine outside that counts effects."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

SIGKILLED = 9
RUN_SECONDS_MAX = 1800
HARNESS = str(Path(__file__).with_name("killing.py"))
COMMON = ["load", "gather", "diagnose", "plan", "judge", "learn", "close", "verify", "act-0", "act-1"]
RECORDED_AS = {"convene_council": "council", "notify": "notify-opened"}
LEDGER = [f"ledger.{verb}:{side}" for verb in ("plan", "start", "end") for side in ("before", "after")]


def points(steps: list[str]) -> list[str]:
    names = [(step, RECORDED_AS.get(step, step)) for step in steps]
    return [p for step, record in names for p in (f"{step}:before", f"{step}:after", f"{record}:recorded")]


PATHS = {
    "auto": [*points([*COMMON, "notify", "convene_council", "grant"]), *LEDGER],
    "ask": points(["ask", "answered", "act-0"]),
    "amend": [
        "amend:before",
        "wake:before",
        "wake:after",
        *points(["answered", "judge", "convene_council", "ask", "act-0"]),
    ],
    "worse": [*points(["undo", "verify"]), "ledger.freeze:before", "ledger.freeze:after"],
}
# What each path plans: the most effects of each verb that may ever be counted.
PLANNED = {
    "auto": {"set_memory_limit": 1, "start": 1},
    "ask": {"set_memory_limit": 1, "start": 1},
    "amend": {"start": 1},
    "worse": {"set_memory_limit": 1, "start": 1, "undo": 1},
}
HEALS = {"auto": True, "ask": True, "amend": True, "worse": False}


class Outside(BaseHTTPRequestHandler):
    """The engine: keeps each case's state and counts every effect that reaches it."""

    cases: ClassVar[dict[str, dict[str, object]]] = {}

    def _case(self) -> dict[str, object]:
        name = self.path.strip("/").split("/")[0].split("?")[0]
        fresh = {"started": 1, "limit": 64 << 20, "running": True, "healed": False, "effects": []}
        return self.cases.setdefault(name, fresh)

    def do_GET(self) -> None:
        self._answer(self._case())

    def do_POST(self) -> None:
        case = self._case()
        parts = urlsplit(self.path)
        verb = parts.path.rpartition("/")[2]
        case["effects"].append(verb)
        if verb in {"set_memory_limit", "undo"}:
            case["limit"] = int(parse_qs(parts.query)["bytes"][0])
        else:
            case["started"] += 1
            healthy = HEALS[parts.path.strip("/").split("-")[0]]
            case["healed"], case["running"] = healthy, healthy
        self._answer({})

    def _answer(self, body: dict[str, object]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def outside() -> Iterator[str]:
    Outside.cases = {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Outside)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def first_data(outside: str, folder: Path, store: str) -> Path:
    """The data folder, and in the store what belongs to it, of a life that began and ended and saw nothing."""
    place = folder / "first"
    place.mkdir()
    subprocess.run(
        [sys.executable, HARNESS, outside, str(place), "--first", store], check=True, timeout=RUN_SECONDS_MAX
    )
    return place / "data"


def run_cases(outside: str, folder: Path, data: Path, cases: list[dict[str, str]]) -> list[dict[str, object]]:
    """Three harnesses side by side, because each case mostly waits."""
    halves = [cases[0::3], cases[1::3], cases[2::3]]
    running = []
    for number, half in enumerate(halves):
        root = folder / str(number)
        root.mkdir()
        listed = root / "cases.jsonl"
        listed.write_text("".join(json.dumps(case) + "\n" for case in half))
        with listed.open() as stdin, (root / "harness.log").open("wb") as log:
            command = [sys.executable, HARNESS, outside, str(root), str(data)]
            running.append(subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=log, text=True))
    outputs = [process.communicate(timeout=RUN_SECONDS_MAX)[0] for process in running]
    return [json.loads(line) for output in outputs for line in output.splitlines()]


def check(outside_cases: dict[str, dict[str, object]], results: list[dict[str, object]], expected: int) -> None:
    problems = []
    for result in results:
        name, path = result["name"], result["path"]
        effects = outside_cases.get(name, {}).get("effects", [])
        counted = {verb: effects.count(verb) for verb in set(effects)}
        too_many = {verb: n for verb, n in counted.items() if n > PLANNED[path].get(verb, 0)}
        if too_many:
            problems.append(f"{name}: effects {effects}")
        if not result["killed"] or result["lives"][0] != SIGKILLED:
            problems.append(f"{name}: was never killed: {result['lives']}")
        if result["state"] not in {"resolved", "needs_human", "self_cleared", "rolled_back"}:
            problems.append(f"{name}: ended as {result['state']}, lives {result['lives']}")
        if result["audit"] != "whole":
            problems.append(f"{name}: the audit log: {result['audit']}")
    assert not problems, "\n".join(problems)
    assert len(results) == expected


def cases_for(store: str, stores: Iterator[str]) -> list[dict[str, str]]:
    return [
        {
            "name": f"{path}-{point.replace(':', '-').replace('.', '-')}",
            "store": next(stores),
            "path": path,
            "point": point,
        }
        for path, chosen in PATHS.items()
        for point in chosen
    ]
