from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.signals.symptom import symptom_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("latency of shop is high", {"latency"}),
        ("availability of shop is low", {"availability"}),
        ("requests fail or are slow, or something is overloaded", {"latency", "availability", "cpu"}),
        ("something", set()),
    ],
)
def test_the_words_tell_the_trouble(plant: Plant, text: str, families: set[str]) -> None:
    plant.symptom = text
    case = plant.case()
    assert symptom_of(case, dependence(case.topology)).families == families


def test_the_component_is_named_as_a_whole(plant: Plant) -> None:
    plant.symptom = "latency of pay is high since 2026-03-01T12:03:00Z, says the stockist"
    case = plant.case()
    found = symptom_of(case, dependence(case.topology))
    assert (found.component, found.since) == ("pay", datetime(2026, 3, 1, 12, 3, tzinfo=UTC))


def test_who_is_not_named_is_the_entry(plant: Plant) -> None:
    plant.symptom = "all is slow"
    case = plant.case()
    assert symptom_of(case, dependence(case.topology)).component == "entry"
    assert symptom_of(replace(case, topology=()), dependence(())).component == ""


def test_a_date_that_is_none_is_left_out(plant: Plant) -> None:
    plant.symptom = "slow since 2026-99-99T12:03:00Z"
    assert symptom_of(plant.case(), dependence(())).since is None
