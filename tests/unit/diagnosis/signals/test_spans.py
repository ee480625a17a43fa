from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.readers.document import Unreadable
from lamplighter.diagnosis.signals.spans import read_spans, visits_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


ROWS = (
    ("t1", "a", "", "entry", "GET /", 0, 100, ""),
    ("t1", "b", "a", "shop", "/orders", 0, 90, ""),
    ("t1", "c", "b", "shop", "Orders.list", 0, 80, ""),
    ("t1", "d", "c", "stock", "/items", 0, 70, "ERROR"),
)


def test_spans_of_one_component_for_one_request_are_one_visit(plant: Plant) -> None:
    window, normal, by_span = visits_of(plant.spans(*ROWS).case())
    visits = {visit.component: visit for visit in window}
    assert normal == []
    assert len(window) == 3
    assert by_span["c"] is visits["shop"]
    assert visits["shop"].entry == "/orders"
    assert visits["shop"].deeds == {"Orders.list", "calls stock /items"}
    assert visits["shop"].caller == "entry"


def test_own_time_is_without_the_time_of_whom_it_calls(plant: Plant) -> None:
    window, _, _ = visits_of(plant.spans(*ROWS).case())
    own = {visit.component: round(visit.own * 1000) for visit in window}
    assert own == {"entry": 10, "shop": 20, "stock": 70}


def test_a_failure_belongs_to_where_it_began(plant: Plant) -> None:
    window, _, _ = visits_of(plant.spans(*ROWS).case())
    visits = {visit.component: visit for visit in window}
    assert visits["stock"].failed
    assert not visits["stock"].failed_below
    assert visits["shop"].failed_below


def test_the_normal_stretch_is_kept_apart(plant: Plant) -> None:
    window, normal, _ = visits_of(plant.spans(*ROWS).spans(*ROWS, phase="baseline").case())
    assert (len(window), len(normal)) == (3, 3)


def test_a_span_that_is_its_own_parent_ends_the_walk(plant: Plant) -> None:
    window, _, _ = visits_of(
        plant.spans(("t", "x", "y", "shop", "a", 0, 1, ""), ("t", "y", "x", "shop", "b", 0, 1, "")).case()
    )
    assert {visit.component for visit in window} == {"shop"}


def test_otlp_is_read_as_well(plant: Plant) -> None:
    span = {
        "traceId": "t",
        "spanId": "s",
        "name": "GET /",
        "startTimeUnixNano": "1000000000",
        "endTimeUnixNano": "1500000000",
    }
    group = {
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"spans": [span | {"status": {"code": 2}}]}],
    }
    case = plant.piece("traces", json.dumps({"resourceSpans": [group]})).case()
    (found,) = read_spans(case.evidence[0])
    assert (found.component, found.operation, found.duration, found.failed) == ("shop", "GET /", 0.5, True)


def test_a_table_without_the_columns_cannot_be_read(plant: Plant) -> None:
    case = plant.piece("traces", "a,b\n1,2").case()
    with pytest.raises(Unreadable):
        list(read_spans(case.evidence[0]))
    assert visits_of(case) == ([], [], {})
