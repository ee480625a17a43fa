"""The small picture of a series: which one, how thinned, and where the level changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.reports.charts import POINTS_MAX, Chart, chart_of, thinned
from lamplighter.testing import NOON

MEMORY = "container_memory_working_set_bytes"
BEGIN = NOON.timestamp()


def stepped(low: float, high: float, count: int = 40, at: int = 20) -> list[list[object]]:
    return [[BEGIN + 10 * place, str(low if place < at else high)] for place in range(count)]


def piece(*series: tuple[dict[str, str], list[list[object]]], **more: str) -> Evidence:
    result = [{"metric": labels, "values": values} for labels, values in series]
    content = json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})
    params = {"query": "q", **more}
    return Evidence("e1", "prometheus.query_range", "shop", params, "application/json", content, NOON)


def shift(before: float = 100.0, after: float = 900.0, **values: str | float) -> Fact:
    told = {"metric": MEMORY, "before": before, "after": after, **values}
    return Fact("f1", "e1", "shop", "metric_shift", "it rose", NOON + timedelta(seconds=200), "q", told)


def drawn(fact: Fact, evidence: Evidence) -> Chart:
    chart = chart_of(fact, evidence)
    assert chart is not None
    return chart


def test_the_series_of_the_fact_is_found_by_metric_and_component() -> None:
    others = (
        ({"__name__": MEMORY, "container": "nas"}, stepped(1, 2)),
        ({"__name__": "up", "job": "shop"}, stepped(0, 1)),
    )
    own = {"__name__": MEMORY, "container": "shop"}, stepped(100, 900)
    chart = drawn(shift(), piece(*others, own))
    assert {value for _, value in chart.points} == {100.0, 900.0}
    assert (chart.unit, chart.before, chart.after) == ("B", 100.0, 900.0)


def test_of_several_series_the_one_with_the_levels_of_the_fact_is_drawn() -> None:
    many = [({"__name__": MEMORY, "pod": "shop", "cpu": str(n)}, stepped(n, 10.0**n)) for n in range(1, 5)]
    assert max(value for _, value in drawn(shift(3.0, 1000.0), piece(*many)).points) == 1000.0


def test_a_series_that_names_nobody_is_of_whom_it_was_asked_for() -> None:
    nameless = piece(({"le": "1"}, stepped(1, 9)), query=MEMORY)
    assert chart_of(shift(), nameless) is not None
    assert chart_of(shift(), piece(({"__name__": MEMORY, "job": "nas"}, stepped(1, 9)))) is None


def test_an_address_names_its_host() -> None:
    assert chart_of(shift(), piece(({"__name__": MEMORY, "instance": "shop:9090"}, stepped(1, 9)))) is not None


def test_it_says_between_when_the_level_changed() -> None:
    chart = drawn(shift(), piece(({"__name__": MEMORY, "job": "shop"}, stepped(100, 900, at=25))))
    assert (chart.began_at, chart.ended_at) == (NOON + timedelta(seconds=240), NOON + timedelta(seconds=250))
    assert chart.changed_at == NOON + timedelta(seconds=200)


def test_a_slow_fall_is_told_from_its_top_to_its_foot() -> None:
    values: list[list[object]] = [[BEGIN + place, str(float(max(0, 100 - place)))] for place in range(120)]
    chart = drawn(shift(100.0, 0.0), piece(({"__name__": MEMORY, "job": "shop"}, values)))
    assert chart.began_at == NOON + timedelta(seconds=10)
    assert chart.ended_at == NOON + timedelta(seconds=90)


def test_what_never_arrives_is_told_until_its_end() -> None:
    chart = drawn(shift(0.0, 5000.0), piece(({"__name__": MEMORY, "job": "shop"}, stepped(0, 900))))
    assert chart.ended_at == NOON + timedelta(seconds=390)


def test_a_long_series_is_thinned_and_its_peak_is_kept() -> None:
    points = [(BEGIN + place, 500.0 if place == 777 else 1.0) for place in range(1000)]
    assert len(thinned(points, peaks=True)) <= POINTS_MAX
    assert max(value for _, value in thinned(points, peaks=True)) == 500.0
    assert max(value for _, value in thinned(points, peaks=False)) < 50.0
    assert thinned(points[:60], peaks=False) == tuple(points[:60])


def test_a_fact_of_failures_has_a_picture_of_failures() -> None:
    served = {"__name__": MEMORY, "job": "shop"}, stepped(99, 40)
    chart = drawn(shift(1.0, 60.0, family="availability"), piece(served))
    assert [chart.points[0][1], chart.points[-1][1]] == [1.0, 60.0]


def test_a_target_that_went_down_has_a_picture_too() -> None:
    fact = Fact("f1", "e1", "shop", "up", "up is 0", NOON, "q", {"up": 0.0})
    chart = drawn(fact, piece(({"__name__": "up", "job": "shop"}, stepped(1, 0))))
    assert (chart.before, chart.after) == (1.0, 0.0)


def test_a_fact_that_no_series_gave_has_none() -> None:
    series = piece(({"__name__": MEMORY, "job": "shop"}, stepped(1, 9)))
    assert chart_of(Fact("f1", "e1", "shop", "state", "it runs"), series) is None
    assert chart_of(shift(), None) is None
    assert chart_of(shift(), replace(series, id="e2")) is None
    assert chart_of(shift(), replace(series, tool="docker.inspect")) is None


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not JSON",
        "[]",
        '{"data": {"result": 3}}',
        '{"data": {"result": [null, {"metric": 1, "values": [[1], "x", [1e300, "1"], [true, "1"], [2, "NaN"]]}]}}',
    ],
)
def test_what_cannot_be_read_gives_no_picture_and_no_error(content: str) -> None:
    assert chart_of(shift(), replace(piece(), content=content)) is None


def test_points_that_are_no_numbers_are_left_out() -> None:
    values = [*stepped(1, 9), [BEGIN, "NaN"], [BEGIN, "+Inf"], [1e18, "3"], ["x", "3"], [BEGIN]]
    chart = drawn(shift(1.0, 9.0), piece(({"__name__": MEMORY, "job": "shop"}, values)))
    assert len(chart.points) == 40
