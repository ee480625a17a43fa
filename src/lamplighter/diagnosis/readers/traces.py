"""Reads traces for whether they can be read at all; what their times mean is judged where all of them are at hand."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.domain.evidence import Evidence, Fact

HEADER_CHARS_MAX = 500


def read_traces(evidence: Evidence) -> list[Fact]:
    """No facts by itself. Raises `Unreadable` for what is neither OTLP nor a table of spans."""
    start = evidence.content.lstrip()[:HEADER_CHARS_MAX]
    if start[:1] in {"{", "["} or "span" in start.splitlines()[0].lower() if start else False:
        return []
    raise Unreadable("neither OTLP nor a table with the columns trace_id, span_id, component and operation")
