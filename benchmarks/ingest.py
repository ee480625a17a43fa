"""Measures the receiver: alerts a second that are durable, beside the same server without a store and a naive receiver.

`python -m benchmarks.ingest [--json] [--seconds 15]`; exit code 1 where a bound is missed. Ten alerts in each POST, 32
connections, SQLite with synchronous=FULL, one server process, the load from a second one.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.ingest_load import ALERTS_EACH, fingerprint
from lamplighter.lab.shop.layout import free_ports

CONNECTIONS = 32
SECONDS = 15.0
CEILING_SECONDS = 8.0
NAIVE_SECONDS = 6.0
KILL_AFTER_SECONDS = 4.0
READY_SECONDS_MAX = 60.0
END_SECONDS_MAX = 30.0
RATIO_MIN = 0.35
P99_MILLISECONDS_MAX = 100.0
PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """What one load saw: 2xx answers only count, after the warm-up."""

    alerts_per_second: float
    p50_ms: float
    p99_ms: float
    refused: int


@contextmanager
def served(kind: str, folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """One server of a kind (real, ceiling, naive) on a free port, ready; killed at the end."""
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "benchmarks.ingest_servers", kind, str(port), str(folder)]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_ready(port, process, folder)
        yield port, process
    finally:
        process.kill()
        process.wait(END_SECONDS_MAX)


def _wait_ready(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/-/ready", timeout=5.0).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(PAUSE_SECONDS)
    text = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"the server did not become ready: {text[-2000:]}")


def loaded(port: int, folder: Path, seconds: float, path: str, *, unique: bool = False) -> subprocess.Popen[bytes]:
    """The load as a process of its own; its last line is a JSON object."""
    token_file = folder / "data" / "token"
    token = token_file.read_text(encoding="utf-8").strip() if token_file.exists() else "none"
    # The token stands in the environment, because the arguments of a process can be read by everybody.
    command = [sys.executable, "-m", "benchmarks.ingest_load", str(port), path, str(seconds), str(CONNECTIONS)]
    environment = {"BENCH_TOKEN": token, "PATH": "/usr/bin:/bin"}
    return subprocess.Popen(
        [*command, *(["unique"] if unique else [])], stdout=subprocess.PIPE, env=environment, cwd=Path.cwd()
    )


def finished(load: subprocess.Popen[bytes], seconds: float) -> dict[str, Any]:
    """What the load says at its end."""
    out, _ = load.communicate(timeout=seconds + END_SECONDS_MAX)
    return dict(json.loads(out.splitlines()[-1]))


def measure(kind: str, seconds: float) -> Run:
    """One kind of server under load. The naive one counts what it had stored when the load ended."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(kind, folder) as (port, _):
            path = "/alert" if kind == "naive" else "/api/v1/alerts/alertmanager"
            found = finished(loaded(port, folder, seconds, path), seconds)
            rate = found["alerts_per_second"]
            if kind == "naive":
                with closing(sqlite3.connect(folder / "naive.db", timeout=20.0)) as database:
                    rate = database.execute("SELECT count(*) FROM alerts").fetchone()[0] / seconds
            return Run(round(rate, 1), found["p50_ms"], found["p99_ms"], found["refused"])


def lost_after_kill() -> tuple[int, int]:
    """Kill the server in the middle of a load: alerts that were answered 2xx and are not in the journal, and all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served("real", folder) as (port, process):
            load = loaded(port, folder, KILL_AFTER_SECONDS * 2, "/api/v1/alerts/alertmanager", unique=True)
            time.sleep(KILL_AFTER_SECONDS)
            process.kill()
            process.wait(END_SECONDS_MAX)
            acknowledged: list[int] = finished(load, KILL_AFTER_SECONDS * 2)["acknowledged"]
        wanted = {fingerprint(post, place) for post in acknowledged for place in range(ALERTS_EACH)}
        with closing(sqlite3.connect(folder / "data" / "lamplighter.db")) as database:
            there = {row[0] for row in database.execute("SELECT fingerprint FROM journal")}
        return len(wanted - there), len(wanted)


def missed(whole: dict[str, Any]) -> list[str]:
    """The bounds that were not held, in words."""
    found = []
    if whole["ratio"] < RATIO_MIN:
        found.append(f"ratio {whole['ratio']}; must be at least {RATIO_MIN}")
    if whole["p99_ms"] > P99_MILLISECONDS_MAX:
        found.append(f"p99 {whole['p99_ms']} ms; must be at most {P99_MILLISECONDS_MAX:g}")
    if whole["lost_after_kill"] or not whole["acknowledged_before_kill"]:
        found.append(
            f"{whole['lost_after_kill']} of {whole['acknowledged_before_kill']} alerts lost; must be 0 of some"
        )
    if whole["refused"]:
        found.append(f"{whole['refused']} deliveries were refused")
    return found


def _measured(seconds: float, say: Callable[[str], None]) -> dict[str, Any]:
    runs: dict[str, Run] = {}
    say(f"{'server':<10} {'alerts/s':>10} {'p50 ms':>8} {'p99 ms':>8} {'refused':>8}")
    for kind, length in (("ceiling", min(seconds, CEILING_SECONDS)), ("real", seconds), ("naive", NAIVE_SECONDS)):
        run = runs[kind] = measure(kind, length)
        say(f"{kind:<10} {run.alerts_per_second:>10.0f} {run.p50_ms:>8.1f} {run.p99_ms:>8.1f} {run.refused:>8}")
    lost, acknowledged = lost_after_kill()
    real, ceiling = runs["real"], runs["ceiling"]
    return {
        "alerts_per_second": real.alerts_per_second,
        "ceiling_alerts_per_second": ceiling.alerts_per_second,
        "ratio": round(real.alerts_per_second / ceiling.alerts_per_second, 3),
        "p99_ms": real.p99_ms,
        "naive_alerts_per_second": runs["naive"].alerts_per_second,
        "lost_after_kill": lost,
        "acknowledged_before_kill": acknowledged,
        "refused": real.refused,
        "runs": {kind: asdict(run) for kind, run in runs.items()},
    }


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="benchmarks.ingest", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on the last line")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of the measured load")
    options = parser.parse_args()
    # With --json standard output holds the object alone, and the table goes to standard error.
    say = partial(print, file=sys.stderr if options.json else sys.stdout, flush=True)
    whole = _measured(options.seconds, say)
    say(
        f"ratio {whole['ratio']} of the server without a store; killed: {whole['lost_after_kill']} lost of "
        f"{whole['acknowledged_before_kill']} acknowledged"
    )
    failures = missed(whole)
    for words in failures:
        say(f"missed: {words}")
    if options.json:
        print(json.dumps(whole))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
