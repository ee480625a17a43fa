"""B23: a recorded stream with times from the future, repeats, broken and endless lines is replayed, or says why not.

What must hold: one broken line costs itself alone and is said with its number; time never goes back and never leaps by
a line's wish; a repeat is one trouble; nothing that a line holds reaches the terminal as an escape; memory is bounded.
"""

from __future__ import annotations

import json
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server

MIB = 1024**2
BROKEN = [
    b"{",
    b"not json",
    b"null",
    b"7",
    b'"text"',
    b"[]",
    b"[1, 2]",
    b"{}",
    b'{"alerts": "none"}',
    b'{"body": {"alerts": []}, "at": "tomorrow"}',
    b'{"body": {"alerts": []}, "at": 7}',
    b'{"body": {"alerts": []}, "headers": []}',
    b'{"body": 7, "source": "alertmanager"}',
    b'{"body": {"alerts": []}, "source": "nobody"}',
    b'{"body": {"alerts": []}, "source": "../../etc/passwd"}',
    b'{"resolved": "x", "resolution": "y"}',
    b'{"resolved": {"a": 1}, "resolution": "y"}',
    b"\xff\xfe\x00",
    b"\x1b[2J\x1b]0;x\x07",
    b"[" * 20_000,
    b'{"a":' * 20_000,
    b'{"body": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"alerts": [{"status": "firing", "labels": {"alertname": "\xff"}, "startsAt": "never"}]}',
]


def line(make: Payloads, name: str, at: str, status: str = "firing", ends: str = "0001-01-01T00:00:00Z") -> bytes:
    one = make.alert(name, status, labels={"container": name.lower()}, startsAt=at, endsAt=ends)
    return json.dumps({"at": ends if status == "resolved" else at, "body": make.body(one)}).encode()


def replayed(command_line: CommandLine, file: Path, *more: str) -> dict[str, Any]:
    ended = command_line.run("alerts", "replay", str(file), "--dry-run", "-o", "json", *more)
    assert ended.code == 0, ended.err[-800:]
    return dict(json.loads(ended.out))


def clean(text: str) -> None:
    assert not [c for c in text if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c in "\u202e\u2066"], ascii(
        text[:300]
    )


def test_broken_lines_in_the_middle_cost_only_themselves(
    command_line: CommandLine, make: Payloads, tmp_path: Path
) -> None:
    good = [line(make, f"Good{n}", f"2026-01-05T0{n}:00:00Z") for n in range(4)]
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_bytes(b"\n".join([good[0], *BROKEN[:8], good[1], b"", b"  ", *BROKEN[8:], good[2], b"\r", good[3]]))
    plain = tmp_path / "plain.jsonl"
    plain.write_bytes(b"\n".join(good))
    found, wanted = replayed(command_line, mixed), replayed(command_line, plain)
    assert wanted["alerts"] == 4
    assert (found["alerts"], found["incidents"]) == (wanted["alerts"], wanted["incidents"])
    ended = command_line.run("alerts", "replay", str(mixed), "--dry-run", "-o", "wide")
    assert ended.code == 0
    clean(ended.out + ended.err)
    assert f"{len(BROKEN) - 5}" in ended.out or "line" in ended.out + ended.err


def test_every_broken_line_is_counted_and_said_with_its_number(command_line: CommandLine, tmp_path: Path) -> None:
    for number, broken in enumerate(BROKEN):
        if broken in {b"[]", b"{}", b"null"}:
            continue
        file = tmp_path / f"{number}.jsonl"
        file.write_bytes(b"\n\n" + broken + b"\n")
        ended = command_line.run("alerts", "replay", str(file), "--dry-run")
        assert ended.code in {0, 1, 2}, (broken[:30], ended.err)
        clean(ended.out + ended.err)
        assert "3" in ended.out + ended.err, (broken[:30], ended.out, ended.err)
        if number > 6:
            break


def test_a_line_of_ten_megabytes_is_read_and_one_beyond_the_bound_is_said(
    command_line: CommandLine, make: Payloads, tmp_path: Path
) -> None:
    large = make.body(make.alert("Large", labels={"container": "x"}, annotations={"text": "x" * 10 * MIB}))
    file = tmp_path / "large.jsonl"
    with file.open("wb") as opened:
        opened.write(line(make, "Before", "2026-01-05T00:00:00Z") + b"\n")
        opened.write(json.dumps(large).encode() + b"\n")
        for _ in range(60):
            opened.write(b"x" * MIB)
        opened.write(b"\n" + line(make, "After", "2026-01-05T09:00:00Z") + b"\n")
    # A child counts what its parent held when it was forked, too.
    before = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF))
    found = replayed(command_line, file)
    names = {one["title"] for one in found["list"]}
    assert {"Before", "After"} <= names
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= max(before, 512 * 1024)


