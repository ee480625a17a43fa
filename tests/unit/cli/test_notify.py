"""What `lamplighter notify` asks and shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

DEAD = {
    "key": "ntfy|test:1",
    "channel": "ntfy",
    "incident": "INC-142",
    "kind": "ask",
    "first_line": "May I fix it: Jellyfin is down",
    "state": "dead",
    "attempts": 12,
    "problem": "ntfy: HTTP 500",
    "created_at": "2026-01-01T02:31:04Z",
    "due_at": "2026-01-01T02:31:04Z",
    "ended_at": "2026-01-01T03:31:04Z",
}
LISTED = {"notifications": [DEAD], "channels": ["ntfy"]}


def test_what_was_given_up_is_shown_with_the_reason(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/notifications", LISTED)
    shown = command("notify", "list", "--state", "dead", "-o", "wide")
    assert all(word in shown.out for word in ("ntfy", "dead", "Jellyfin is down", "HTTP 500"))
    assert ("state", "dead") in fake.asked[0].query


def test_a_test_message_that_was_taken_ends_well(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/notifications/test", {"keys": ["ntfy|test:1"]}, status=202)
    fake.says("GET", "/api/v1/notifications", {**LISTED, "notifications": [{**DEAD, "state": "sent"}]})
    assert command("notify", "test", "ntfy").code == 0
    assert fake.asked[0].json == {"channel": "ntfy"}


def test_a_test_message_that_was_refused_ends_badly(fake: Fake, command: Command) -> None:
    fake.says("POST", "/api/v1/notifications/test", {"keys": ["ntfy|test:1"]}, status=202)
    fake.says("GET", "/api/v1/notifications", LISTED)
    ended = command("notify", "test")
    assert ended.code == 1
    assert "HTTP 500" in ended.out


def test_a_channel_that_is_not_there_is_said(fake: Fake, command: Command) -> None:
    fake.problem("POST", "/api/v1/notifications/test", 404, "there is no channel 'nobody'")
    ended = command("notify", "test", "nobody")
    assert ended.code == 3
    assert "nobody" in ended.err
