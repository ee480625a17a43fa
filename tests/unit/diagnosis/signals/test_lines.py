from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.signals.lines import lines_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


def test_what_is_written_out_of_data_is_no_part_of_the_template(plant: Plant) -> None:
    plant.lines(
        "shop",
        "INFO r.c.Routes#54 TraceID: t1 SpanID: s7 [byIds][Query routes by ids][RouteIds: [3a-9, 77-b]]",
        "INFO r.c.Routes#54 TraceID: t9 SpanID: s8 [byIds][Query routes by ids][RouteIds: [x, y, 12]]",
    )
    first, second = lines_of(plant.case())[0]
    assert first.template == second.template
    assert "Query" in first.template


def test_two_functions_are_two_templates(plant: Plant) -> None:
    plant.lines("shop", "INFO TraceID: t1 [takeOrder][done]", "INFO TraceID: t2 [takeMoney][done]")
    first, second = lines_of(plant.case())[0]
    assert first.template != second.template


def test_an_error_keeps_what_stands_behind_the_colon(plant: Plant) -> None:
    plant.lines("shop", "ERROR call failed: connection refused by stock", "ERROR call failed: read timed out")
    refused, silent = lines_of(plant.case())[0]
    assert refused.template != silent.template
    assert refused.error


def test_a_line_of_both_stretches_has_one_template(plant: Plant) -> None:
    plant.lines("shop", "INFO sold 3 lamps to ann").lines("shop", "INFO sold 5 lamps to bob", phase="baseline")
    window, normal = lines_of(plant.case())
    assert window[0].template == normal[0].template == "INFO sold <n> lamps to <*>"


def test_without_a_normal_log_the_times_of_the_normal_stretch_part_the_lines(plant: Plant) -> None:
    calm = "2026-03-01T10:30:00Z INFO calm"
    plant.piece("docker.logs", f"{calm}\n2026-03-01T12:05:00Z ERROR broken\nno time at all", component="shop")
    window, normal = lines_of(plant.case())
    assert [line.raw for line in normal] == ["INFO calm"]
    assert [line.raw for line in window] == ["ERROR broken", "no time at all"]


def test_lines_of_both_stretches_with_their_spans(plant: Plant) -> None:
    plant.lines("shop", "INFO SpanID: s1 all well", "ERROR span_id=s2 broken").lines(
        "shop", "INFO calm", phase="baseline"
    )
    window, normal = lines_of(plant.case())
    assert [(line.span, line.error) for line in window] == [("s1", False), ("s2", True)]
    assert [line.component for line in normal] == ["shop"]


def test_what_is_no_log_gives_no_line(plant: Plant) -> None:
    assert lines_of(plant.piece("loki.query_range", "no json").piece("df", "Filesystem 100%").case()) == ([], [])
