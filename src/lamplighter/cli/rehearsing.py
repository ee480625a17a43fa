"""`lamplighter rehearse`: how one whole incident goes, on a container that a person breaks; followed live."""

from __future__ import annotations

import os
import sys
import time
from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client
from lamplighter.cli.output import Code, clock, has_unicode, say

PAUSE_SECONDS = 1.0
MARKS = {"done": ("✓", "ok"), "now": ("◌", ".."), "later": ("○", "--"), "missing": ("✗", "no")}


@asks
def rehearse(
    client: Client,
    once: Annotated[bool, typer.Option("--once", help="Say how it stands, and end.")] = False,
    minutes: Annotated[float, typer.Option("--minutes", min=0.01, max=120, help="Follow it for so long.")] = 15.0,
) -> Answer:
    """Break something on purpose: the lines to copy, and each step of the incident as it happens.

    You start the canary and end it; Lamplighter starts nothing. Ends with 0 when all steps are done, with 1 when one
    is missing or the time is over. Example: lamplighter rehearse --once
    """
    found = _asked(client)
    if once:
        return Answer(found, _lines(found), names=_names(found))
    said = _said(found, {})
    deadline = time.monotonic() + minutes * 60
    while not found["over"] and time.monotonic() < deadline:
        time.sleep(min(PAUSE_SECONDS, minutes * 60))
        found = _asked(client)
        said = _said(found, said)
    whole = all(stage["pace"] == "done" for stage in found["stages"])
    notes = (f"when you have seen enough: {found['clean']}",)
    return Answer(found, _lines(found), names=_names(found), notes=notes, code=Code.OK if whole else Code.FAILED)


def _asked(client: Client) -> dict[str, Any]:
    return client.get("/api/v1/rehearsal", holds="stages")


def _names(found: dict[str, Any]) -> tuple[str, ...]:
    return (found["incident"],) if found["incident"] else ()


def _said(found: dict[str, Any], before: dict[str, str]) -> dict[str, str]:
    """Tell what changed since, as words; the answer itself comes at the end."""
    now = {stage["name"]: f"{stage['pace']} {stage['words']}" for stage in found["stages"]}
    for stage in found["stages"]:
        if stage["pace"] != "later" and before.get(stage["name"]) != now[stage["name"]]:
            for line in _shown(stage):
                say(line)
    return now


def _lines(found: dict[str, Any]) -> tuple[str, ...]:
    lines = [line for stage in found["stages"] for line in _shown(stage)]
    done = sum(stage["pace"] == "done" for stage in found["stages"])
    of = f" of {found['incident']}" if found["incident"] else ""
    return (*lines, f"rehearsal{of}: {done} of {len(found['stages'])} steps")


def _shown(stage: dict[str, Any]) -> list[str]:
    mark = MARKS.get(stage["pace"], ("?", "?"))[0 if has_unicode(os.environ, sys.stdout.encoding) else 1]
    when = f" ({clock(stage['at'])}{_took(stage)})" if stage["at"] else ""
    words = f": {stage['words']}" if stage["words"] else ""
    lines = [f"{mark} {stage['name']}{when}{words}"]
    if stage["pace"] in {"now", "missing"}:
        lines += [f"    {line}" for line in stage["fix"].splitlines()]
        lines += [f"    {line}" for line in stage["line"].splitlines()]
    return lines


def _took(stage: dict[str, Any]) -> str:
    return "" if stage["took_seconds"] is None else f", after {stage['took_seconds']:.1f} s"
