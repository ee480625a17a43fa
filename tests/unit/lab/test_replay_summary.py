"""A replay in words for people."""

from __future__ import annotations

from typing import Any

from lamplighter.lab.replay_report import Report
from lamplighter.lab.replay_stream import Broken
from lamplighter.lab.replay_summary import COLUMNS, rows, summary

ONE = {
    "id": "INC-1",
    "title": "nas is down",
    "state": "resolved",
    "severity": "critical",
    "component": "nas",
    "opened_at": "2026-01-01T02:00:00+00:00",
    "closed_at": "2026-01-01T02:47:10+00:00",
    "members": 9,
    "alerts": 14,
    "flapping": True,
    "regression_of": "INC-0",
    "resolution": "a new power supply",
}


def told(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - a tree of plain values
    return {**Report().as_json(), **more}


def test_the_sentence_counts_and_reads_well() -> None:
    assert "1,204 alerts would have been 37 incidents and 41 messages: 97% less noise" in summary(
        told(alerts=1204, incidents=37, messages=41, noise_reduction=0.9693)
    )
    assert "1 alert would have been 1 incident" in summary(told(alerts=1, incidents=1))
    assert "0 alerts would have been 0 incidents" in summary(told())


def test_an_incident_is_a_row_that_says_how_long_and_what_was_special() -> None:
    (row,) = rows(told(list=[ONE], ends="2026-01-01T09:00:00+00:00"))
    assert len(row) == len(COLUMNS)
    assert row[:4] == ("INC-1", "2026-01-01 02:00:00", "47 min", "critical")
    assert row[-1] == "flapping, regression of INC-0, resolved: a new power supply"


def test_how_long_is_said_in_the_unit_that_fits() -> None:
    ends = ["02:00:09", "02:59:00", "20:00:00"]
    lasted = [rows(told(list=[{**ONE, "closed_at": f"2026-01-01T{end}+00:00"}]))[0][2] for end in ends]
    assert lasted == ["9 s", "59 min", "18.0 h"]
    (still,) = rows(told(list=[{**ONE, "closed_at": None}], ends="2026-01-04T02:00:00+00:00"))
    assert still[2] == "3.0 d, open"


def test_what_could_not_be_read_is_said_with_its_line() -> None:
    report = Report()
    for number in range(1, 9):
        report.broke(Broken(number, "is broken"))
    lines = summary(report.as_json())
    assert "  could not be read: line 1: is broken" in lines
    assert "  and 3 more that could not be read" in lines


def test_what_is_not_listed_is_said() -> None:
    left = {"merges": 0, "incidents": 12, "set_aside": 0}
    assert "  counted but not listed: 12 incidents" in summary(told(left_out=left))
