"""One run of a playbook, whoever recorded it, and whether it touched a component. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Protocol

from lamplighter.domain.topology import Component

TASKS_MAX = 50
HOSTS_MAX = 50
TEXT_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Task:
    """What one task did on one host."""

    name: str
    action: str
    host: str
    message: str = ""


@dataclass(slots=True)
class Run:
    """One run; `hosts` counts ok, changed, failed and unreachable by host."""

    playbook: str
    started: datetime | None = None
    ended: datetime | None = None
    hosts: dict[str, dict[str, int]] = field(default_factory=dict)
    changed: list[Task] = field(default_factory=list)
    failed: list[Task] = field(default_factory=list)
    source: str = ""

    def is_within(self, start: datetime, end: datetime) -> bool:
        """Whether any part of it lies between."""
        began, over = self.started or self.ended, self.ended or self.started
        return began is not None and over is not None and began <= end and over >= start

    def told(self, names: Iterable[str], hosts: frozenset[str]) -> dict[str, object]:
        """The run as evidence, what concerns these hosts and names first, bounded."""
        named = tuple(names)

        def rank(task: Task) -> tuple[bool, bool]:
            return not names_any(task.name, named), not is_one_of(task.host, hosts)

        return {
            "playbook": self.playbook[:TEXT_CHARS_MAX],
            "started": self.started.isoformat() if self.started else None,
            "ended": self.ended.isoformat() if self.ended else None,
            "hosts": dict(sorted(self.hosts.items(), key=lambda item: not is_one_of(item[0], hosts))[:HOSTS_MAX]),
            "changed_count": len(self.changed),
            "failed_count": len(self.failed),
            "changed": [_told(task) for task in sorted(self.changed, key=rank)[:TASKS_MAX]],
            "failed": [_told(task) for task in sorted(self.failed, key=rank)[:TASKS_MAX]],
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """The runs of one record, newest first, and whether some were left out."""

    runs: tuple[Run, ...]
    truncated: bool = False


class Record(Protocol):
    """Something that keeps runs."""

    def query(self, start: datetime) -> str:
        """What is asked, in words that a person could repeat."""
        ...

    async def runs(self, start: datetime, end: datetime) -> Found:
        """The runs between. Raises `ToolError`."""
        ...


def hosts_of(component: Component, rules: Mapping[str, str]) -> frozenset[str]:
    """The hosts of an inventory that a component may run on: its own names, its nodes', and what the rules say."""
    nodes = {edge.target for edge in component.edges if edge.kind == "runs_on" and edge.source == component.name}
    ruled = {host for pattern, host in rules.items() if any(fnmatchcase(name, pattern) for name in component.names)}
    return component.names | nodes | ruled


def is_one_of(host: str, hosts: Iterable[str]) -> bool:
    """Whether a host is one of these, with or without its domain."""
    return any(host.lower() == one.lower() or _short(host) == _short(one) for one in hosts)


def names_any(text: str, names: Iterable[str]) -> bool:
    """Whether a text names one of these as a word of its own."""
    return any(
        re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text[:1000], re.IGNORECASE) for name in names if name
    )


def touches(run: Run, component: Component, hosts: frozenset[str]) -> bool:
    """Whether a run had to do with one of the hosts, or names the component."""
    if any(is_one_of(host, hosts) for host in (*run.hosts, *(task.host for task in (*run.changed, *run.failed)))):
        return True
    texts = (run.playbook, *(task.name for task in (*run.changed, *run.failed)))
    return any(names_any(text, component.names) for text in texts)


def moment(text: object) -> datetime | None:
    """An ISO moment in UTC; None where it is none. No zone reads as UTC, as Ansible writes it."""
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def text_of(value: object) -> str:
    """A text as it may be kept: cut, and empty where it is none."""
    return value[:TEXT_CHARS_MAX] if isinstance(value, str) else ""


def _short(host: str) -> str:
    try:
        ip_address(host)
    except ValueError:
        return host.lower().split(".", maxsplit=1)[0]
    return host


def _told(task: Task) -> dict[str, str]:
    told = {"task": task.name[:TEXT_CHARS_MAX], "action": task.action[:TEXT_CHARS_MAX], "host": task.host}
    return {**told, "message": task.message[:TEXT_CHARS_MAX]} if task.message else told
