"""The load of `benchmarks.ingest`: Alertmanager's webhooks over plain sockets, from a process of its own.

Of the deliveries 70 % repeat open troubles, 25 % bring new ones (each component's first opens, its others join), and
5 % resolve. With `unique` every alert is a trouble of its own, so that each can be looked for afterwards.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from dataclasses import dataclass, field

ALERTS_EACH = 10
RULES = ("PodCrashLooping", "HighErrorRate", "HighLatency", "MemoryNearLimit", "QueueGrows")
WARM_UP_SECONDS = 1.5
ANSWER_SECONDS_MAX = 30.0
SHARE_NEW = 0.25
SHARE_RESOLVED = 0.05
_MARK = 900_000_000


def fingerprint(post: int, place: int) -> str:
    """The fingerprint of one alert of one delivery."""
    return f"{post:09d}{place:03d}"


def _template(status: str) -> bytes:
    """A delivery whose number stands as `_MARK` wherever it stands."""
    alerts = [
        {
            "status": status,
            "labels": {
                "alertname": RULES[place % len(RULES)],
                "namespace": "shop",
                "service": f"part-{_MARK}-{place // len(RULES)}",
                "instance": f"10.0.{place}.7:9100",
                "job": "shop",
                "severity": "warning",
                "cluster": "home",
            },
            "annotations": {
                "summary": f"part-{_MARK}-{place // len(RULES)} is in trouble",
                "description": f"Part {_MARK} has been at 17.4 for more than 5 minutes, above its limit of 12.",
                "runbook_url": f"https://runbooks.lan/{RULES[place % len(RULES)]}",
            },
            "startsAt": "2026-01-05T12:00:00.123Z",
            "endsAt": "2026-01-05T12:10:00.123Z" if status == "resolved" else "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus:9090/graph?g0.expr=rate%28errors_total%5B5m%5D%29+%3E+12&g0.tab=1",
            "fingerprint": fingerprint(_MARK, place),
        }
        for place in range(ALERTS_EACH)
    ]
    body = {
        "receiver": "lamplighter",
        "status": status,
        "alerts": alerts,
        "groupLabels": {"namespace": "shop"},
        "commonLabels": {"namespace": "shop", "job": "shop", "cluster": "home"},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}:{namespace="shop"}',
        "truncatedAlerts": 0,
    }
    return json.dumps(body).encode()


@dataclass
class Load:
    """Everything the connections share."""

    port: int
    path: str
    token: str
    unique: bool
    seconds: float
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311 - a seeded mixture, no secret
    posts: int = 0
    groups: int = 0
    refused: int = 0
    answered: list[tuple[float, float]] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self._firing, self._resolved = _template("firing"), _template("resolved")
        head = f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.token}\r\n"
        length = len(self._firing), len(self._resolved)
        ends = [f"{head}Content-Type: application/json\r\nContent-Length: {n}\r\n\r\n".encode() for n in length]
        self._firing, self._resolved = ends[0] + self._firing, ends[1] + self._resolved

    def request(self) -> tuple[int, bytes]:
        """The number of the next delivery, and what to write."""
        post = self.posts
        self.posts += 1
        drawn = self.chance.random()
        if self.unique or drawn < SHARE_NEW or not self.groups:
            group, text = self.groups, self._firing
            self.groups += 1
        else:
            group = self.chance.randrange(self.groups)
            text = self._resolved if drawn > 1 - SHARE_RESOLVED else self._firing
        return post, text.replace(str(_MARK).encode(), f"{group:09d}".encode())

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.began


async def connection(load: Load) -> None:
    """Send and wait, one delivery after another, until the time is over or nobody listens."""
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while load.elapsed < load.seconds:
        number, request = load.request()
        began = time.perf_counter()
        try:
            if reader is None or writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
            writer.write(request)
            status, keeps = await asyncio.wait_for(_answer(reader), ANSWER_SECONDS_MAX)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            if load.unique:
                break
            load.refused += 1
            reader = None
            await asyncio.sleep(0.01)
            continue
        ended = time.perf_counter()
        if 200 <= status < 300:  # noqa: PLR2004 - HTTP's successes
            load.answered.append((ended - load.began, ended - began))
            load.acknowledged.append(number)
        else:
            load.refused += 1
        if not keeps:
            writer.close()
            reader = None
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
    keeps = head.startswith(b"http/1.1") and b"connection: close" not in head
    return int(head.split(b" ", 2)[1]), keeps


async def run(load: Load, connections: int) -> dict[str, object]:
    """The load, and what it saw. Deliveries of the warm-up are not counted."""
    await asyncio.gather(*(connection(load) for _ in range(connections)))
    warm = min(WARM_UP_SECONDS, load.seconds / 4)
    counted = sorted(seconds for at, seconds in load.answered if at >= warm)
    at = [place for place, _ in load.answered]
    lasted = (max(at) if at else load.seconds) - warm
    return {
        "alerts_per_second": len(counted) * ALERTS_EACH / lasted,
        "p50_ms": round(counted[len(counted) // 2] * 1000, 2) if counted else 0.0,
        "p99_ms": round(counted[int(len(counted) * 0.99)] * 1000, 2) if counted else 0.0,
        "refused": load.refused,
        "acknowledged": load.acknowledged if load.unique else [],
    }


def main() -> None:
    """PORT PATH SECONDS CONNECTIONS [unique]"""
    port, path, seconds, connections, *rest = sys.argv[1:]
    load = Load(int(port), path, os.environ["BENCH_TOKEN"], "unique" in rest, float(seconds))
    print(json.dumps(asyncio.run(run(load, int(connections)))))


if __name__ == "__main__":
    main()
