from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.sizes import size_of, span_seconds


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("61.0M", 61.0 * 1024**2),
        ("1.5Gi", 1.5 * 1024**3),
        ("0B", 0.0),
        ("12", 12.0),
        ("2,0G", 2.0 * 1024**3),
        ("x", None),
    ],
)
def test_sizes(word: str, count: float | None) -> None:
    assert size_of(word) == count


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("1min 40s", 100.0),
        ("2h 0min", 7200.0),
        ("1 day 3h", 97_200.0),
        ("2 weeks 1 day", 1_296_000.0),
        ("250ms", 0.25),
        ("4min 10.5s", 250.5),
        ("soon", None),
    ],
)
def test_spans(words: str, seconds: float | None) -> None:
    assert span_seconds(words) == seconds
