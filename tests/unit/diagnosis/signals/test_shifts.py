from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.signals.shifts import fall_of, rise_of, scales, shifts_of, spread, sustained

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


CALM = [30, 31, 29, 30, 32, 30, 31, 29, 30, 31]


def test_a_level_that_rose_and_stayed(plant: Plant) -> None:
    shift = rise_of(plant.one([30, 31, 30, 250, 260, 255], CALM), 15.0)
    assert shift is not None
    assert (shift.before, shift.after) == (30, 255)
    assert shift.size == pytest.approx(2.5, abs=0.2)
    assert shift.onset == shift.series.window[3][0]


def test_a_single_peak_is_no_shift(plant: Plant) -> None:
    assert rise_of(plant.one([30, 31, 900, 30, 31, 30], [*CALM, 33, 34, 33]), 15.0) is None


def test_a_peak_that_is_normally_held_is_no_shift(plant: Plant) -> None:
    assert rise_of(plant.one([30, 90, 92, 30], [30, 95, 96, 30, 95, 97, 30]), 15.0) is None


def test_a_level_that_fell_is_told_as_a_fall(plant: Plant) -> None:
    shift = fall_of(plant.one([100, 100, 5, 4, 5], [100, 99, 101, 100]), 10.0)
    assert shift is not None
    assert not shift.rose
    assert shift.size < -2


def test_without_a_normal_stretch_the_rest_of_the_window_is_normal(plant: Plant) -> None:
    shift = rise_of(plant.one([10, 11, 10, 80, 82]), 5.0)
    assert shift is not None
    assert shift.before == 10


def test_what_was_so_all_the_time_or_is_over_says_so(plant: Plant) -> None:
    whole = rise_of(plant.one([90, 90, 91, 90], CALM), 15.0)
    passed = rise_of(plant.one([90, 91, 30, 30, 30, 31], CALM), 15.0)
    assert whole is not None
    assert whole.whole
    assert passed is not None
    assert passed.passed


def test_a_share_that_is_used_up_counts_though_it_was_high_before(plant: Plant) -> None:
    full = rise_of(plant.one([70, 71, 97, 98, 98], [70, 72, 71, 73], "cpu_usage_percent", family="cpu"), 35.0)
    assert full is not None
    assert full.size >= 2


def test_what_is_small_beside_its_peers_does_not_matter(plant: Plant) -> None:
    small = plant.one([1, 1, 3, 3], [1, 1, 1, 1], component="stock")
    large = plant.one([100, 101, 300, 310], [100, 101, 99, 100], component="shop")
    assert scales([small, large])["latency_ms"] == pytest.approx(25.25)
    assert [one.series.component for one in shifts_of([small, large])] == ["shop", "stock"]


def test_one_value_or_none_gives_no_shift(plant: Plant) -> None:
    assert rise_of(plant.one([]), 1.0) is None
    assert rise_of(plant.one([5]), 1.0) is None
    assert spread([]) == 0.0


def test_what_is_sustained_is_reached_by_all() -> None:
    assert sustained([1, 5, 4, 9], 2) == [1, 4, 4]
    assert sustained([3, 9, 8, 7], 3) == [3, 7]
