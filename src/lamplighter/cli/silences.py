"""`lamplighter silence` and `lamplighter maint`: mute messages and fixes for a while. Recording is never muted."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client, named, person
from lamplighter.cli.output import Code, Stop, clock

app = typer.Typer(help="Mute messages and fixes for a while; everything is still recorded.", no_args_is_help=True)
windows = typer.Typer(help="Planned work: when it is, and one more for now.", no_args_is_help=True)
COLUMNS = ("id", "what", "ends (UTC)", "by", "why", "starts (UTC)", "from")
NARROW = 5
MessageOption = Annotated[str, typer.Option("--message", "-m", help="Why.")]
WhatArgument = Annotated[
    list[str], typer.Argument(help='a component, or matchers such as alertname=X, then how long: "2h"')
]


@app.command("add")
@asks
def silence_add(client: Client, what: WhatArgument, message: MessageOption = "") -> Answer:
    """Mute what matches: `silence add jellyfin 2h -m "moving disks"`, `silence add alertname=X "until 8:00"`.

    All matchers must hold; a word alone is a component.
    """
    matchers, duration = _lasting(what)
    body = {"matchers": matchers, "duration": duration, "reason": message, "author": person()}
    found = client.post("/api/v1/silences", body, holds="id")
    words = f"{found['id']} mutes {found['words']} until {clock(found['ends_at'])} UTC"
    return Answer(found, (words,), names=(found["id"],))


@app.command("list")
@asks
def silence_list(
    client: Client,
    everything: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
) -> Answer:
    """What is muted now, or will be."""
    found = client.get("/api/v1/silences", {"ended": everything}, holds="silences")
    rows = [_row(one) for one in found["silences"]]
    return Answer(found, columns=COLUMNS, rows=rows, narrow=NARROW)


@app.command("expire")
@asks
def silence_expire(client: Client, silence: Annotated[str, typer.Argument(help="its id")]) -> Answer:
    """End a silence now; what still fires is told about."""
    found = client.delete(f"/api/v1/silences/{named('silence', silence)}", holds="id")
    return Answer(found, (f"{found['id']} has ended",), names=(found["id"],))


@windows.command("add")
@asks
def maint_add(client: Client, what: WhatArgument, message: MessageOption = "") -> Answer:
    """Planned work on these components from now on, for so long: `maint add nas pve1 2h -m "new disks"`."""
    targets, duration = _lasting(what)
    body = {"targets": targets, "duration": duration, "reason": message, "author": person()}
    found = client.post("/api/v1/maintenance", body, holds="id")
    words = f"{found['id']}: maintenance of {', '.join(targets)} until {clock(found['ends_at'])} UTC"
    return Answer(found, (words,), names=(found["id"],))


@windows.command("list")
@asks
def maint_list(client: Client) -> Answer:
    """Every window: the planned ones of the configuration, and those that were added by hand."""
    found = client.get("/api/v1/maintenance", holds="windows")
    rows = [_window(one) for one in found["windows"]]
    return Answer(found, columns=("id", "name", "targets", "when", "now"), rows=rows)


@windows.command("end")
@asks
def maint_end(client: Client, window: Annotated[str, typer.Argument(help="its id")]) -> Answer:
    """End a window that was added by hand; what still fires is told about."""
    found = client.delete(f"/api/v1/maintenance/{named('window', window)}", holds="id")
    return Answer(found, (f"{found['id']} has ended",), names=(found["id"],))


def _lasting(what: list[str]) -> tuple[list[str], str]:
    """The words before the last, and the last, which says how long; "2h" and "until 8:00" are the server's to read."""
    *words, last = what
    if not words:
        raise Stop('say what, and then for how long: jellyfin 2h, or jellyfin "until 8:00"', Code.USAGE)
    return words, last


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    what, ends, starts = one["words"], clock(one["ends_at"]), clock(one["starts_at"])
    return one["id"], what, ends, one["author"], one["reason"], starts, one["origin"]


def _window(one: dict[str, Any]) -> tuple[object, ...]:
    until, starts = one.get("open_until"), one.get("next_start")
    now = f"open until {clock(until)}" if until else f"opens {clock(starts)}" if starts else "over"
    return one.get("id") or "-", one["name"], ", ".join(one["targets"]), one.get("when", ""), now
