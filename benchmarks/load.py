"""Measures waits at a steady rate: of senders, of senders beside followers, and of readers of many incidents.

`python -m benchmarks.load [--json] [--seconds 30] [--stored 50000]`; exit code 1 where a bound is missed. One server
process on SQLite with synchronous=FULL; beside it the naive receiver of the ancestors at the same rate.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.ingest import served

ALERTS_PER_SECOND = 50
READS_PER_SECOND = 100
FOLLOWERS = 50
PARTS = 40
SECONDS = 30.0
STORED = 50_000
ALERT_P99_MS_MAX = 250.0
FOLLOWED_P99_MS_MAX = 500.0
READ_P99_MS_MAX = 500.0
READY_SECONDS_MAX = 60.0
RECEIVER = "/api/v1/alerts/alertmanager"
READS = (
    "/api/v1/incidents?limit=50",
    "/api/v1/incidents?limit=200&status=closed",
    "/api/v1/incidents?status=open",
    "/api/v1/incidents?severity=critical&limit=50",
    "/api/v1/incidents?component=part-7&limit=50",
    "/api/v1/incidents?q=Rule1&limit=20",
    "/api/v1/incidents?q=nothing+is+called+so",
    "/api/v1/incidents?since=24h&until=1m",
    "/api/v1/incidents/INC-7/timeline",
    "/api/v1/alerts?limit=50",
    "/api/v1/approvals",
    "/api/v1/status",
)


@dataclass(frozen=True, slots=True)
class Waits:
    """What the askers saw, in milliseconds; `refused` counts every answer but 2xx."""

    requests: int
    p50_ms: float
    p99_ms: float
    refused: int


def delivery(number: int) -> bytes:
    """One alert of its own, about one of the parts."""
    alert = {
        "status": "firing",
        "labels": {"alertname": f"Rule{number % 9}", "service": f"part-{number % PARTS}", "number": str(number)},
        "annotations": {"summary": f"part-{number % PARTS} is in trouble"},
        "startsAt": "2026-01-05T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"{number:016x}",
    }
    return json.dumps({"version": "4", "groupKey": "{}", "truncatedAlerts": 0, "alerts": [alert]}).encode()


@asynccontextmanager
async def asker(port: int, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the server's token, where it has one."""
    token = folder / "data" / "token"
    headers = {"Content-Type": "application/json"}
    if token.exists():
        headers["Authorization"] = f"Bearer {token.read_text(encoding='utf-8').strip()}"
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30, limits=limits, trust_env=False
    ) as client:
        yield client


async def at_rate(per_second: int, seconds: float, ask: Callable[[int], Awaitable[httpx.Response]]) -> Waits:
    """So many requests a second, each at its time however long the others take."""
    took: list[float] = []
    refused = 0

    async def one(number: int, due: float) -> None:
        nonlocal refused
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            answer = await ask(number)
        except httpx.TransportError:
            refused += 1
            return
        # From when it was due: a client that is late itself must not hide what a sender would feel.
        took.append(time.perf_counter() - due)
        refused += not answer.is_success

    began = time.perf_counter() + 0.1
    await asyncio.gather(*(one(n, began + n / per_second) for n in range(int(per_second * seconds))))
    return waits(took, refused)


def waits(took: Sequence[float], refused: int) -> Waits:
    """The quantiles of some waits in seconds."""
    ordered = sorted(took) or [0.0]
    p50, p99 = (round(ordered[int(len(ordered) * share)] * 1000, 1) for share in (0.5, 0.99))
    return Waits(len(took), p50, p99, refused)


async def alerts(port: int, folder: Path, seconds: float, path: str, followers: int = 0) -> Waits:
    """Unique alerts in a steady row, while so many follow the events."""
    async with asker(port, folder) as client:
        following = [asyncio.create_task(_follow(client)) for _ in range(followers)]
        await asyncio.sleep(1.0 if followers else 0.0)
        try:
            return await at_rate(ALERTS_PER_SECOND, seconds, lambda n: client.post(path, content=delivery(n)))
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)


