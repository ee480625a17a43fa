from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lamplighter.diagnosis.signals.shifts import Shift
from lamplighter.diagnosis.signals.symptom import Symptom
from lamplighter.diagnosis.signals.timing import companions, correlation, first_movers

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant

SLOW = Symptom("entry", frozenset({"latency"}), None)


def _shift(plant: Plant, component: str, now: tuple[float, ...], onset_place: int, size: float = 2.0) -> Shift:
    series = plant.one(now, component=component)
    return Shift(series, 1.0, 9.0, series.window[onset_place][0], size)


def test_who_moved_before_all_others_is_first(plant: Plant) -> None:
    early = _shift(plant, "stock", (1, 9, 9, 9), 1)
    late = _shift(plant, "shop", (1, 1, 9, 9), 2)
    assert first_movers([late, early], ["latency"]) == {"stock": early}
    assert first_movers([late, early], ["cpu"]) == {}


def test_where_all_moved_at_once_nobody_is_first(plant: Plant) -> None:
    both = [_shift(plant, name, (1, 9, 9, 9), 1) for name in ("stock", "shop")]
    assert first_movers(both, ["latency"]) == first_movers([], ["latency"]) == {}


def test_what_was_so_from_the_start_says_nothing_of_when(plant: Plant) -> None:
    whole = replace(_shift(plant, "pay", (9, 9, 9, 9), 0), whole=True)
    small = _shift(plant, "db", (1, 9, 9, 9), 1, size=0.1)
    late = _shift(plant, "shop", (1, 1, 9, 9), 2)
    assert first_movers([whole, small, late], ["latency"]) == {}


def test_who_follows_what_is_complained_of(plant: Plant) -> None:
    symptom = _shift(plant, "entry", (1, 1, 9, 9, 1), 2)
    alike, unlike = _shift(plant, "stock", (2, 2, 7, 8, 2), 2), _shift(plant, "pay", (9, 1, 1, 9, 9), 3)
    found = companions([symptom, alike, unlike], SLOW)
    assert found["stock"][0] > 0.95
    assert found.keys() == {"stock"}
    assert companions([alike, unlike], SLOW) == {}


def test_a_correlation_needs_times_that_both_have() -> None:
    rising = {float(n): float(n) for n in range(6)}
    assert correlation(rising, {n: -value for n, value in rising.items()}) < -0.99
    assert correlation(rising, {n + 100: value for n, value in rising.items()}) == 0.0
    assert correlation(rising, dict.fromkeys(rising, 3.0)) == 0.0