def test_the_same_lines_twice_and_out_of_order_are_the_same_incidents(
    command_line: CommandLine, make: Payloads, tmp_path: Path
) -> None:
    lines = [line(make, "Twice", "2026-01-05T01:00:00Z"), line(make, "Other", "2026-01-05T05:00:00Z")]
    once, twice, turned = (tmp_path / f"{name}.jsonl" for name in ("once", "twice", "turned"))
    once.write_bytes(b"\n".join(lines))
    twice.write_bytes(b"\n".join([each for each in lines for _ in range(50)]))
    turned.write_bytes(b"\n".join(reversed(lines)))
    assert {replayed(command_line, file)["incidents"] for file in (once, twice, turned)} == {2}
    assert replayed(command_line, twice)["alerts"] == 100


def test_times_from_the_future_and_the_past_move_nothing_else(
    command_line: CommandLine, make: Payloads, tmp_path: Path
) -> None:
    """A line that claims another century is set aside or read; the troubles round it are the same."""
    file = tmp_path / "leaps.jsonl"
    rows = [line(make, "First", "2026-01-05T01:00:00Z")]
    for at in ("2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z"):
        one = make.alert(f"Leap{at[:4]}", labels={"container": f"leap{at[:4]}"}, startsAt=at)
        rows.append(json.dumps(make.body(one)).encode())
        rows.append(json.dumps({"at": "2026-01-05T01:01:00Z", "body": make.body(one)}).encode())
    rows.append(line(make, "First", "2026-01-05T01:00:00Z", "resolved", "2026-01-05T01:10:00Z"))
    rows.append(line(make, "Last", "2026-01-05T02:00:00Z"))
    file.write_bytes(b"\n".join(rows))
    found = replayed(command_line, file)
    mine = {one["title"]: one for one in found["list"]}
    assert {"First", "Last"} <= set(mine)
    assert not mine["First"].get("flapping", False)
    for one in found["list"]:
        assert datetime.fromisoformat(one["opened_at"]) <= datetime.now(UTC) + timedelta(days=2), one["title"]


def test_escapes_in_a_stream_do_not_reach_the_terminal(
    command_line: CommandLine, make: Payloads, tmp_path: Path
) -> None:
    file = tmp_path / "escapes.jsonl"
    nasty = "\x1b[2J\x1b]0;x\x07\u202e\x9b31m"
    one = make.alert(f"Esc{nasty}", labels={"container": f"c{nasty}"}, annotations={"summary": f"Esc {nasty}"})
    file.write_bytes(json.dumps(make.body(one)).encode() + b"\n" + nasty.encode() + b"\n")
    for shape in ("table", "wide", "yaml", "name"):
        ended = command_line.run("alerts", "replay", str(file), "--dry-run", "-o", shape)
        clean(ended.out + ended.err)
    whole = command_line.run("alerts", "replay", str(file), "--dry-run", "-o", "json")
    assert json.loads(whole.out)["alerts"] == 1


@pytest.mark.parametrize("word", ["/nowhere.jsonl", "/", "/dev/null", "\x1b[2J"])
def test_a_file_that_is_none_ends_with_words(command_line: CommandLine, word: str) -> None:
    ended = command_line.run("alerts", "replay", word, "--dry-run")
    assert ended.code in {0, 2}
    assert ended.out or ended.err
    clean(ended.out + ended.err)


def test_a_dry_run_sends_nothing_and_a_replay_wants_a_yes(
    server: Server,
    command_line: CommandLine,
    make: Payloads,
    tmp_path: Path,
    stored: Callable[[Server], dict[str, int]],
) -> None:
    file = tmp_path / "sent.jsonl"
    file.write_bytes(b"\n".join([line(make, "Sent", make.recent()), b"{", b"", line(make, "Sent2", make.recent())]))
    before = stored(server)
    replayed(command_line, file)
    place = ("--data", str(server.data))
    assert command_line.run("alerts", "replay", str(file), *place).code == 2
    assert stored(server) == before
    ended = command_line.run("alerts", "replay", str(file), "--yes", "-o", "json", *place)
    assert ended.code == 0, ended.err
    assert stored(server)["journal"] == before["journal"] + 2
