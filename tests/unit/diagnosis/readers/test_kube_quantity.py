from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.kube_quantity import age_seconds, quantity


@pytest.mark.parametrize(
    ("said", "number"),
    [("250m", 0.25), ("1Gi", 2.0**30), ("2k", 2000.0), ("4", 4.0), (3, 3.0), ("1e3", 1000.0), ("1.5Gi", 1.5 * 2**30)],
)
def test_a_quantity_is_a_plain_number(said: object, number: float) -> None:
    assert quantity(said) == pytest.approx(number)


@pytest.mark.parametrize("said", ["", "many", "12 parsecs", True, None, "1Zi"])
def test_what_is_no_quantity_is_none(said: object) -> None:
    assert quantity(said) is None


def test_an_age_is_the_sum_of_its_parts() -> None:
    assert age_seconds("3d4h") == 3 * 86_400 + 4 * 3_600
    assert age_seconds("90s") == 90
    assert age_seconds("<unknown>") is None
    assert age_seconds("4x") is None
