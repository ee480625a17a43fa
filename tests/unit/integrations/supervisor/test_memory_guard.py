from __future__ import annotations

from collections.abc import Iterator

import pytest

from lamplighter.integrations.supervisor.memory_guard import Events, parse_limit, read_pids, size_bytes, wanted_limit
from lamplighter.integrations.supervisor.process import guarded_limit

BODY = b"type:memory_limit\nstore=134217728"
HEAD = b"ver:3.0 server:shop serial:1 pool:guard poolserial:1 eventname:REMOTE_COMMUNICATION len:%d\n"


@pytest.mark.parametrize(
    ("text", "expected"), [("64MiB", 64 << 20), ("1GiB", 1 << 30), ("4KiB", 4096), ("7B", 7), ("67108864", 64 << 20)]
)
def test_a_size_is_read(text: str, expected: int) -> None:
    assert size_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "0", "64MB", "-1", "1.5GiB", "lots", "٣", "9" * 20])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        size_bytes(text)


@pytest.mark.parametrize("text", ["", "store", "=64MiB", "st ore=64MiB", "a\nb=1"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_limit(text)


@pytest.mark.parametrize("size", [1, 3, 50, 10_000])
def test_events_are_read_wherever_the_pieces_end(size: int) -> None:
    raw = (HEAD % len(BODY) + BODY) * 2
    events = Events()

    def found() -> Iterator[str]:
        for start in range(0, len(raw), size):
            for headers, body in events.feed(raw[start : start + size]):
                yield wanted_limit(headers, body)

    assert list(found()) == ["store=134217728"] * 2


def test_an_event_of_another_type_changes_nothing() -> None:
    assert wanted_limit({"eventname": "REMOTE_COMMUNICATION"}, "type:other\nstore=1") == ""
    assert wanted_limit({"eventname": "TICK_5"}, "type:memory_limit\nstore=1") == ""


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="without end"):
        list(Events().feed(b"x" * (1 << 21)))


@pytest.mark.parametrize("answer", [b"", b"<html>", b"<methodResponse/>"])
def test_an_answer_that_is_none_gives_no_pids(answer: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_pids(answer) == {}
    assert "memory guard: cannot read" in capsys.readouterr().err


def test_what_the_guard_says_is_what_the_other_side_reads() -> None:
    line = f"memory guard: limit of store is now {size_bytes('64MiB')} bytes"
    assert guarded_limit(line, "store") == 64 << 20
