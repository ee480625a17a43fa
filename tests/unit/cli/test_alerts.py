"""What `lamplighter alerts` shows and sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

TAKEN = {"received": 1, "dead_letters": 0, "truncated": 0, "status": "accepted"}
READ = {
    "alerts": [{"status": "firing", "starts_at": "2026-01-01T02:00:00Z", "labels": {"alertname": "A", "b": "\x1b[2J"}}],
    "bad": ["alerts[1].startsAt: no time"],
    "truncated": 0,
    "status": "dry run",
}


def test_the_list_says_where_each_went_and_why(fake: Fake, command: Command) -> None:
    row = {
        "seq": "12",
        "received_at": "2026-01-01T02:31:04.5Z",
        "source": "alertmanager",
        "alert": "HostDown",
        "status": "firing",
        "component": "nas",
        "placement": "joins",
        "incident": "INC-1",
        "reason": "jellyfin needs nas",
    }
    fake.says("GET", "/api/v1/alerts", {"alerts": [row, {**row, "placement": "", "incident": ""}], "next": "c2"})
    ended = command("alerts", "list", "--cursor", "c1")
    assert "jellyfin needs nas" in ended.out
    assert "waits" in ended.out
    assert "--cursor c2" in ended.err
    assert dict(fake.asked[0].query) == {"limit": "50", "cursor": "c1"}
    assert command("alerts", "list", "-o", "name").out == "12\n12\n"
    command("alerts", "list", "--source", "grafana", "--placement", "waits", "--incident", "INC-1")
    wanted = {"limit": "50", "source": "grafana", "placement": "waits", "incident": "INC-1"}
    assert dict(fake.asked[-1].query) == wanted


def test_dead_letters_say_why(fake: Fake, command: Command) -> None:
    letter = {"received_at": "2026-01-01T02:31:04Z", "source": "grafana", "reason": "no labels", "payload": "{}"}
    fake.says("GET", "/api/v1/dead-letters", {"dead_letters": [letter]})
    assert "no labels" in command("alerts", "dead-letters").out


def test_an_alert_of_own_words_is_sent(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/alerts/alertmanager", TAKEN, status=202)
    words = [
        "--name",
        "DiskFull",
        "--severity",
        "critical",
        "--label",
        "instance=nas",
        "--label",
        "a=b=c",
        "--summary",
        "s",
    ]
    ended = command("alerts", "send", *words)
    assert ended.out == "alertmanager: 1 taken in, 0 could not be read\n"
    (sent,) = fake.asked[0].json["alerts"]
    assert sent["labels"] == {"alertname": "DiskFull", "severity": "critical", "instance": "nas", "a": "b=c"}
    assert (sent["status"], sent["annotations"]) == ("firing", {"summary": "s"})
    assert sent["endsAt"].startswith("0001")


def test_an_alert_that_is_over_has_an_end(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/alerts/alertmanager", TAKEN, status=202)
    command("alerts", "send", "--name", "DiskFull", "--resolved", "--starts-at", "2026-01-01T00:00:00Z")
    (sent,) = fake.asked[0].json["alerts"]
    assert (sent["status"], sent["startsAt"]) == ("resolved", "2026-01-01T00:00:00Z")
    assert sent["endsAt"] > sent["startsAt"]


def test_a_body_is_sent_as_it_is_to_whose_it_is(fake: Fake, command: Command, tmp_path: Path) -> None:
    fake.says("POST", "/api/v1/alerts/grafana", TAKEN, status=202)
    fake.says("POST", "/api/v1/alerts/mine", TAKEN, status=202)
    body = b'{"orgId": 1,  "alerts": []}'
    file = tmp_path / "body.json"
    file.write_bytes(body)
    assert command("alerts", "send", str(file)).code == 0
    assert command("alerts", "send", "-", "--source", "mine", given=body).code == 0
    assert [asked.body for asked in fake.asked] == [body, body]


def test_a_dry_run_shows_how_it_is_read(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/alerts/alertmanager", READ)
    out = command("alerts", "send", "--name", "A", "--dry-run").out
    assert fake.asked[0].query == [("dry_run", "1")]
    assert "alertname=A" in out
    assert "cannot be read: alerts[1].startsAt: no time" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--name", "A", "x.json"],
        ["--name", "A", "--label", "novalue"],
        ["--name", "A", "--label", "=x"],
        ["/nowhere/body.json"],
        ["-"],
        ["-", "--source", "../x"],
    ],
)
def test_what_cannot_be_sent_is_wrong_usage(fake: Fake, command: Command, words: list[str]) -> None:
    assert command("alerts", "send", *words, given=b'{"who": "knows"}').code == 2
    assert fake.asked == []


def test_a_receiver_that_refuses_is_quoted(fake: Fake, command: Command) -> None:
    fake.problem("POST", "/api/v1/alerts/alertmanager", 400, "alerts: is missing")
    ended = command("alerts", "send", "-", given=json.dumps({"alerts": 7}).encode())
    assert ended.code == 2
    assert "alerts: is missing; do that" in ended.err
