"""A replayed stream in words for people: the incidents, one sentence, what could not be read. Counts nothing itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

COLUMNS = ("incident", "opened (UTC)", "lasted", "severity", "component", "title", "troubles", "alerts", "notes")
NARROW = None
ASIDE_SHOWN_MAX = 5
MINUTE_SECONDS = 60
HOUR_SECONDS = 3600
DAY_SECONDS = 86_400


def summary(report: dict[str, Any]) -> list[str]:
    """What is said below the table; the sentence that counts comes first."""
    lines = ["", _sentence(report)]
    grouped = [
        f"{report['repeats']:,} repeats" if report["repeats"] else "",
        f"{len(report['merges']) + report['left_out']['merges']:,} merged" if report["merges"] else "",
        f"{report['cleared']:,} all-clears" if report["cleared"] else "",
        f"{report['suppressed']:,} put aside (signs of life, late deliveries)" if report["suppressed"] else "",
    ]
    said = ", ".join(filter(None, grouped))
    lines += [f"  {said}"] if said else []
    lines += _troubles(report) + _unread(report)
    if any(report["left_out"].values()):
        left = ", ".join(f"{number:,} {what}" for what, number in report["left_out"].items() if number)
        lines.append(f"  counted but not listed: {left}")
    return lines


def rows(report: dict[str, Any]) -> list[tuple[object, ...]]:
    """The incidents, oldest first."""
    return [
        (
            one["id"],
            one["opened_at"][:19].replace("T", " "),
            _lasted(one, report["ends"]),
            one["severity"],
            one["component"] or "-",
            one["title"],
            one["members"],
            one["alerts"],
            _notes(one),
        )
        for one in report["list"]
    ]


def _sentence(report: dict[str, Any]) -> str:
    alerts, incidents = report["alerts"], report["incidents"]
    first = f"{alerts:,} alert{'s' * (alerts != 1)} would have been {incidents:,} incident{'s' * (incidents != 1)}"
    if report["messages"]:
        first += f" and {report['messages']:,} message{'s' * (report['messages'] != 1)}"
    return f"{first}: {report['noise_reduction']:.0%} less noise" if incidents < alerts else first


def _troubles(report: dict[str, Any]) -> list[str]:
    told = [
        f"{report['regressions']:,} came back after a fix" if report["regressions"] else "",
        f"{report['flapping']:,} flapped" if report["flapping"] else "",
        f"{report['reopened']:,} times one opened again" if report["reopened"] else "",
        f"{report['storms']:,} storms" if report["storms"] else "",
        f"{report['truncated']:,} alerts were left out by their sender" if report["truncated"] else "",
    ]
    said = ", ".join(filter(None, told))
    return [f"  {said}"] if said else []


def _unread(report: dict[str, Any]) -> list[str]:
    shown = report["set_aside"][:ASIDE_SHOWN_MAX]
    lines = [f"  could not be read: line {one['line']}: {one['reason']}" for one in shown]
    more = report["broken_lines"] + report["dead_letters"] - len(shown)
    return [*lines, f"  and {more:,} more that could not be read"] if more else lines


def _lasted(one: dict[str, Any], ends: str | None) -> str:
    until = one["closed_at"] or ends
    if until is None:
        return ""
    seconds = (datetime.fromisoformat(until) - datetime.fromisoformat(one["opened_at"])).total_seconds()
    words = _duration(seconds)
    return words if one["closed_at"] else f"{words}, open"


def _duration(seconds: float) -> str:
    if seconds < MINUTE_SECONDS:
        return f"{seconds:.0f} s"
    if seconds < HOUR_SECONDS:
        return f"{seconds / MINUTE_SECONDS:.0f} min"
    if seconds < DAY_SECONDS:
        return f"{seconds / HOUR_SECONDS:.1f} h"
    return f"{seconds / DAY_SECONDS:.1f} d"


def _notes(one: dict[str, Any]) -> str:
    notes = [
        "flapping" if one["flapping"] else "",
        f"regression of {one['regression_of']}" if one["regression_of"] else "",
    ]
    notes.append(f"resolved: {one['resolution']}" if one["state"] == "resolved" else "")
    return ", ".join(filter(None, notes))
