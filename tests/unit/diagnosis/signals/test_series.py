from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.signals.series import POINTS_MAX, family_of, series_of
from lamplighter.diagnosis.signals.shifts import shifts_of
from tests.unit.diagnosis.signals.conftest import START

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


RISE = (20, 20, 20, 400, 410, 405, 400, 410)


@pytest.mark.parametrize(
    ("metric", "family"),
    [
        ("http_request_duration_seconds_p95", "latency"),
        ("client_latency_p90_seconds", "outgoing"),
        ("container_cpu_usage_percent", "cpu"),
        ("node_cpu_usage_percent", "host"),
        ("http_errors_total", "errors"),
        ("availability", "availability"),
        ("requests_per_second", "traffic"),
        ("container_memory_working_set_bytes", "memory"),
        ("anything_else", "other"),
    ],
)
def test_the_name_of_a_metric_tells_its_family(metric: str, family: str) -> None:
    assert family_of(metric) == family


def test_a_series_is_cut_into_the_window_and_what_is_normal(plant: Plant) -> None:
    (one,) = series_of(plant.series("latency_ms", [5, 6], [1, 2, 3], service="shop").case())
    assert (one.component, one.values, one.normal) == ("shop", [5.0, 6.0], [1.0, 2.0, 3.0])


def test_availability_is_counted_as_failures(plant: Plant) -> None:
    (one,) = series_of(plant.series("availability", [100, 97.5], component="shop").case())
    assert one.values == [0.0, 2.5]


def test_an_edge_belongs_to_whom_it_leads_to(plant: Plant) -> None:
    (one,) = series_of(
        plant.series("edge_latency_ms", [5, 6], component="entry", source="entry", destination="shop").case()
    )
    assert (one.component, one.source, one.target) == ("shop", "entry", "shop")


def test_a_label_that_names_a_known_component_wins(plant: Plant) -> None:
    (one,) = series_of(plant.series("latency_ms", [5, 6], component="10.0.0.1:9100", job="stock").case())
    assert one.component == "stock"


def test_what_is_no_number_is_no_point_and_what_cannot_be_read_is_left_out(plant: Plant) -> None:
    plant.piece("prometheus.query_range", "no json", query="latency")
    plant.piece("prometheus.query_range", '{"status":"error","error":"x"}', query="latency")
    plant.series("latency_ms", [5, float("nan"), float("inf"), 6], component="shop")
    (one,) = series_of(plant.case())
    assert one.values == [5.0, 6.0]


def test_values_may_be_plain_numbers(plant: Plant) -> None:
    row = '{"metric":{"component":"shop"},"values":[[1772366400,5],[1772366460,"6"]]}'
    plant.piece("prometheus.query_range", f'{{"status":"success","data":{{"result":[{row}]}}}}', query="latency_ms")
    assert series_of(plant.case())[0].values == [5.0, 6.0]


def test_a_long_series_is_thinned(plant: Plant) -> None:
    plant.series("latency_ms", [1.0] * 2000, component="shop")
    case = plant.case()
    (one,) = series_of(type(case)(case.id, case.at, evidence=case.evidence))
    assert len(one.window) <= POINTS_MAX


def test_the_same_time_of_earlier_days_is_normal_too(plant: Plant) -> None:
    plant.series("latency_ms", [5, 6], [1, 2], component="shop")
    yesterday = [[START.timestamp() - 86_400 + 60 * place, "9"] for place in range(3)]
    last_night = [[START.timestamp() - 50_000, "77"]]
    now = [[START.timestamp(), "5"]]
    row = {"metric": {"__name__": "requests", "component": "shop"}, "values": [*yesterday, *last_night, *now]}
    plant.piece("prometheus.query_range", json.dumps({"data": {"result": [row]}}), query="requests")
    latency, requests = series_of(plant.case())
    assert (latency.values, latency.normal) == ([5.0, 6.0], [1.0, 2.0])
    assert (requests.values, requests.normal) == ([5.0], [9.0, 9.0, 9.0])


def test_a_stretch_that_was_asked_for_of_an_earlier_day_stands_beside_what_was_just_before(plant: Plant) -> None:
    labels = {"__name__": "latency_ms", "component": "shop"}
    row = {"metric": labels, "values": [[START.timestamp() - 86_400, "8"]]}
    plant.series("latency_ms", [5, 6], [1, 2], component="shop")
    plant.piece("prometheus.query_range", json.dumps({"data": {"result": [row]}}), query="latency_ms", phase="baseline")
    (one,) = series_of(plant.case())
    assert (one.values, one.normal) == ([5.0, 6.0], [8.0, 1.0, 2.0])


def test_what_rises_each_day_at_this_time_has_not_shifted(plant: Plant) -> None:
    row = {"metric": {"__name__": "latency_ms", "component": "shop"}, "values": []}
    row["values"] = [[START.timestamp() - 86_400 + 60 * place, str(value)] for place, value in enumerate(RISE)]
    calm = shifts_of(series_of(plant.series("latency_ms", RISE, [20, 21] * 9, component="shop").case()))
    assert max(shift.size for shift in calm) > 3
    plant.piece("prometheus.query_range", json.dumps({"data": {"result": [row]}}), query="latency_ms", phase="baseline")
    assert [shift for shift in shifts_of(series_of(plant.case())) if shift.size > 0] == []
