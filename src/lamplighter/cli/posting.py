"""Sends the bodies of a recorded stream to the running server, in order, one at a time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from lamplighter.cli.client import Client
from lamplighter.cli.output import Code, Stop
from lamplighter.lab.replay_stream import Broken, ClosedByHand, Recorded

TRIES_MAX = 6
WAIT_SECONDS_MAX = 10.0
REFUSED_SHOWN_MAX = 50


@dataclass(slots=True)
class Posted:
    """What the server took."""

    bodies: int = 0
    accepted: int = 0
    alerts: int = 0
    dead_letters: int = 0
    truncated: int = 0
    skipped: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, line: int, reason: str) -> None:
        """A line that was not taken, and why."""
        self.skipped += 1
        if len(self.refused) < REFUSED_SHOWN_MAX:
            self.refused.append({"line": line, "reason": reason})

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)

    def lines(self) -> list[str]:
        """For people."""
        first = f"{self.accepted:,} of {self.bodies:,} bodies were taken: {self.alerts:,} alerts"
        if self.dead_letters:
            first += f", {self.dead_letters:,} that could not be read"
        shown = [f"  line {one['line']}: {one['reason']}" for one in self.refused]
        left = self.skipped - len(self.refused)
        return [first, *shown, *([f"  and {left:,} lines more"] if left else [])]


def post(
    client: Client, lines: Iterator[Recorded | ClosedByHand | Broken], wait_seconds: float = WAIT_SECONDS_MAX
) -> Posted:
    """Send every body; a server without room is waited for, `wait_seconds` at most each time.

    Raises `Stop` with the line where the server is away or does not let us in.
    """
    posted = Posted()
    with client.opened() as http:
        for line in lines:
            if isinstance(line, Broken):
                posted.refuse(line.number, line.reason)
            elif isinstance(line, ClosedByHand):
                posted.refuse(line.number, "a person closed something here; that is only replayed with --dry-run")
            elif not line.source:
                posted.refuse(line.number, "nothing in the body tells whose it is; name it with --source")
            else:
                _send(client, http, line, posted, wait_seconds)
    return posted


def _send(client: Client, http: httpx.Client, line: Recorded, posted: Posted, wait_seconds: float) -> None:
    posted.bodies += 1
    try:
        answer = _answered(http, line, wait_seconds)
    except httpx.HTTPError as problem:
        raise Stop(f"line {line.number}: {client.address} went away ({problem})", Code.UNREACHABLE) from problem
    if answer.status_code in {httpx.codes.BAD_REQUEST, httpx.codes.NOT_FOUND, httpx.codes.UNPROCESSABLE_ENTITY}:
        posted.refuse(line.number, str(answer.json().get("detail", answer.reason_phrase)))
        return
    try:
        taken = client.understood(answer, holds="received")
    except Stop as stop:
        raise Stop(f"line {line.number}: {stop}", stop.code) from stop
    posted.accepted += 1
    posted.alerts += taken["received"]
    posted.dead_letters += taken["dead_letters"]
    posted.truncated += taken["truncated"]


def _answered(http: httpx.Client, line: Recorded, wait_seconds: float) -> httpx.Response:
    """The answer; where the server has no room now, it says when to try again."""
    tries = 1
    while True:
        answer = http.post(f"/api/v1/alerts/{line.source}", content=line.body, headers=dict(line.headers))
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or tries >= TRIES_MAX:
            return answer
        tries += 1
        wanted = answer.headers.get("Retry-After", "")
        time.sleep(min(wait_seconds, float(wanted) if wanted.isdigit() else 1.0))
