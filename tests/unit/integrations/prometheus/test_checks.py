from __future__ import annotations

import math

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Expected, SampleState
from lamplighter.integrations.prometheus.checks import labels_of, part_of, query_of, shown
from lamplighter.integrations.prometheus.client import Series

DISK = CheckSpec("NAS disk", CheckKind.PROMQL, "free", expects=Expected(below=50e9))
UP = CheckSpec("Targets", CheckKind.UP, "all")
OK, FAILING, CANNOT_SEE = SampleState.OK, SampleState.FAILING, SampleState.CANNOT_SEE


def series(value: str, **labels: str) -> Series:
    return Series({"__name__": "m", **labels}, (1.0, value))


@pytest.mark.parametrize(
    ("value", "state"),
    [("50e9", OK), ("49.9e9", FAILING), ("-Inf", FAILING), ("+Inf", OK), ("NaN", CANNOT_SEE), ("0", FAILING)],
)
def test_below_a_threshold(value: str, state: SampleState) -> None:
    assert part_of(DISK, series(value)).state is state


def test_above_a_threshold() -> None:
    spec = CheckSpec("load", CheckKind.PROMQL, "load", expects=Expected(above=4))
    assert [part_of(spec, series(value)).state for value in ("4", "4.01")] == [OK, FAILING]


def test_between_two_thresholds() -> None:
    spec = CheckSpec("t", CheckKind.PROMQL, "t", expects=Expected(below=10, above=30))
    assert [part_of(spec, series(value)).state for value in ("9", "20", "31")] == [FAILING, OK, FAILING]


def test_a_histogram_is_no_number() -> None:
    assert part_of(DISK, Series({}, None)).state is CANNOT_SEE


def test_a_doubt_hides_health_and_not_failure() -> None:
    assert part_of(DISK, series("60e9"), doubt="stale").state is CANNOT_SEE
    assert part_of(DISK, series("1"), doubt="stale").state is FAILING


@pytest.mark.parametrize(("value", "state"), [("1", OK), ("0", FAILING), ("NaN", CANNOT_SEE)])
def test_a_target_is_up_or_down(value: str, state: SampleState) -> None:
    assert part_of(UP, series(value, job="node", instance="nas:9100")).state is state


def test_a_target_is_told_by_its_own_labels() -> None:
    metric = {"__name__": "up", "job": "node", "instance": "nas:9100", "scrape_host": "prom-0", "pod": ""}
    assert labels_of(UP, metric) == {"job": "node", "instance": "nas:9100"}


def test_a_series_cannot_take_the_checks_own_labels() -> None:
    found = labels_of(DISK, {"__name__": "m", "severity": "info", "check": "x", "alertname": "y", "mountpoint": "/"})
    assert found == {"mountpoint": "/"}


def test_labels_are_bounded() -> None:
    found = labels_of(DISK, {f"l{n:03d}": "v" * 1000 for n in range(100)})
    assert len(found) == 20
    assert {len(value) for value in found.values()} == {200}


@pytest.mark.parametrize(
    ("target", "query"), [("all", "up"), ("*", "up"), ("node", 'up{job="node"}'), ('a"b', 'up{job="a\\"b"}')]
)
def test_up_asks_for_all_targets_or_one_job(target: str, query: str) -> None:
    assert query_of(CheckSpec("t", CheckKind.UP, target)) == query


@pytest.mark.parametrize(
    ("value", "words"), [(53.2e9, "53.2G"), (1500, "1.5k"), (0.5, "0.5"), (-2e6, "-2M"), (math.inf, "inf")]
)
def test_values_are_shown_short(value: float, words: str) -> None:
    assert shown(value) == words
