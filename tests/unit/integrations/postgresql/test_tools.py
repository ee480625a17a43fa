from __future__ import annotations

import json
from datetime import UTC, datetime

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX
from lamplighter.integrations.postgresql.tools import fitting


def test_texts_are_made_fit_to_be_shown() -> None:
    row = {"statement": b"SELECT 'hunter2'", "application": "é" * 999, "at": datetime(2026, 3, 1, tzinfo=UTC), "n": 1}
    content, cut = fitting({"query": "q", "rows": [row], "settings": {"in_recovery": False}})
    (kept,) = json.loads(content)["rows"]
    assert (kept["statement"], kept["application"], kept["n"], cut) == ("SELECT ?", "é" * 200, 1, False)


def test_the_longest_list_is_shortened_until_it_fits() -> None:
    rows = [{"statement": f"SELECT {'a' * 390}", "application": "é" * 200} for _ in range(200)]
    content, cut = fitting({"query": "q", "rows": rows, "blockers": rows[:2]})
    kept = json.loads(content)
    assert cut
    assert len(content.encode()) <= EVIDENCE_BYTES_MAX
    assert len(kept["blockers"]) == 2
    assert 0 < len(kept["rows"]) < 200
