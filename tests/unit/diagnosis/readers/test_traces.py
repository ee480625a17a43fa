from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.domain.evidence import Evidence


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        ("trace_id,span_id,component,operation\nt,s,c,o", []),
        ('{"resourceSpans": []}', []),
        ("", ["unreadable"]),
        ("time,value\n1,2", ["unreadable"]),
    ],
)
def test_what_is_no_trace_is_said(content: str, kinds: list[str]) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [fact.kind for fact in read(Evidence("e1", "traces", "", {}, "text/csv", content, at))] == kinds
