"""The kill switch on a real folder: it survives a restart, runs out, and is pressed whenever it cannot be read."""

from __future__ import annotations

import errno
import json
import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.notebook import FOLDER
from lamplighter.workflow.switch import FILE_NAME, READ_BYTES_MAX, FileSwitch


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def switch(tmp_path: Path, clock: FakeClock) -> FileSwitch:
    return FileSwitch(tmp_path, clock)


def test_it_is_not_pressed_until_somebody_presses_it(switch: FileSwitch) -> None:
    assert switch.paused() == ""
    said = switch.pause(by="admin", reason="deploying", duration=None)
    assert said == switch.paused() == f"by admin since {NOON.isoformat()}: deploying"
    switch.resume(by="admin")
    assert switch.paused() == ""
    switch.resume(by="admin")


def test_it_survives_a_restart(switch: FileSwitch, tmp_path: Path, clock: FakeClock) -> None:
    switch.pause(by="admin", reason="", duration=None)
    assert FileSwitch(tmp_path, clock).paused()


def test_it_runs_out_on_time(switch: FileSwitch, clock: FakeClock) -> None:
    switch.pause(by="admin", reason="", duration=timedelta(minutes=5))
    clock.advance(299)
    assert switch.paused()
    clock.advance(1)
    assert switch.paused() == ""


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"on"',
        b"{}",
        b"\xff\xfe\x00",
        b"[" * READ_BYTES_MAX,
        b'{"a":' * 800,
        b" " * (READ_BYTES_MAX + 10),
        json.dumps({"by": "x", "since": "y", "until": "soon"}).encode(),
        json.dumps({"by": "x", "since": "y", "until": 5}).encode(),
        json.dumps({"by": "x", "since": "y", "until": "2020-01-01T00:00:00"}).encode(),
        json.dumps({"by": "x", "since": "y", "until": "2020-01-01T00:00:00Z", "pad": "." * 5000}).encode(),
    ],
)
def test_what_cannot_be_read_counts_as_pressed(switch: FileSwitch, tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert switch.paused()


def test_a_folder_in_its_place_counts_as_pressed(switch: FileSwitch, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    assert "cannot be read" in switch.paused()


def test_a_loop_of_links_counts_as_pressed(switch: FileSwitch, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).symlink_to(tmp_path / FILE_NAME)
    assert "cannot be read" in switch.paused()


def test_where_no_note_can_be_written_it_is_pressed_all_the_same(
    switch: FileSwitch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "so nothing runs" in switch.pause(by="admin", reason="the disk is full", duration=None)
    assert sorted(file.name for file in tmp_path.rglob("*")) == [FOLDER, FILE_NAME]


def test_where_letting_go_cannot_be_noted_it_stays_pressed(switch: FileSwitch, tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    assert switch.pause(by="admin", reason="", duration=None)
    with pytest.raises(OSError, match="takes no note"):
        switch.resume(by="admin")
    assert switch.paused()
    (tmp_path / FOLDER).unlink()
    switch.resume(by="admin")
    assert switch.paused() == ""


@pytest.mark.parametrize("since", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_beyond_the_calendar_is_noted_all_the_same(switch: FileSwitch, tmp_path: Path, since: str) -> None:
    (tmp_path / FILE_NAME).write_text(json.dumps({"by": "ann", "since": since}))
    switch.note()
    assert len(list((tmp_path / FOLDER).iterdir())) == 1


def test_pressing_again_replaces_the_note(switch: FileSwitch) -> None:
    switch.pause(by="one", reason="", duration=timedelta(minutes=1))
    assert "by two" in switch.pause(by="two", reason="", duration=None)
