from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.instants import from_epoch, instant, split_stamp


@pytest.mark.parametrize(
    "text", ["2026-03-01T12:00:00.123456789Z", "2026-03-01T13:00:00.123456+01:00", "2026-03-01 12:00:00,123456"]
)
def test_ways_to_write_one_moment(text: str) -> None:
    assert instant(text) == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "yesterday"])
def test_what_is_no_moment(text: str) -> None:
    assert instant(text) is None


@pytest.mark.parametrize("seconds", [0, None, -5, 1e18, float("inf")])
def test_what_is_no_epoch(seconds: float | None) -> None:
    assert from_epoch(seconds) is None


def test_a_stamp_is_split_from_its_line() -> None:
    at, rest = split_stamp("2026-03-01T12:00:00.5Z ERROR no")
    assert at == datetime(2026, 3, 1, 12, 0, 0, 500000, tzinfo=UTC)
    assert rest == "ERROR no"
    assert split_stamp("ERROR no") == (None, "ERROR no")
