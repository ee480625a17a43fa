"""The command `lamplighter alerts replay`: what it wants, and that it changes nothing unless it is told to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

BODY = {
    "version": "4",
    "alerts": [
        {"status": "firing", "labels": {"alertname": "Down", "name": f"c{n}"}, "startsAt": "2026-01-01T00:00:00Z"}
        for n in range(3)
    ],
}
LINES = json.dumps(BODY).encode() + b"\n{broken\n" + json.dumps(BODY).encode() + b"\n"


def test_a_dry_run_asks_no_server(fake: Fake, command: Command) -> None:
    ended = command("alerts", "replay", "-", "--dry-run", "-o", "json", given=LINES)
    report = json.loads(ended.out)
    assert ended.code == 0
    assert {"alerts", "incidents", "merges", "suppressed", "flapping"} <= set(report)
    assert (report["alerts"], report["incidents"], report["broken_lines"]) == (6, 3, 1)
    assert fake.asked == []


def test_the_table_is_short_and_ends_with_the_sentence(command: Command) -> None:
    out = command("alerts", "replay", "-", "--dry-run", given=LINES).out
    assert "6 alerts would have been 3 incidents" in out
    assert "line 2" in out
    assert command("alerts", "replay", "-", "--dry-run", "-o", "name", given=LINES).out == "INC-1\nINC-2\nINC-3\n"


def test_wide_says_of_every_alert_where_it_went_and_why(command: Command) -> None:
    out = command("alerts", "replay", "-", "--dry-run", "-o", "wide", given=LINES).out
    assert out.count("Down on c0:") == 2
    assert "same trouble as INC-1" in out


def test_the_configuration_says_what_needs_what(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("depends:\n  c1: [c0]\n  c2: [c0]\n")
    out = command("alerts", "replay", "-", "--dry-run", "-o", "json", "--config", str(file), given=LINES).out
    report = json.loads(out)
    assert report["incidents"] == 1
    assert [merge["incident"] for merge in report["merges"]] == ["INC-1", "INC-1"]


def test_a_file_of_which_nothing_can_be_read_is_a_failure(command: Command) -> None:
    ended = command("alerts", "replay", "-", "--dry-run", given=b"not json\n")
    assert ended.code == 1
    assert "line 1" in ended.out


def test_nothing_is_sent_by_a_program_that_did_not_say_yes(fake: Fake, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "s.jsonl"
    file.write_bytes(LINES)
    for name in (str(file), "-"):
        ended = command("alerts", "replay", name, given=LINES)
        assert ended.code == 2
        assert "--dry-run" in ended.err
    assert fake.asked == []


def test_with_yes_every_body_is_sent_as_it_is(fake: Fake, command: Command) -> None:
    taken = {"received": 3, "dead_letters": 0, "truncated": 0, "status": "accepted"}
    fake.says("POST", "/api/v1/alerts/alertmanager", taken, status=202)
    ended = command("alerts", "replay", "-", "--yes", "-o", "json", given=LINES)
    assert [asked.json for asked in fake.asked] == [BODY, BODY]
    told = json.loads(ended.out)
    assert (told["accepted"], told["alerts"], told["refused"][0]["line"]) == (2, 6, 2)
    assert fake.url in ended.err


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["x.jsonl", "--from-prometheus", "http://p:9090"],
        ["/nowhere/x.jsonl", "--dry-run"],
        ["--from-prometheus", "prometheus:9090", "--dry-run"],
        ["--from-prometheus", "http://p:9090", "--since", "soon", "--dry-run"],
        ["--from-prometheus", "http://p:9090", "--since", "0d", "--dry-run"],
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(command: Command, words: list[str]) -> None:
    assert command("alerts", "replay", *words).code == 2


def test_a_prometheus_that_is_away_ends_with_7(fake: Fake, command: Command) -> None:
    ended = command("alerts", "replay", "--from-prometheus", fake.url, "--dry-run")
    assert ended.code == 7
    assert "Prometheus cannot be read" in ended.err


def test_the_history_of_prometheus_is_replayed(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/query", {"status": "success", "data": {"resultType": "scalar", "result": [7200, "7200"]}})
    metric = {"__name__": "ALERTS", "alertstate": "firing", "alertname": "Down", "name": "web"}
    values = [[at, "1"] for at in range(3600, 4215, 15)]
    result = {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": metric, "values": values}]}}
    fake.says(
        "GET", "/api/v1/query_range", result, {"status": "success", "data": {"resultType": "matrix", "result": []}}
    )
    out = command("alerts", "replay", "--from-prometheus", fake.url, "--since", "1h", "--dry-run", "--json").out
    report = json.loads(out)
    assert (report["alerts"], report["incidents"], report["cleared"]) == (2, 1, 1)
    assert report["list"][0]["opened_at"] == "1970-01-01T01:00:00+00:00"
    windows = [dict(asked.query) for asked in fake.asked[1:]]
    assert {window["query"] for window in windows} == {'ALERTS{alertstate="firing"}'}
    assert all((float(w["end"]) - float(w["start"])) / float(w["step"]) < 250 for w in windows)
