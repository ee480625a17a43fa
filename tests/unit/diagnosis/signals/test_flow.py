from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.signals.flow import FAILURES, WAITING, amounts_of
from lamplighter.domain.topology import Edge

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


BELOW = dependence((Edge("entry", "shop"), Edge("shop", "stock")))


def test_waiting_belongs_to_whom_nothing_below_explains(plant: Plant) -> None:
    series = []
    for name, now in {"entry": [1, 1, 5, 5], "shop": [0.8, 0.8, 4.8, 4.8], "stock": [0.1, 0.1, 4.1, 4.1]}.items():
        series.append(plant.one(now, [now[0]] * 6, "latency_average", component=name))
        series.append(plant.one([100] * 4, [100] * 6, "requests", component=name, family="traffic"))
    own = {amount.component: round(amount.own) for amount in amounts_of(series, BELOW) if amount.kind == WAITING}
    assert own == {"entry": 0, "shop": 0, "stock": 400}


def test_failures_are_counted_and_not_shares(plant: Plant) -> None:
    seldom = plant.one([0, 0, 50, 50], [0] * 6, "availability", component="stock", family="availability")
    often = plant.one([0, 0, 5, 5], [0] * 6, "availability", component="entry", family="availability")
    counts = [
        plant.one([4] * 4, [4] * 6, "requests", component="stock", family="traffic"),
        plant.one([1000] * 4, [1000] * 6, "requests", component="entry", family="traffic"),
    ]
    found = {amount.component: amount for amount in amounts_of([seldom, often, *counts], BELOW)}
    assert found["entry"].kind == FAILURES
    assert found["entry"].extra > found["stock"].extra


def test_what_appears_from_nothing_has_no_past_to_rise_from(plant: Plant) -> None:
    new = plant.one([100, 100], (), "availability", component="stock", family="availability")
    count = plant.one([30] * 5, (), "requests", component="stock", family="traffic")
    assert amounts_of([new, count], BELOW) == ()


def test_noise_that_is_normal_makes_it_less_sure(plant: Plant) -> None:
    count = plant.one([100] * 5, [100] * 8, "requests", family="traffic")
    calm, wild = [1, 1, 1, 1, 1, 1, 1, 1], [1, 5, 5, 1, 1, 6, 6, 1]
    (sure,) = amounts_of([plant.one([1, 1, 1, 4, 4], calm, "latency_average"), count], BELOW)
    (unsure,) = amounts_of([plant.one([1, 1, 1, 4, 4], wild, "latency_average"), count], BELOW)
    assert unsure.surety < sure.surety == 1.0


def test_percentiles_do_not_add_up(plant: Plant) -> None:
    count = plant.one([100] * 4, [100] * 6, "requests", family="traffic")
    assert amounts_of([plant.one([1, 1, 9, 9], [1] * 6, "latency_p95"), count], BELOW) == ()
