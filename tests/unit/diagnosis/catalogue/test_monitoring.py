from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis import diagnose

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop


def test_a_target_that_answers_and_cannot_be_scraped_is_a_gap_in_monitoring(shop: Shop) -> None:
    shop.probe("front").container("front").probe("orders").probe("store")
    down = {"metric": {"__name__": "up", "job": "front"}, "value": [1772366400, "0"]}
    shop.raw("prometheus.query", "", {"status": "success", "data": {"resultType": "vector", "result": [down]}})
    best = diagnose(shop.case()).best
    assert best is not None
    assert (best.component, best.fault) == ("front", "monitoring_gap")
    assert best.confidence >= 0.6


def test_that_the_monitoring_sees_nothing_does_not_make_its_target_well(shop: Shop) -> None:
    down = {"metric": {"__name__": "up", "job": "front"}, "value": [1772366400, "0"]}
    shop.raw("prometheus.query", "", {"status": "success", "data": {"resultType": "vector", "result": [down]}})
    found = diagnose(shop.case())
    assert found.undetermined
    assert not any("is well" in cause.statement and cause.confidence >= 0.5 for cause in found.causes)
