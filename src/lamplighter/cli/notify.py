"""`lamplighter notify`: what people were told, what could not be delivered, and a test message."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client
from lamplighter.cli.output import Code, clock

app = typer.Typer(help="Messages to people, and what became of them.", no_args_is_help=True)
COLUMNS = ("created (UTC)", "channel", "state", "first line", "problem", "tries", "incident", "key")
NARROW = 5
WAIT_SECONDS_MAX = 20
OVER = frozenset({"sent", "dead", "superseded"})


@app.command("list")
@asks
def listed(
    client: Client,
    state: Annotated[str, typer.Option("--state", help="queued, sending, sent, dead or superseded.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=200)] = 50,
) -> Answer:
    """Messages, newest first; --state dead shows what was given up, and why."""
    params = {"limit": limit, **({"state": state} if state else {})}
    found = client.get("/api/v1/notifications", params, holds="notifications")
    return _table(found, found["notifications"])


@app.command("test")
@asks
def send_test(
    client: Client, channel: Annotated[str, typer.Argument(help="its name; all channels where it is left out")] = ""
) -> Answer:
    """Send a test message, and wait for a moment to see what becomes of it."""
    keys = set(client.post("/api/v1/notifications/test", {"channel": channel}, holds="keys")["keys"])
    letters: list[dict[str, Any]] = []
    for _ in range(WAIT_SECONDS_MAX):
        found = client.get("/api/v1/notifications", {"limit": 200}, holds="notifications")
        letters = [one for one in found["notifications"] if one["key"] in keys]
        if letters and all(one["state"] in OVER for one in letters):
            break
        time.sleep(1)
    code = Code.OK if letters and all(one["state"] == "sent" for one in letters) else Code.FAILED
    return _table(letters, letters, code)


def _table(data: object, letters: list[dict[str, Any]], code: Code = Code.OK) -> Answer:
    return Answer(data, columns=COLUMNS, rows=[_row(one) for one in letters], narrow=NARROW, code=code)


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    return (
        clock(one["created_at"]),
        one["channel"],
        one["state"],
        one["first_line"],
        one["problem"],
        one["attempts"],
        one["incident"],
        one["key"],
    )
