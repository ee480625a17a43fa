"""Reads streams of Loki as the logs of their own components. Their text is never obeyed."""

from __future__ import annotations

from dataclasses import replace

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, record, text
from lamplighter.diagnosis.readers.draft import owner
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.diagnosis.readers.log_lines import read_log
from lamplighter.diagnosis.readers.prometheus import read_prometheus
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 5_000
COMPONENTS_MAX = 50
NAMING_LABELS = (
    "component",
    "service",
    "service_name",
    "container",
    "container_name",
    "compose_service",
    "app",
    "pod",
    "unit",
    "job",
    "host",
    "instance",
)
_NANOSECONDS = 1_000_000_000
Line = tuple[int, str]


def read_streams(evidence: Evidence) -> list[Fact]:
    """The facts of each component's lines in the order of their times. Raises `Unreadable`."""
    answer = record(decoded(evidence.content))
    kind = text(answer, "data", "resultType")
    if kind in {"matrix", "vector"}:
        return read_prometheus(evidence)
    if kind != "streams":
        raise Unreadable("streams of Loki were expected")
    logs: dict[str, list[Line]] = {}
    for stream in items(answer, "data", "result"):
        name = component_of(at(stream, "stream")) or owner(evidence)
        if name in logs or len(logs) < COMPONENTS_MAX:
            logs.setdefault(name, []).extend(_lines(stream))
    # A stream's labels cannot make its lines those of a trusted guard.
    params = {key: value for key, value in evidence.params.items() if key != "log"}
    facts: list[Fact] = []
    for name in sorted(logs):
        lines = sorted(logs[name], key=lambda line: line[0])[-LINES_MAX:]
        content = "\n".join(_stamped(nanoseconds, line) for nanoseconds, line in lines)
        facts += read_log(replace(evidence, component=name, params=params, content=content))
    return facts


def component_of(labels: object) -> str:
    """The component that a stream's labels name, or empty."""
    for label in NAMING_LABELS:
        value = text(labels, label).removeprefix("/")
        if value:
            plain = value.rsplit("/", maxsplit=1)[-1].removesuffix(".service")
            return plain.split(":", maxsplit=1)[0] if label == "instance" else plain
    return ""


def _lines(stream: object) -> list[Line]:
    lines: list[Line] = []
    for entry in items(stream, "values"):
        match entry:
            case [str(moment), str(line), *_] if moment.isascii() and moment.isdigit():
                lines.append((int(moment[:25]), line))
    return lines


def _stamped(nanoseconds: int, line: str) -> str:
    moment = from_epoch(nanoseconds / _NANOSECONDS)
    return f"{moment.isoformat()} {line}" if moment else line
