from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.rows import KEPT_CHARS_MAX, Row, rows_of
from lamplighter.domain.evidence import Evidence


def _piece(content: str) -> Evidence:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    return Evidence("e1", "prometheus.query_range", "", {}, "application/json", content, at)


def _answer(*rows: object) -> str:
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": list(rows)}})


def test_a_range_has_points_and_an_instant_has_one() -> None:
    ranged = {"metric": {"job": "quay"}, "values": [[1, "2"], [2.5, "3e1"]]}
    single = {"metric": {}, "value": [7, "1"]}
    assert rows_of(_piece(_answer(ranged, single))) == (
        Row({"job": "quay"}, ((1.0, 2.0), (2.5, 30.0))),
        Row({}, (), (7.0, 1.0)),
    )


def test_what_is_no_finite_number_is_no_point() -> None:
    values = [[1, "NaN"], [2, "+Inf"], [3, "4"], [4, "many"]]
    assert rows_of(_piece(_answer({"metric": {}, "values": values})))[0].points == ((3.0, 4.0),)


def test_one_odd_pair_costs_only_itself() -> None:
    odd = {"metric": {"job": "quay", "n": 3}, "values": [[1, None], [2], "x", ["a", "b"], [3, "4"]], "value": None}
    assert rows_of(_piece(_answer(odd, "no row"))) == (Row({"job": "quay"}, ((3.0, 4.0),)), Row({}, ()))


@pytest.mark.parametrize("content", ["", "no json", "[]", '{"status":"error","error":"x"}', '{"data":{"result":3}}'])
def test_what_is_no_answer_has_no_rows(content: str) -> None:
    assert rows_of(_piece(content)) == ()


def test_a_long_answer_is_decoded_and_not_kept() -> None:
    row = {"metric": {}, "values": [[place, "1"] for place in range(KEPT_CHARS_MAX // 9)]}
    piece = _piece(_answer(row))
    assert rows_of(piece) is not rows_of(piece)
    assert len(rows_of(piece)[0].points) == len(row["values"])
