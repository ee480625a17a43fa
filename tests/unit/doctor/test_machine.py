from __future__ import annotations

import fcntl
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lamplighter.doctor.machine import clock_synchronised, folder_look, server_look
from lamplighter.testing import serving_json


def test_a_folder_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    file = tmp_path / "lamplighter.db"
    file.write_text("x", encoding="utf-8")
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    os.utime(file, (tomorrow.timestamp(), tomorrow.timestamp()))
    found = folder_look(tmp_path, sqlite=True)
    assert (found.exists, found.writable, found.mode) == (True, True, 0o750)
    assert found.newest is not None
    assert abs(found.newest - tomorrow) < timedelta(seconds=1)
    assert 0 < found.free_bytes <= found.size_bytes
    assert found.file_system


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    assert not folder_look(tmp_path / "none", sqlite=True).exists
    assert not (tmp_path / "none").exists()


def test_the_kernel_says_something_or_nothing_about_its_clock() -> None:
    assert clock_synchronised() in {True, False, None}


@pytest.fixture
def port() -> int:
    with socket.socket() as trying:
        trying.bind(("127.0.0.1", 0))
        return int(trying.getsockname()[1])


def test_nobody_runs_and_the_port_is_free(tmp_path: Path, port: int) -> None:
    found = server_look(tmp_path, "127.0.0.1", port, "")
    assert (found.mine, found.taken, found.address) == (False, False, f"http://127.0.0.1:{port}")
    assert list(tmp_path.iterdir()) == []


def test_another_program_has_the_port(tmp_path: Path) -> None:
    with serving_json() as other:
        taken = int(other.url.rpartition(":")[2])
        found = server_look(tmp_path, "127.0.0.1", taken, "")
    assert (found.mine, found.taken) == (False, True)


@pytest.mark.parametrize(("paths", "reasons"), [(["/-/ready"], ""), ([], "HTTP 404")])
def test_a_server_that_holds_the_folder_is_asked(tmp_path: Path, paths: list[str], reasons: str) -> None:
    with (tmp_path / "lock").open("ab") as lock, serving_json() as server:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server.answers = dict.fromkeys(paths, "ready")
        found = server_look(tmp_path, "127.0.0.1", 8460, server.url)
    assert (found.mine, found.answers, found.reasons) == (True, True, reasons)
    assert found.address == server.url


def test_a_server_that_hangs_or_is_gone_is_told(tmp_path: Path, port: int) -> None:
    with (tmp_path / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = server_look(tmp_path, "127.0.0.1", port, "")
    assert (found.mine, found.answers) == (True, False)
    assert found.reasons


def test_the_switch_is_looked_at_without_a_server(tmp_path: Path, port: int) -> None:
    (tmp_path / "paused").write_text("rubbish", encoding="utf-8")
    assert server_look(tmp_path, "127.0.0.1", port, "").paused
