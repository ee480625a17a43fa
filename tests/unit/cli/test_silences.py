"""What `lamplighter silence` and `lamplighter maint` ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

SILENCE = {
    "id": "s1",
    "matchers": [{"name": "component", "op": "=", "value": "jellyfin"}],
    "words": "jellyfin",
    "state": "active",
    "starts_at": "2026-01-01T02:00:00Z",
    "ends_at": "2026-01-01T04:00:00Z",
    "author": "kim",
    "reason": "moving disks",
    "origin": "lamplighter",
}


def test_a_silence_is_what_how_long_and_why(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/silences", SILENCE, status=201)
    ended = command("silence", "add", "jellyfin", "severity=~warning|info", "2h", "-m", "moving disks")
    assert ended.out == "s1 mutes jellyfin until 2026-01-01 04:00:00 UTC\n"
    sent = fake.asked[0].json
    assert sent.pop("author")
    matchers = ["jellyfin", "severity=~warning|info"]
    assert sent == {"matchers": matchers, "duration": "2h", "reason": "moving disks"}


@pytest.mark.parametrize("words", [["2h"], []])
def test_a_silence_of_nothing_is_wrong_usage(fake: Fake, command: Command, words: list[str]) -> None:
    assert command("silence", "add", *words).code == 2
    assert command("maint", "add", *words).code == 2
    assert fake.asked == []


def test_what_the_server_says_of_a_wrong_one_is_shown(fake: Fake, command: Command) -> None:
    fake.problem("POST", "/api/v1/silences", 422, "it has ended already")
    ended = command("silence", "add", "jellyfin", "until 8:00")
    assert ended.code == 2
    assert "it has ended already" in ended.err
    assert fake.asked[0].json["duration"] == "until 8:00"


def test_silences_are_listed_and_ended(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/silences", {"silences": [SILENCE]})
    fake.says("DELETE", "/api/v1/silences/s1", SILENCE)
    assert "moving disks" in command("silence", "list", "--all").out
    assert fake.asked[0].query == [("ended", "true")]
    assert command("silence", "expire", "s1").out == "s1 has ended\n"
    assert command("silence", "expire", "../s1").code == 2


def test_planned_work_is_added_listed_and_ended(fake: Fake, command: Command) -> None:
    window = {
        "id": "",
        "name": "Backup night",
        "targets": ["nas", "pve1"],
        "when": "Sun 02:00-04:00",
        "open_until": None,
        "next_start": "2026-01-04T02:00:00Z",
    }
    fake.says(
        "GET", "/api/v1/maintenance", {"windows": [window, {**window, "id": "s1", "open_until": SILENCE["ends_at"]}]}
    )
    fake.says("POST", "/api/v1/maintenance", SILENCE, status=201)
    fake.says("DELETE", "/api/v1/maintenance/s1", SILENCE)
    assert "maintenance of nas, pve1 until" in command("maint", "add", "nas", "pve1", "2h", "-m", "disks").out
    assert fake.asked[0].json["targets"] == ["nas", "pve1"]
    out = command("maint", "list").out
    assert "opens 2026-01-04 02:00:00" in out
    assert "open until 2026-01-01 04:00:00" in out
    assert command("maint", "end", "s1").code == 0
