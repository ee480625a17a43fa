"""Evidence from Loki: the newest lines of a component's streams in the question's window. Read only."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.loki.client import LABELS, LokiClient
from lamplighter.integrations.loki.logql import NAMING_LABELS, meant, selector
from lamplighter.ports import ToolError

LINE_CHARS_MAX = 4000
LABELS_BYTES_MAX = 4096
WARNINGS_MAX = 5
WARNING_CHARS_MAX = 500


class LokiStreams:
    """Tool `loki.query_range`: the API's JSON, newest lines, at most 64 KiB. Each stream's `component` is set."""

    name = "loki.query_range"

    def __init__(self, client: LokiClient, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    def serves(self, _component: Component) -> bool:
        """Always: any component may write lines."""
        return True

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece; without any line where no stream of the window bears one of the component's names."""
        part = question.component
        query = f"GET {LABELS}"
        try:
            query = await self._query(question)
            if not query:
                query = f"GET {LABELS}: no label value of the window names {part.name}"
                return (self._evidence(part, query, fitting({}, part.name)[0]),)
            answer, more = await self._client.newest(query, question.start, question.end)
        except ToolError as problem:
            return (self._evidence(part, query, "", error=f"{query}: {problem}"),)
        content, cut = fitting(answer, part.name)
        return (self._evidence(part, query, content, truncated=more or cut),)

    async def _query(self, question: Question) -> str:
        """The selector of the component's streams, empty where there are none."""
        window = question.start, question.end
        present = set(await self._client.label_names(*window))
        for label in NAMING_LABELS:
            if label in present:
                values = meant(await self._client.label_values(label, *window), question.component.names)
                if values:
                    return selector(label, values)
        return ""

    def _evidence(
        self, part: Component, query: str, content: str, *, error: str = "", truncated: bool = False
    ) -> Evidence:
        params = {"query": query, "component": part.name}
        key = f"{self.name}:{part.name}"
        return Evidence(
            key, self.name, part.name, params, "application/json", content, self._now(), error, truncated=truncated
        )


def fitting(answer: Mapping[str, object], component: str) -> tuple[str, bool]:
    """The answer with as many of its newest lines as fit, and whether any was left out or cut."""
    data = answer.get("data")
    streams = data.get("result") if isinstance(data, dict) else None
    found = [one for one in streams if isinstance(one, dict)] if isinstance(streams, list) else []
    lines = [(at, text, index) for index, one in enumerate(found) for at, text in _lines(one)]
    lines.sort(key=lambda line: line[0], reverse=True)
    told = answer.get("warnings")
    warnings = [str(word)[:WARNING_CHARS_MAX] for word in told][:WARNINGS_MAX] if isinstance(told, list) else []
    partial = f'"warnings": {json.dumps(warnings)}, ' if warnings else ""
    head = f'{{"status": "success", {partial}"data": {{"resultType": "streams", "result": ['
    room = EVIDENCE_BYTES_MAX - len(head) - len("]}}")
    heads: dict[int, str] = {}
    kept: dict[int, list[str]] = {}
    count = 0
    for at, text, index in lines:
        value = json.dumps([str(at), text[:LINE_CHARS_MAX]])
        if index not in heads:
            heads[index] = _stream_head(found[index], component)
            room -= len(heads[index]) + len("]}, ")
        room -= len(value) + len(", ")
        if room < 0:
            break
        kept.setdefault(index, []).append(value)
        count += 1
    shown = ", ".join(f"{heads[index]}{', '.join(values)}]}}" for index, values in kept.items())
    cut = count < len(lines) or any(len(text) > LINE_CHARS_MAX for _, text, _ in lines[:count])
    return f"{head}{shown}]}}}}", cut


def _stream_head(stream: Mapping[str, object], component: str) -> str:
    labels = stream.get("stream")
    named = {"component": component}
    whole = {**labels, **named} if isinstance(labels, dict) else named
    text = json.dumps(whole)
    return f'{{"stream": {text if len(text) <= LABELS_BYTES_MAX else json.dumps(named)}, "values": ['


def _lines(stream: Mapping[str, object]) -> list[tuple[int, str]]:
    """The lines of one stream with their nanoseconds; what is no line is left out."""
    values = stream.get("values")
    lines: list[tuple[int, str]] = []
    for entry in values if isinstance(values, list) else ():
        match entry:
            case [str(at), str(text), *_] if at.isascii() and at.isdigit():
                lines.append((int(at[:25]), text))
    return lines
