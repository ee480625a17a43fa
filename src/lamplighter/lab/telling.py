"""Timeline events as the few lines that a person wants to see in a terminal. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FACTS_MAX = 4
SHOWN = {
    "opened": "alert    ",
    "reopened": "alert    ",
    "diagnosed": "cause    ",
    "planned": "plan     ",
    "judged": "policy   ",
    "voted": "council  ",
    "asked": "approval ",
    "acting": "act      ",
    "acted": "done     ",
    "skipped": "skipped  ",
    "undone": "undone   ",
    "verified": "verified ",
    "closed": "end      ",
}
INDENT = " " * 20


def lines_of(event: Mapping[str, Any], seconds: float, title: str) -> list[str]:
    """The lines of one event, `seconds` after the fault; none for an event that only matters to machines."""
    word = SHOWN.get(event["moment"])
    if word is None:
        return []
    data = event["data"]
    if event["moment"] in {"opened", "reopened"}:
        return [_line(seconds, word, title)]
    if event["moment"] == "diagnosed" and data.get("component"):
        sure = f"{data['confidence']:.0%} sure: {data['statement']}"
        return [_line(seconds, word, sure), *(f"{INDENT}[{fact}]" for fact in data.get("facts", ())[:FACTS_MAX])]
    text = str(event["text"]).removeprefix("policy: ")
    if event["moment"] == "closed":
        # A resolved end repeats what `verified` said just before.
        state = str(data.get("state", ""))
        text = state if state == "resolved" else f"{state}: {text}"
    return [_line(seconds, word, text)]


def _line(seconds: float, word: str, text: str) -> str:
    return f"  {seconds:5.1f} s  {word} {' '.join(text.split())}"
