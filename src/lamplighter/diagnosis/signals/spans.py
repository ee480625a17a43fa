"""Spans of traces, from CSV or OTLP, folded into visits: one component serving one request, and what it did."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, number, text
from lamplighter.diagnosis.signals.series import BASELINE, PHASE
from lamplighter.domain.evidence import Case, Evidence

TRACES = "traces"
SPANS_MAX = 200_000
REPEATS_MAX = 3
NAME_CHARS_MAX = 200
NANOSECONDS = 1e9
MILLISECONDS = 1e3
ATTRIBUTE_SERVICE = "service.name"
ERROR_CODES = frozenset({"2", "ERROR", "STATUS_CODE_ERROR", "error", "Error"})
_FAILED = re.compile(r"^(?:error|failed|2|5\d\d|status_code_error)$", re.IGNORECASE)
_COLUMNS = {
    "trace": ("trace_id", "traceid", "trace"),
    "span": ("span_id", "spanid", "id"),
    "parent": ("parent_id", "parentid", "parent_span_id", "parent"),
    "component": ("component", "service", "service_name", "podname"),
    "operation": ("operation", "operation_name", "name"),
    "start": ("start", "start_time", "starttime"),
    "duration": ("duration_ms", "duration"),
    "status": ("status", "status_code", "error"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """One timed operation; `start` in seconds since 1970, `duration` in seconds."""

    trace: str
    id: str
    parent: str
    component: str
    operation: str
    start: float
    duration: float
    failed: bool


@dataclass(slots=True)
class Visit:
    """A request served by one component: what it did itself, whom it called, and the time that was its own."""

    component: str
    entry: str
    trace: str
    start: float
    duration: float
    own: float
    failed: bool
    caller: str = ""
    evidence: str = ""
    failed_below: bool = False
    deeds: set[str] = field(default_factory=set)

    def note(self, deed: str) -> None:
        """Write a deed down; what is done again is another deed, up to REPEATS_MAX times."""
        for time in range(1, REPEATS_MAX + 1):
            again = deed if time == 1 else f"{deed} ({time} times)"
            if again not in self.deeds:
                self.deeds.add(again)
                return


def visits_of(case: Case) -> tuple[list[Visit], list[Visit], dict[str, Visit]]:
    """Visits in the window, visits in the normal stretch, and all of them by the ids of their spans."""
    window: list[Visit] = []
    normal: list[Visit] = []
    by_span: dict[str, Visit] = {}
    for piece in case.evidence:
        if piece.tool == TRACES and not piece.error:
            try:
                spans = list(read_spans(piece))
            except Unreadable:
                continue
            found = folded(spans, by_span)
            for visit in found:
                visit.evidence = piece.id
            (normal if piece.params.get(PHASE) == BASELINE else window).extend(found)
    return window, normal, by_span


def read_spans(piece: Evidence) -> Iterator[Span]:
    """The spans in one piece of evidence, at most SPANS_MAX. Raises `Unreadable`."""
    content = piece.content.lstrip()
    return _from_otlp(content) if content[:1] in {"{", "["} else _from_csv(content)


def folded(spans: Iterable[Span], by_span: dict[str, Visit]) -> list[Visit]:
    """The visits that spans make up; `by_span` is filled on the way."""
    everything = {(span.trace, span.id): span for span in spans}
    visits: dict[tuple[str, str], Visit] = {}
    for key in everything:
        _visit(key, everything, visits)
    for key, span in everything.items():
        visit = visits[key]
        by_span[span.id] = visit
        parent = visits.get((span.trace, span.parent))
        visit.failed = visit.failed or span.failed
        if parent is None:
            continue
        if parent is visit:
            visit.note(span.operation)
        else:
            visit.caller = parent.component
            parent.note(f"calls {span.component} {span.operation}")
            parent.own -= span.duration
            parent.failed_below = parent.failed_below or span.failed
    return list({id(visit): visit for visit in visits.values()}.values())


def _visit(key: tuple[str, str], everything: dict[tuple[str, str], Span], visits: dict[tuple[str, str], Visit]) -> None:
    """Give a span and those above it in the same component their visit."""
    path: list[tuple[str, str]] = []
    current = key
    while current not in visits:
        span = everything[current]
        above = everything.get((span.trace, span.parent))
        path.append(current)
        looped = above is not None and (above.trace, above.id) in path[-64:]
        if above is None or above.component != span.component or looped or len(path) >= SPANS_MAX:
            visits[current] = Visit(
                span.component, span.operation, span.trace, span.start, span.duration, span.duration, span.failed
            )
        else:
            current = (above.trace, above.id)
    for one in path:
        visits[one] = visits[current]


def _from_csv(content: str) -> Iterator[Span]:
    rows = csv.reader(content.splitlines())
    header = [name.strip().lower() for name in next(rows, [])]
    place = {key: next((header.index(name) for name in names if name in header), -1) for key, names in _COLUMNS.items()}
    if min(place["trace"], place["span"], place["component"], place["operation"]) < 0:
        raise Unreadable("spans need the columns trace_id, span_id, component and operation")
    trace, span, parent = place["trace"], place["span"], place["parent"]
    who, what, began, took, status = (place[key] for key in ("component", "operation", "start", "duration", "status"))
    for count, row in enumerate(rows):
        if count >= SPANS_MAX:
            return
        if len(row) < len(header):
            continue
        yield Span(
            row[trace],
            row[span],
            row[parent] if parent >= 0 else "",
            row[who],
            row[what][:NAME_CHARS_MAX],
            _instant(row[began]) if began >= 0 else 0.0,
            _seconds(row[took]) if took >= 0 else 0.0,
            status >= 0 and bool(_FAILED.match(row[status])),
        )


def _instant(raw: str) -> float:
    try:
        return datetime.fromisoformat(raw).timestamp() if not raw.isdecimal() else _epoch(float(raw[:25]))
    except ValueError:
        return 0.0


def _epoch(value: float) -> float:
    """Seconds, from seconds, milliseconds, microseconds or nanoseconds."""
    for unit in (NANOSECONDS, 1e6, MILLISECONDS):
        if value >= NANOSECONDS * unit:
            return value / unit
    return value


def _seconds(raw: str) -> float:
    try:
        value = float(raw)
    except ValueError:
        return 0.0
    return value / MILLISECONDS if math.isfinite(value) else 0.0


def _from_otlp(content: str) -> Iterator[Span]:
    document = decoded(content)
    count = 0
    for group in items(document, "resourceSpans"):
        component = next(
            (
                text(entry, "value", "stringValue")
                for entry in items(group, "resource", "attributes")
                if text(entry, "key") == ATTRIBUTE_SERVICE
            ),
            "",
        )
        for scope in items(group, "scopeSpans"):
            for raw in items(scope, "spans"):
                count += 1
                if count <= SPANS_MAX:
                    yield _otlp_span(component, raw)


def _otlp_span(component: str, raw: object) -> Span:
    start, end = number(raw, "startTimeUnixNano") or 0.0, number(raw, "endTimeUnixNano") or 0.0
    code = str(at(raw, "status", "code") or "")
    return Span(
        text(raw, "traceId"),
        text(raw, "spanId"),
        text(raw, "parentSpanId"),
        component,
        text(raw, "name")[:NAME_CHARS_MAX],
        start / NANOSECONDS,
        max(0.0, end - start) / NANOSECONDS,
        code in ERROR_CODES,
    )
