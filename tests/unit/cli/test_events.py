"""Following what happens: events as they come, and going on where a connection was lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lamplighter.cli.events import followed
from lamplighter.cli.output import Code, Stop

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

PATH = "/api/v1/events"


def frame(seq: int, **more: object) -> bytes:
    event = {
        "seq": seq,
        "incident_id": "INC-1",
        "at": "2026-01-01T02:31:04.5Z",
        "moment": "opened",
        "crew": "Monitor",
        "text": f"number {seq}\x1b[2J",
        **more,
    }
    return f"id: {seq}\nevent: opened\ndata: {json.dumps(event)}\n\n".encode()


def test_events_are_lines_without_what_steers_the_terminal(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, b"retry: 3000\n: hello\n\n" + frame(1) + b":\n\n" + frame(2))
    ended = command("events", "--count", "2")
    assert ended.code == 0
    assert [line.split()[2] for line in ended.out.splitlines()] == ["INC-1", "INC-1"]
    assert "number 2\ufffd[2J" in ended.out
    assert "Last-Event-ID" not in fake.asked[0].headers


def test_with_json_each_event_is_one_line(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, frame(1) + frame(2))
    out = command("events", "--count", "2", "-o", "json").out
    assert [json.loads(line)["seq"] for line in out.splitlines()] == [1, 2]


def test_a_lost_connection_goes_on_where_it_was(fake: Fake) -> None:
    fake.says("GET", PATH, frame(5), frame(6))
    events = followed(fake.client, 4, pause_seconds=0.0)
    assert [next(events)["seq"], next(events)["seq"]] == [5, 6]
    assert [asked.headers["Last-Event-ID"] for asked in fake.asked] == ["4", "5"]


def test_a_server_that_only_ever_ends_the_connection_is_given_up(fake: Fake) -> None:
    fake.says("GET", PATH, b": nothing\n\n")
    with pytest.raises(Stop) as stopped:
        list(followed(fake.client, None, pause_seconds=0.0))
    assert stopped.value.code is Code.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "code"), [(401, Code.NOT_ALLOWED), (503, Code.FAILED)], ids=["no right", "too many listeners"]
)
def test_a_refusal_ends_it_at_once(fake: Fake, command: Command, status: int, code: Code) -> None:
    fake.problem("GET", PATH, status, "not now")
    assert command("events").code == code
    assert len(fake.asked) == 1


def test_a_page_that_is_no_stream_is_no_server_of_ours(fake: Fake, command: Command) -> None:
    fake.says("GET", PATH, {"hello": "world"})
    assert command("events").code == Code.UNREACHABLE


@pytest.mark.parametrize("bad", [b"data: nonsense\n\n", b"data: 7\n\n", b'data: {"seq": "x"}\n\n'])
def test_an_event_that_is_none_ends_it_with_words(fake: Fake, command: Command, bad: bytes) -> None:
    fake.says("GET", PATH, bad)
    ended = command("events")
    assert ended.code == Code.FAILED
    assert "event" in ended.err