async def _follow(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/api/v1/events") as answer:
        async for _ in answer.aiter_lines():
            pass


async def reads(port: int, folder: Path, seconds: float, stored: int) -> Waits:
    """Mixed reads, with so many closed incidents in the store."""
    async with asker(port, folder) as client:
        for number in range(PARTS):
            (await client.post(RECEIVER, content=delivery(number))).raise_for_status()
        await _settled(client)
        await asyncio.to_thread(clone, folder / "data" / "lamplighter.db", stored)
        return await at_rate(READS_PER_SECOND, seconds, lambda n: client.get(READS[n % len(READS)]))


async def _settled(client: httpx.AsyncClient) -> None:
    """Close what was opened, so that nothing is under way while the store is filled."""
    deadline = time.perf_counter() + READY_SECONDS_MAX
    while time.perf_counter() < deadline:
        found = (await client.get("/api/v1/incidents?limit=200")).json()["incidents"]
        if len(found) >= PARTS and all(one["state"] == "needs_human" for one in found):
            for one in found:
                body = {"resolution": "done"}
                (await client.post(f"/api/v1/incidents/{one['id']}/resolve", json=body)).raise_for_status()
            return
        await asyncio.sleep(0.2)
    raise RuntimeError("the incidents did not come to their end in time")


def clone(database: Path, count: int) -> None:
    """Closed incidents as the server itself wrote them, over and over under new numbers."""
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        for table, own in (("incidents", "number"), ("members", "incident_number"), ("events", "incident_number")):
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            listed = ", ".join(
                f'"{name}"' for name in names if name not in {own, "seq"} or (table == "members" and name == "seq")
            )
            (originals,) = connection.execute("SELECT max(number) FROM incidents WHERE number < 1000").fetchone()
            connection.execute(
                f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "  # noqa: S608 - our own names
                f"INSERT INTO {table} ({own}, {listed}) SELECT 1000 + i, {listed} FROM n JOIN {table} t "
                f"ON t.{own} = 1 + (i % {originals})"
            )
        connection.commit()


def _on(kind: str, measure: Callable[[int, Path], Awaitable[Waits]]) -> Waits:
    with tempfile.TemporaryDirectory() as name, served(kind, Path(name)) as (port, _):

        async def run() -> Waits:
            return await measure(port, Path(name))

        return asyncio.run(run())


def missed(found: dict[str, Waits]) -> list[str]:
    """The bounds that were not held, in words."""
    bounds = {"alerts": ALERT_P99_MS_MAX, "alerts_followed": FOLLOWED_P99_MS_MAX, "reads": READ_P99_MS_MAX}
    late = [
        f"{name}: p99 {found[name].p99_ms} ms; must be at most {most:g}"
        for name, most in bounds.items()
        if found[name].p99_ms > most
    ]
    return late + [f"{name}: {found[name].refused} refused; must be 0" for name in bounds if found[name].refused]


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on the last line")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="length of each load")
    parser.add_argument("--stored", type=int, default=STORED, help="closed incidents in the store while it is read")
    options = parser.parse_args()
    say = partial(print, file=sys.stderr if options.json else sys.stdout, flush=True)
    seconds: float = options.seconds
    plans: dict[str, tuple[str, Callable[[int, Path], Awaitable[Waits]]]] = {
        "alerts": ("real", lambda port, at: alerts(port, at, seconds, RECEIVER)),
        "alerts_followed": ("real", lambda port, at: alerts(port, at, seconds, RECEIVER, FOLLOWERS)),
        "reads": ("real", lambda port, at: reads(port, at, seconds, options.stored)),
        "naive_alerts": ("naive", lambda port, at: alerts(port, at, min(seconds, 10.0), "/alert")),
    }
    found: dict[str, Waits] = {}
    say(f"{'load':<16} {'requests':>9} {'p50 ms':>8} {'p99 ms':>8} {'refused':>8}")
    for name, (kind, measure) in plans.items():
        one = found[name] = _on(kind, measure)
        say(f"{name:<16} {one.requests:>9} {one.p50_ms:>8.1f} {one.p99_ms:>8.1f} {one.refused:>8}")
    failures = missed(found)
    for words in failures:
        say(f"missed: {words}")
    if options.json:
        whole: dict[str, Any] = {name: asdict(one) for name, one in found.items()}
        print(json.dumps(whole))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
