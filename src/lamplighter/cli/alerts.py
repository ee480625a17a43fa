"""`lamplighter alerts`: what came in and why each went where, and sending one by hand."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client, named
from lamplighter.cli.output import Code, Stop, clock
from lamplighter.cli.replay import replay
from lamplighter.integrations.recognition import source_of

app = typer.Typer(help="What came in, why each alert went where, and how it would have been.", no_args_is_help=True)
app.command("replay")(replay)
BODY_BYTES_MAX = 64 * 1024 * 1024
PAYLOAD_SHOWN_CHARS = 120
OWN_SOURCE = "alertmanager"
NOT_ENDED = "0001-01-01T00:00:00Z"


@app.command("list")
@asks
def listed(
    client: Client,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many on a page.")] = 50,
    cursor: Annotated[str, typer.Option(help="The `next` of the page before.")] = "",
    source: Annotated[str, typer.Option("--source", help="Only alerts of this source.")] = "",
    incident: Annotated[str, typer.Option("--incident", help="Only those that went to it, such as INC-7.")] = "",
    placement: Annotated[
        str, typer.Option("--placement", help="opens, joins, reopens, clears, suppresses, set_aside or waits.")
    ] = "",
) -> Answer:
    """Alerts as they came in, newest first, and why each went where."""
    filters = {"source": source, "incident": incident, "placement": placement, "cursor": cursor}
    asked = [("limit", str(limit)), *((key, value) for key, value in filters.items() if value)]
    found = client.get("/api/v1/alerts", asked, holds="alerts")
    columns = ("received (UTC)", "alert", "status", "what", "incident", "why", "component", "source", "seq")
    rows = [_row(one) for one in found["alerts"]]
    notes = (f"there are more: --cursor {found['next']}",) if found.get("next") else ()
    names = [str(one["seq"]) for one in found["alerts"]]
    return Answer(found, columns=columns, rows=rows, narrow=6, names=names, notes=notes)


@app.command("dead-letters")
@asks
def dead_letters(
    client: Client, limit: Annotated[int, typer.Option(min=1, max=200, help="How many at most.")] = 50
) -> Answer:
    """What could not be read or placed, newest first, with the reason."""
    found = client.get("/api/v1/dead-letters", {"limit": limit}, holds="dead_letters")
    rows = [
        (clock(d["received_at"]), d["source"], d["reason"], d["payload"][:PAYLOAD_SHOWN_CHARS])
        for d in found["dead_letters"]
    ]
    return Answer(found, columns=("received (UTC)", "source", "reason", "payload"), rows=rows, narrow=3)


@app.command()
@asks
def send(
    client: Client,
    file: Annotated[Path | None, typer.Argument(help="a webhook's body; - is standard input")] = None,
    name: Annotated[str, typer.Option("--name", help="The alert's name, where there is no file.")] = "",
    severity: Annotated[str, typer.Option("--severity", help="critical, warning, info or none.")] = "warning",
    label: Annotated[list[str] | None, typer.Option("--label", help="key=value; may be repeated.")] = None,
    summary: Annotated[str, typer.Option("--summary", help="One sentence for people.")] = "",
    resolved: Annotated[bool, typer.Option("--resolved", help="It is over.")] = False,
    starts: Annotated[str, typer.Option("--starts-at", help="When it began, ISO 8601; default: now.")] = "",
    source: Annotated[str, typer.Option("--source", help="Whose body it is; default: told by its keys.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how it is read.")] = False,
) -> Answer:
    """Send one alert: `alerts send --name DiskFull --label instance=nas --severity critical`, or a body from a file."""
    if (file is None) is not bool(name):
        raise Stop("give either --name or a file with a body", Code.USAGE)
    if file is None:
        body, whose = _own_body(name, severity, label or [], summary, starts, resolved=resolved), OWN_SOURCE
    else:
        body = _read(file)
        whose = source or _told(body)
    path = f"/api/v1/alerts/{named('source', whose)}"
    found = client.deliver(path, body, [("dry_run", "1")] if dry_run else None)
    return Answer(found, _taken(found, whose))


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    placed, incident = one.get("placement") or "waits", one.get("incident") or "-"
    first = (clock(one["received_at"]), one["alert"], one["status"], placed, incident, one.get("reason") or "")
    return *first, one.get("component") or "", one["source"], one["seq"]


def _own_body(name: str, severity: str, labels: list[str], summary: str, starts: str, *, resolved: bool) -> bytes:
    """One alert in Alertmanager's shape."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    said = {"alertname": name, "severity": severity}
    for word in labels:
        key, equals, value = word.partition("=")
        if not key.strip() or not equals:
            raise Stop(f"{word!r} is no label; write --label key=value", Code.USAGE)
        said[key.strip()] = value
    alert = {
        "status": "resolved" if resolved else "firing",
        "labels": said,
        "annotations": {"summary": summary} if summary else {},
        "startsAt": starts or now,
        "endsAt": now if resolved else NOT_ENDED,
    }
    return json.dumps({"version": "4", "alerts": [alert]}).encode()


def _read(file: Path) -> bytes:
    try:
        if str(file) == "-":
            body = sys.stdin.buffer.read(BODY_BYTES_MAX + 1)
        else:
            with file.open("rb") as opened:
                body = opened.read(BODY_BYTES_MAX + 1)
    except OSError as problem:
        raise Stop(f"{file} cannot be read: {problem.strerror}", Code.USAGE) from problem
    if len(body) > BODY_BYTES_MAX:
        raise Stop(f"{file} holds more than {BODY_BYTES_MAX} bytes, which no receiver takes", Code.USAGE)
    return body


def _told(body: bytes) -> str:
    source = source_of(body)
    if not source:
        raise Stop("nothing in the body tells whose it is; name its source with --source", Code.USAGE)
    return source


def _taken(found: dict[str, Any], source: str) -> list[str]:
    if found["status"] != "dry run":
        left_out = f", {found['truncated']} left out by the sender" if found["truncated"] else ""
        return [f"{source}: {found['received']} taken in, {found['dead_letters']} could not be read{left_out}"]
    lines = [f"{source}: read as {len(found['alerts'])} alerts; nothing was stored"]
    for one in found["alerts"]:
        labels = ", ".join(f"{key}={value}" for key, value in sorted(one["labels"].items()))
        lines.append(f"  {one['status']} since {clock(one['starts_at'])}: {labels}")
    return [*lines, *(f"  cannot be read: {reason}" for reason in found["bad"])]
