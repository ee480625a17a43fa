"""The data folder: one server at a time holds it, and what is made in it is made once, for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lamplighter.store.data_folder import LOCK, FolderHeld, UnusableFolder, hold, is_held, kept, prepared, taken


def test_one_at_a_time_holds_a_folder_and_lets_go_by_closing(tmp_path: Path) -> None:
    first = taken(tmp_path)
    assert is_held(tmp_path)
    with pytest.raises(FolderHeld):
        hold(tmp_path)
    with pytest.raises(UnusableFolder, match="another Lamplighter runs"):
        taken(tmp_path)
    first.close()
    assert not is_held(tmp_path)
    hold(tmp_path).close()


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    assert not (tmp_path / LOCK).exists()
    assert not is_held(tmp_path / "nowhere")


def test_a_folder_that_is_a_file_is_said_with_the_fix(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(UnusableFolder, match="give another with --data"):
        prepared(file / "data")
    with pytest.raises(UnusableFolder, match="cannot be written"):
        taken(file)


def test_what_is_made_once_stays_and_is_its_owners(tmp_path: Path) -> None:
    folder = prepared(tmp_path / "data")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    place = folder / "token"
    assert kept(place, lambda: "first") == "first"
    assert kept(place, lambda: "second") == "first"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    place.write_text(" \n")
    with pytest.raises(UnusableFolder, match="is empty"):
        kept(place, lambda: "third")
