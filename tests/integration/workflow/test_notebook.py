"""Acts wait as files; what holds none is put aside, and nothing here raises."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.domain.audit import What, act
from lamplighter.testing import NOON
from lamplighter.workflow.notebook import FOLDER, READ_BYTES_MAX, WAITING_MAX, Notebook, key_of

PAUSED = act(NOON, "ann", What.PAUSED, "all actions", reason="disks")


GOOD = {"key": "k", "at": NOON.isoformat(), "actor": "a", "what": "paused", "on": "x", "detail": {}}
# What no database takes, or no calendar has: it would be tried again for ever.
UNSTORABLE: tuple[dict[str, object], ...] = (
    {"key": "a\x00"},
    {"key": "\ud800"},
    {"key": ""},
    {"at": "9999-12-31T23:59:59-14:00"},
    {"at": "0001-01-01T00:00:00+14:00"},
    {"detail": {"\ud800": "x"}},
    {"detail": {"a\x00": "x"}},
    {"detail": {"actor": "x"}},
)


def test_what_was_noted_waits_in_order_until_it_is_settled(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    assert notebook.waiting() == ()
    resumed = act(NOON + timedelta(seconds=1), "bob", What.RESUMED, "all actions")
    notebook.note(PAUSED, "key")
    notebook.note(resumed)
    first, second = Notebook(tmp_path).waiting()
    assert (first.act, first.key, second.act) == (PAUSED, "key", resumed)
    assert second.key
    notebook.settled(first)
    notebook.settled(first)
    assert [one.act for one in notebook.waiting()] == [resumed]
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * READ_BYTES_MAX,
        json.dumps({"key": "k", "at": NOON.isoformat(), "actor": "a", "what": "nonsense", "on": "x", "detail": {}}),
        # What only the store can know is not taken from a file.
        json.dumps(
            {"key": "k", "at": NOON.isoformat(), "actor": "a", "what": "approval_granted", "on": "x", "detail": {}}
        ),
        json.dumps({"key": "k", "at": "2026-01-05T12:00:00", "actor": "a", "what": "paused", "on": "x", "detail": {}}),
        json.dumps({"key": "k", "at": NOON.isoformat(), "actor": "a", "what": "paused", "on": "x", "detail": []}),
        *(json.dumps(GOOD | bad) for bad in UNSTORABLE),
    ],
)
def test_a_file_that_holds_no_act_is_put_aside(tmp_path: Path, text: str) -> None:
    notebook = Notebook(tmp_path)
    notebook.note(PAUSED)
    (tmp_path / FOLDER / "00.json").write_text(text)
    assert [one.act for one in notebook.waiting()] == [PAUSED]
    assert (tmp_path / FOLDER / "00.bad").exists()


def test_what_is_no_file_is_put_aside_and_not_waited_for(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    notebook.note(PAUSED)
    os.mkfifo(tmp_path / FOLDER / "00.json")
    (tmp_path / FOLDER / "01.json").mkdir()
    (tmp_path / FOLDER / "02.json").symlink_to("/dev/zero")
    assert [one.act for one in notebook.waiting()] == [PAUSED]
    assert sorted(file.name for file in (tmp_path / FOLDER).glob("*.bad")) == ["00.bad", "01.bad", "02.bad"]


def test_a_secret_in_a_file_is_taken_out(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path)
    notebook.note(PAUSED)
    (file,) = (tmp_path / FOLDER).iterdir()
    body = json.loads(file.read_text())
    file.write_text(json.dumps(body | {"detail": {"reason": "password=hunter2hunter2"}}))
    (found,) = notebook.waiting()
    assert "hunter2" not in repr(found.act)


def test_a_folder_that_takes_nothing_holds_nobody_up(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    notebook = Notebook(tmp_path)
    assert not notebook.note(PAUSED)
    assert notebook.waiting() == ()
    assert not Notebook(tmp_path / "missing").note(PAUSED)


def test_the_number_of_acts_that_wait_is_bounded(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    for number in range(WAITING_MAX):
        (tmp_path / FOLDER / f"{number}.bad").touch()
    notebook = Notebook(tmp_path)
    assert not notebook.note(PAUSED)
    assert notebook.waiting() == ()


def test_a_key_is_of_its_parts() -> None:
    assert key_of("a", b"b") == key_of("a", "b") != key_of("ab")
