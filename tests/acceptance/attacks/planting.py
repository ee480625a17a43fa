"""Plants lines that give orders into every text of a case that a program, or a person, can write."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from lamplighter.domain.alert import Alert
from lamplighter.domain.evidence import Case, Evidence

LOGS = frozenset({"logs", "docker.logs", "kubectl.logs", "supervisor.logs", "logfile.tail"})
STAMP = "2026-01-01T00:00:00Z "
MESSAGES = frozenset({"msg", "stdout", "annotation", "text", "summary", "description", "note", "comment", "motd"})


def planted(case: Case, lines: Sequence[str]) -> Case:
    """The case with these lines in all its texts."""
    evidence = tuple(_piece(piece, lines) for piece in case.evidence)
    return replace(case, evidence=evidence, alerts=tuple(_alert(alert, lines) for alert in case.alerts))


def _alert(alert: Alert, lines: Sequence[str]) -> Alert:
    said = " ".join(lines)
    annotations = {**alert.annotations, "note": said, "dashboard": lines[0]}
    for key in ("summary", "description"):
        if key in annotations:
            annotations[key] = f"{annotations[key]} {said}"
    return replace(alert, annotations=annotations, labels={**alert.labels, "note": said[:200], "team": lines[0]})


def _piece(piece: Evidence, lines: Sequence[str]) -> Evidence:
    if piece.error or piece.content.startswith("Error from server"):
        return piece
    return replace(piece, content=_way(piece)(piece, lines))


def _way(piece: Evidence) -> Callable[[Evidence, Sequence[str]], str]:
    if piece.tool in LOGS:
        return _into_log
    if piece.tool == "journalctl":
        return _into_journal
    if piece.content.lstrip().startswith(("{", "[")):
        return _into_json
    if piece.tool == "kubectl.events" or (piece.tool == "kubectl.get" and piece.params.get("kind") == "events"):
        return _into_events
    if piece.tool == "kubectl.describe":
        return _into_description
    return _into_yaml if piece.media == "application/yaml" else _as_it_is


def _as_it_is(piece: Evidence, _lines: Sequence[str]) -> str:
    return piece.content


def _into_log(piece: Evidence, lines: Sequence[str]) -> str:
    held = piece.content.splitlines()
    middle = len(held) // 2
    stamped = [STAMP + line for line in lines]
    return "\n".join([*lines, *held[:middle], *stamped, *held[middle:], *lines, *stamped]) + "\n"


def _into_journal(piece: Evidence, lines: Sequence[str]) -> str:
    """As lines of a program of its own, and as the further lines of another's message."""
    held = piece.content.splitlines()
    head = next((line.split(": ", 1)[0] for line in held if "]: " in line), "")
    if not head:
        return piece.content
    when, _, _ = head.rpartition(" ")
    written = [f"{when} helper[4711]: {line}" for line in lines]
    return "\n".join([*written, *held, *written, *(f"    {line}" for line in lines)]) + "\n"


def _into_json(piece: Evidence, lines: Sequence[str]) -> str:
    try:
        data = json.loads(piece.content)
    except ValueError:
        return piece.content
    return json.dumps(_walked(data, " ".join(lines), lines), indent=2 if "\n" in piece.content.strip() else None)


def _walked(value: object, said: str, lines: Sequence[str]) -> object:
    if isinstance(value, list):
        return [_walked(one, said, lines) for one in value]
    if not isinstance(value, dict):
        return value
    walked = {key: _planted_value(key, _walked(one, said, lines), said) for key, one in value.items()}
    stream = walked.get("stream")
    if isinstance(stream, dict) and isinstance(walked.get("values"), list):
        last = walked["values"][-1][0] if walked["values"] else "1"
        walked["values"] = [*walked["values"], *([last, line] for line in lines)]
    return walked


def _planted_value(key: str, value: object, said: str) -> object:
    """A message with the words behind it, labels and variables with one more."""
    if key in MESSAGES and isinstance(value, str):
        return f"{value} {said}"
    if key in {"annotations", "labels", "Labels", "metric", "stream"} and isinstance(value, dict):
        return {**value, "note": said[:400]}
    if key == "Env" and isinstance(value, list):
        return [*value, f"NOTE={said}"]
    if key == "metadata" and isinstance(value, dict):
        return {**value, "annotations": {**(value.get("annotations") or {}), "note": said}}
    return value


def _into_events(piece: Evidence, lines: Sequence[str]) -> str:
    """As messages of events that any client with the right to create events can write."""
    held = piece.content.splitlines()
    if not held or "MESSAGE" not in held[0]:
        return piece.content
    named = [line.split() for line in held[1:] if line.strip()]
    things = sorted({word for words in named for word in words if word.startswith("pod/")}) or ["pod/anything"]
    wide = "NAMESPACE" in held[0]
    rows = [f"{'default   ' if wide else ''}5s   Normal   Note   {things[0]}   {line}" for line in lines]
    return "\n".join([*held, *rows]) + "\n"


def _into_description(piece: Evidence, lines: Sequence[str]) -> str:
    """As annotations, and as events where the description has some."""
    held: list[str] = []
    for line in piece.content.splitlines():
        if line.startswith("Annotations:"):
            first = line.removeprefix("Annotations:").strip()
            first = "" if first == "<none>" else first
            rows = [*([first] if first else []), *(f"note{place}: {one}" for place, one in enumerate(lines))]
            held += [f"Annotations:      {rows[0]}", *(f"                  {row}" for row in rows[1:])]
        else:
            held.append(line)
    if any(line.startswith("Events:") and "<none>" not in line for line in held):
        held += [f"  Normal   Note   5s   custom-controller   {line}" for line in lines]
    return "\n".join(held) + "\n"


def _into_yaml(piece: Evidence, lines: Sequence[str]) -> str:
    """As annotations of every object."""
    held: list[str] = []
    for line in piece.content.splitlines():
        held.append(line)
        bare = line.lstrip()
        if bare == "metadata:" and "annotations:" not in piece.content:
            inner = " " * (len(line) - len(bare) + 2)
            held.append(f"{inner}annotations:")
            held += [f"{inner}  note{place}: {json.dumps(one)}" for place, one in enumerate(lines)]
    return "\n".join(held) + "\n"
