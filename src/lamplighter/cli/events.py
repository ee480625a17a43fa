"""`lamplighter events`: what happens, as it happens, until Ctrl-C. A lost connection goes on where it was."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Annotated, Any

import httpx
import typer

from lamplighter.cli.client import Client, DataOption, ServerOption, TokenOption, connect
from lamplighter.cli.output import Code, Format, Output, Stop, clock, print_lines, say

PAUSE_SECONDS = 2.0
FAILURES_MAX = 30
CONNECT_SECONDS_MAX = 5.0
# The server says that it is still there every fifteen seconds.
SILENCE_SECONDS_MAX = 60.0
EVENT_CHARS_MAX = 1_000_000


def events(
    since: Annotated[int | None, typer.Option("--since", min=0, help="Also those past this sequence number.")] = None,
    count: Annotated[int | None, typer.Option("--count", min=1, help="End after so many.")] = None,
    output: Output = Format.TABLE,
    server: ServerOption = "",
    token: TokenOption = "",
    data: DataOption = None,
) -> None:
    """Follow what happens to all incidents. With -o json each event is one line of JSON."""
    client = connect(server, token, data)
    for number, event in enumerate(followed(client, since), start=1):
        print_lines(json.dumps(event) if output is Format.JSON else _line(event))
        if number == count:
            return


def followed(client: Client, since: int | None, pause_seconds: float = PAUSE_SECONDS) -> Iterator[dict[str, Any]]:
    """Every event, in order. Raises `Stop` where there was no server, or where it stays away FAILURES_MAX times."""
    last, failures, met = since, 0, False
    while failures <= FAILURES_MAX:
        try:
            for event in _stream(client, last):
                met = True
                if event:
                    last, failures = event["seq"], 0
                    yield event
            say("the server ended the connection; going on where it was")
        except Stop as stop:
            if stop.code is not Code.UNREACHABLE or not met:
                raise
            if not failures:
                say(f"{stop}; trying again every {pause_seconds:g} s")
        failures += 1
        time.sleep(pause_seconds)
    raise Stop(f"{client.address} did not answer {FAILURES_MAX} times", Code.UNREACHABLE)


def _stream(client: Client, last: int | None) -> Iterator[dict[str, Any]]:
    """The events of one connection; an empty one first, when it is open."""
    headers = {"Accept": "text/event-stream", **({} if last is None else {"Last-Event-ID": str(last)})}
    waiting = httpx.Timeout(SILENCE_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
    with client.opened(waiting) as http, http.stream("GET", "/api/v1/events", headers=headers) as answer:
        if answer.headers.get("content-type", "").split(";")[0] != "text/event-stream":
            answer.read()
            client.understood(answer, holds="text/event-stream")
        yield {}
        text = ""
        for line in answer.iter_lines():
            if line.startswith("data:"):
                text += line.removeprefix("data:").strip()
            elif not line and text:
                yield _read(text)
                text = ""
            if len(text) > EVENT_CHARS_MAX:
                raise Stop(f"{client.address} sent an event without an end")


def _read(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except ValueError as problem:
        raise Stop("the server sent an event that is no JSON") from problem
    if not isinstance(event, dict) or not isinstance(event.get("seq"), int):
        raise Stop("the server sent an event without a number")
    return event


def _line(event: dict[str, Any]) -> str:
    return (
        f"{clock(event['at'])}  {event['incident_id']:<8}  {event['crew']:<12}  {event['moment']:<12}  {event['text']}"
    )
