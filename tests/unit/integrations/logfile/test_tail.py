from __future__ import annotations

import os
import time
import tracemalloc
from pathlib import Path

import pytest

from lamplighter.integrations.logfile.tail import newest_files, tail

MEBIBYTE = 2**20


def test_a_short_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("one\ntwo\n", encoding="utf-8")
    assert tail(path, [tmp_path], 100) == ("one\ntwo\n", False)


def test_of_a_long_file_the_newest_whole_lines_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text("first\nsecond\nthird\n", encoding="utf-8")
    assert tail(path, [tmp_path], 9) == ("third\n", True)
    assert tail(path, [tmp_path], 6) == ("third\n", True)
    path.write_text("a line without end", encoding="utf-8")
    assert tail(path, [tmp_path], 3) == ("end", True)


def test_two_hundred_megabytes_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as file:
        file.truncate(200 * MEBIBYTE)
        file.seek(0, os.SEEK_END)
        file.write(b"\nno space left on device\n")
    tracemalloc.start()
    began = time.process_time()
    text, cut = tail(path, [tmp_path], 65_536)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (text, cut) == ("no space left on device\n", True)
    assert peak < MEBIBYTE
    assert time.process_time() - began < 1


def test_bytes_that_are_no_text_are_replaced_and_stay_within_the_bound(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_bytes(b"caf\xe9\n" + b"\xff" * 60_000 + b"\nlast \xc3\n")
    text, cut = tail(path, [tmp_path], 65_536)
    assert text.endswith("\nlast \ufffd\n")
    assert cut
    assert len(text.encode()) <= 65_536


def test_no_link_leads_out_of_the_folders(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "secret").write_text("hunter2", encoding="utf-8")
    (inside / "a.log").symlink_to(outside / "secret")
    (inside / "folder").symlink_to(outside)
    (inside / "there").write_text("fine", encoding="utf-8")
    (inside / "b.log").symlink_to(inside / "there")
    for path in (inside / "a.log", inside / "folder" / "secret", inside / ".." / "out" / "secret"):
        with pytest.raises(PermissionError, match="lies in none of the allowed folders"):
            tail(path, [inside], 100)
    assert tail(inside / "b.log", [inside], 100) == ("fine", False)


def test_a_folder_that_is_itself_a_link_may_be_allowed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.log").write_text("fine", encoding="utf-8")
    (tmp_path / "log").symlink_to(tmp_path / "real")
    assert tail(tmp_path / "log" / "a.log", [tmp_path / "log"], 100) == ("fine", False)


def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "", "gone"):
        with pytest.raises(OSError, match=r"no plain file|No such file"):
            tail(tmp_path / name, [tmp_path], 100)


def test_files_come_last_written_first_and_bounded(tmp_path: Path) -> None:
    for number in range(9):
        path = tmp_path / f"{number}.log"
        path.write_text("x", encoding="utf-8")
        os.utime(path, (number, number))
    (tmp_path / "folder.log").mkdir()
    paths, more = newest_files([str(tmp_path / "*.log"), str(tmp_path / "gone")], 3)
    assert ([path.name for path in paths], more) == (["8.log", "7.log", "6.log"], True)
    assert newest_files([str(tmp_path / "gone")], 3) == ([tmp_path / "gone"], False)
    assert newest_files([str(tmp_path / "[z].log")], 3) == ([], False)
