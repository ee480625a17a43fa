from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis.signals.lines import error_gist_of, gist_of, lines_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


def test_values_and_identifiers_are_no_part_of_the_gist() -> None:
    first = gist_of("INFO r.c.Routes#54 TraceID: t1 SpanID: s7 [byIds][Query routes by ids][RouteIds: [3a-9, 77-b]]")
    second = gist_of("INFO r.c.Routes#54 TraceID: t9 SpanID: s8 [byIds][Query routes by ids][RouteIds: [x, y, 12]]")
    assert first == second
    assert "Query" in first


def test_an_error_keeps_what_stands_behind_the_colon() -> None:
    refused = error_gist_of("ERROR call failed: connection refused by stock")
    assert refused != error_gist_of("ERROR call failed: read timed out")


def test_lines_of_both_stretches_with_their_spans(plant: Plant) -> None:
    plant.lines("shop", "INFO SpanID: s1 all well", "ERROR span_id=s2 broken").lines(
        "shop", "INFO calm", phase="baseline"
    )
    window, normal = lines_of(plant.case())
    assert [(line.span, line.error) for line in window] == [("s1", False), ("s2", True)]
    assert [line.component for line in normal] == ["shop"]


def test_what_is_no_log_gives_no_line(plant: Plant) -> None:
    assert lines_of(plant.piece("loki.query_range", "no json").piece("df", "Filesystem 100%").case()) == ([], [])
