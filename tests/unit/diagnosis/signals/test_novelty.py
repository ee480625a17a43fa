from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.signals.lines import lines_of
from lamplighter.diagnosis.signals.novelty import NEW, SURGING, VANISHED, news_of, novelties_of
from tests.unit.diagnosis.signals.conftest import START

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


def test_an_error_that_normal_times_do_not_know(plant: Plant) -> None:
    plant.lines("shop", *["INFO ok"] * 5, *["ERROR no stock left"] * 5).lines(
        "shop", *["INFO ok"] * 20, phase="baseline"
    )
    (found,) = novelties_of(news_of(*lines_of(plant.case())))
    assert (found.component, found.now, found.normally) == ("shop", (5, 10), (0, 20))


def test_an_error_that_is_normal_is_no_news(plant: Plant) -> None:
    plant.lines("shop", *["ERROR no stock left"] * 5).lines("shop", *["ERROR no stock left"] * 9, phase="baseline")
    assert novelties_of(news_of(*lines_of(plant.case()))) == []


def test_without_a_normal_log_nothing_is_new(plant: Plant) -> None:
    assert novelties_of(news_of(*lines_of(plant.lines("shop", *["ERROR no stock left"] * 5).case()))) == []


def test_news_say_how_often_how_when_and_where_from(plant: Plant) -> None:
    plant.lines("shop", *["INFO ok"] * 20, *["INFO slept"] * 2).lines(
        "shop", *["INFO ok"] * 20, *["INFO beat of the heart"] * 20, phase="baseline"
    )
    new, vanished = sorted(news_of(*lines_of(plant.case())), key=lambda one: one.change)
    assert (new.change, new.component, new.shift.count, new.shift.baseline_count) == (NEW, "shop", 2, 0)
    assert (new.evidence, new.at) == ("e1", START.timestamp() + 20)
    assert (vanished.change, vanished.shift.text, vanished.evidence) == (VANISHED, "INFO beat of the heart", "e2")


def test_what_grows_with_the_whole_log_does_not_surge(plant: Plant) -> None:
    calm = [*["INFO asked"] * 10, *["INFO answered"] * 10]
    plant.lines("shop", *(calm * 5), *["WARN tired"] * 90).lines("shop", *calm, "WARN tired", phase="baseline")
    assert [(one.change, one.shift.text) for one in news_of(*lines_of(plant.case()))] == [(SURGING, "WARN tired")]
