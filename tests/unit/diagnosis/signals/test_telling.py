from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.signals.localising import localise, scene_of
from lamplighter.diagnosis.signals.telling import FACTS_MAX, measured, tell

if TYPE_CHECKING:
    from lamplighter.domain.evidence import Fact
    from tests.unit.diagnosis.signals.conftest import Plant


def _told(plant: Plant) -> list[Fact]:
    case = plant.case()
    scene = scene_of(case)
    return tell(case, scene, localise(scene))


def test_a_shift_is_told_with_levels_time_and_query(plant: Plant) -> None:
    plant.series("latency_p90_seconds", [0.03, 0.031, 0.03, 0.26, 0.27], [0.03, 0.031] * 6, component="stock")
    fact = next(fact for fact in _told(plant) if fact.kind == "metric_shift")
    assert "of stock rose from 30 ms to 265 ms at 12:03" in fact.text
    assert (fact.evidence, fact.query, fact.values["family"]) == ("e1", "latency_p90_seconds", "latency")


def test_the_origin_says_how_many_methods_agree(plant: Plant) -> None:
    plant.series("latency_p90_seconds", [0.03, 0.03, 0.26, 0.27], [0.03, 0.031] * 6, component="stock")
    plant.series("cpu_usage_percent", [5, 5, 95, 96], [5, 6] * 6, component="stock")
    origin = next(fact for fact in _told(plant) if fact.kind == "origin")
    assert (origin.component, origin.values["lead"]) == ("stock", "cpu")
    assert "2 of" in origin.text


def test_a_delay_that_only_callers_see_lies_on_the_way(plant: Plant) -> None:
    ends = {"component": "stock", "source": "shop", "destination": "stock"}
    plant.series("edge_latency_seen_by_source_seconds", [0.003, 0.003, 0.4, 0.4], [0.003] * 12, **ends)
    plant.series("edge_latency_seen_by_destination_seconds", [0.003] * 4, [0.003] * 12, **ends)
    origin = next(fact for fact in _told(plant) if fact.kind == "origin")
    assert origin.values["lead"] == "network"


def test_what_a_log_did_not_say_before_is_told_with_its_counts_time_and_source(plant: Plant) -> None:
    plant.lines("stock", *["INFO ok"] * 9, *["ERROR shelf 3 fell"] * 12).lines("stock", "INFO ok", phase="baseline")
    (fact,) = (fact for fact in _told(plant) if fact.kind == "log_template")
    assert fact.text == (
        "log of stock, not said before (0 lines like it in the baseline, 12 in the window): ERROR shelf 3 fell at 12:00"
    )
    assert (fact.component, fact.evidence, fact.values["change"], fact.values["count"]) == ("stock", "e1", "new", 12.0)
    assert fact.values["template"] == "ERROR shelf <n> fell"


def test_a_step_that_is_missing_is_told_with_its_counts(plant: Plant) -> None:
    for phase, steps in (("baseline", ("a", "save")), ("window", ("a",))):
        rows = [(f"{phase}{n}", f"{phase}{n}", "", "stock", "/items", n, 5, "") for n in range(8)]
        rows += [
            (f"{phase}{n}", f"{phase}{n}-{step}", f"{phase}{n}", "stock", step, n, 1, "")
            for n in range(8)
            for step in steps
        ]
        plant.spans(*rows, phase=phase)
    fact = next(fact for fact in _told(plant) if fact.kind == "step_missing")
    assert "'save' in 0 of 8 requests to /items, normally in 8 of 8" in fact.text


def test_facts_are_bounded_and_their_text_is_plain(plant: Plant) -> None:
    for name in ("entry", "shop", "stock", "pay"):
        for metric in range(20):
            plant.series(f"latency\x1b[31m_{metric}", [1, 1, 9, 9], [1, 1] * 6, component=name)
    told = _told(plant)
    assert len(told) <= FACTS_MAX
    assert not any("\x1b" in fact.text for fact in told)


@pytest.mark.parametrize(
    ("value", "metric", "words"),
    [
        (0.0123, "latency_seconds", "12.3 ms"),
        (2.5, "latency_seconds", "2.5 s"),
        (7.0, "latency_ms", "7 ms"),
        (7.0, "cpu_percent", "7 %"),
        (7.0, "x", "7"),
    ],
)
def test_a_value_wears_the_unit_of_its_metric(value: float, metric: str, words: str) -> None:
    assert measured(value, metric) == words
