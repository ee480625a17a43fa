from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.signals.lines import lines_of
from lamplighter.diagnosis.signals.novelty import novelties_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


def test_an_error_that_normal_times_do_not_know(plant: Plant) -> None:
    plant.lines("shop", *["INFO ok"] * 5, *["ERROR no stock left"] * 5).lines(
        "shop", *["INFO ok"] * 20, phase="baseline"
    )
    (found,) = novelties_of(*lines_of(plant.case()))
    assert (found.component, found.now, found.normally) == ("shop", (5, 10), (0, 20))


def test_an_error_that_is_normal_is_no_news(plant: Plant) -> None:
    plant.lines("shop", *["ERROR no stock left"] * 5).lines("shop", *["ERROR no stock left"] * 9, phase="baseline")
    assert novelties_of(*lines_of(plant.case())) == []


def test_without_a_normal_log_nothing_is_new(plant: Plant) -> None:
    assert novelties_of(*lines_of(plant.lines("shop", *["ERROR no stock left"] * 5).case())) == []
