"""Evidence from Ansible: the runs of the window and of the day before it that touched a component. Read only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.ansible.run import Found, Record, hosts_of, touches
from lamplighter.ports import ToolError

BEFORE = timedelta(hours=24)


class AnsibleRuns:
    """Tool `ansible.runs`: `{"runs": […]}`, newest first, at most 64 KiB; one piece for each record of runs."""

    name = "ansible.runs"

    def __init__(self, records: Sequence[Record], hosts: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._records = tuple(records)
        self._hosts = hosts
        self._now = now

    def serves(self, _component: Component) -> bool:
        """Always: any component may have been changed."""
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """What each record tells; where it could not be read, with `error`."""
        return [await self._look(index, record, question) for index, record in enumerate(self._records)]

    async def _look(self, index: int, record: Record, question: Question) -> Evidence:
        part, start = question.component, question.start - BEFORE
        query = record.query(start)
        content, error, truncated = "", "", False
        try:
            found = await record.runs(start, question.end)
            content, truncated = fitting(found, part, hosts_of(part, self._hosts))
        except ToolError as problem:
            error = f"{query}: {problem}"
        params = {"query": query, "component": part.name}
        key, media = f"{self.name}:{part.name}:{index}", "application/json"
        return Evidence(key, self.name, part.name, params, media, content, self._now(), error, truncated)


def fitting(found: Found, component: Component, hosts: frozenset[str]) -> tuple[str, bool]:
    """The newest runs that touched the component and fit, and whether some were left out."""
    chosen = [run for run in found.runs if touches(run, component, hosts)]
    kept: list[str] = []
    size = len('{"runs": []}')
    for run in chosen:
        text = json.dumps(run.told(component.names, hosts))
        size += len(text) + len(", ")
        if size > EVIDENCE_BYTES_MAX:
            break
        kept.append(text)
    return f'{{"runs": [{", ".join(kept)}]}}', found.truncated or len(kept) < len(chosen)
