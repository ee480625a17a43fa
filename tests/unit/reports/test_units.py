"""Units out of names, and amounts as people read them."""

from __future__ import annotations

import pytest

from lamplighter.reports.units import amount, lapse, unit_of


@pytest.mark.parametrize(
    ("metric", "unit"),
    [
        ("container_memory_working_set_bytes", "B"),
        ("process_resident_memory_bytes", "B"),
        ("http_request_duration_seconds_sum", "s"),
        ("request_duration_ms", "ms"),
        ("cpu_usage_percent", "%"),
        ("latency_p99", "s"),
        ("up", ""),
        ("items_total", ""),
    ],
)
def test_the_name_tells_the_unit(metric: str, unit: str) -> None:
    assert unit_of(metric) == unit


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (2 * 1024**3, "B", "2 GiB"),
        (-2048.0, "B", "-2 KiB"),
        (0.25, "s", "250 ms"),
        (12.0, "s", "12 s"),
        (93.41, "%", "93.4 %"),
        (0.0, "", "0"),
        (1234567.0, "", "1234567"),
        (1e12, "", "1e+12"),
        (0.00001, "", "1e-05"),
        (0.9, "", "0.9"),
        (2.0, "", "2"),
        (float("nan"), "B", "no number"),
        (1e300, "B", "1e+300 B"),
    ],
)
def test_an_amount_is_short_and_has_its_unit(value: float, unit: str, said: str) -> None:
    assert amount(value, unit) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "0 s"), (40, "40 s"), (61, "1 min"), (1020, "17 min"), (11_100, "3 h 5 min"), (180_000, "2 d 2 h")],
)
def test_a_lapse_is_told_in_its_largest_parts(seconds: float, said: str) -> None:
    assert lapse(seconds) == said
