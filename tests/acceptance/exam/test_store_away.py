"""F5, F6, F7: a store that is locked, full or read-only. Nothing is acknowledged, nothing acts, and it recovers."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server, Servers

ANSWER_SECONDS_MAX = 30.0
TMPFS_MIB = 16


def kept(server: Server) -> list[str]:
    with closing(sqlite3.connect(f"file:{server.data}/lamplighter.db?mode=ro", uri=True)) as database:
        return [row[0] for row in database.execute("SELECT payload FROM bodies")]


def locked_for(server: Server, make: Payloads, seconds: float) -> None:
    """Every answer meanwhile is 503 in time; what got 2xx, before and after, is in the store."""
    server.send(make.alert("Before")).raise_for_status()
    with closing(sqlite3.connect(server.data / "lamplighter.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        locked_until = time.monotonic() + seconds
        number = 0
        while time.monotonic() < locked_until:
            number += 1
            began = time.monotonic()
            answer = server.send(make.alert(f"Locked{number}"))
            assert answer.status_code == 503, answer.text
            assert answer.json()["code"] == "store-unavailable"
            assert int(answer.headers["retry-after"]) > 0
            assert time.monotonic() - began < ANSWER_SECONDS_MAX
            assert server.client.get("/-/healthy").status_code == 200
            assert server.client.get("/-/ready").status_code == 503
            assert server.client.get("/health").status_code == 503
            assert server.client.get("/metrics").status_code == 200
        database.execute("ROLLBACK")
    make.wait_until("ready again", server.is_ready, 60)
    server.send(make.alert("After")).raise_for_status()
    server.incident_titled("Before")
    server.incident_titled("After")
    text = "".join(kept(server))
    assert "Before" in text
    assert "After" in text
    assert server.process is not None
    assert server.process.poll() is None
    assert "Traceback" not in server.log


def test_a_locked_store_is_503_in_time_and_nothing_is_lost(servers: Servers, make: Payloads) -> None:
    locked_for(servers.new().start(), make, 7)


@pytest.mark.soak
def test_a_store_locked_for_a_minute(servers: Servers, make: Payloads) -> None:
    locked_for(servers.new().start(), make, 60)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A tmpfs of a few megabytes. Only root may mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MIB}m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"mount -t tmpfs needs root: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    """A file that takes what is left, to the last block."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        for size in (1024**2, 4096, 1):
            try:
                while stream.write(b"\0" * size):
                    pass
            except OSError:
                continue
    return ballast


def test_a_full_disk_is_503_and_red_and_it_recovers(
    servers: Servers, make: Payloads, small_disk: Path, command_line: CommandLine
) -> None:
    server = servers.new(folder=small_disk).start()
    server.send(make.alert("Before")).raise_for_status()
    make.wait_until("the first response to end", lambda: server.incident_titled("Before")["state"] == "needs_human", 60)
    ballast = fill(small_disk)
    text = {"summary": "x" * 8000}
    refused = [server.send(*(make.alert(f"Full{n}-{k}", annotations=text) for k in range(20))) for n in range(3)]
    assert [answer.status_code for answer in refused] == [503] * 3, refused[0].text
    assert server.client.get("/-/ready").status_code == 503
    assert server.client.get("/-/healthy").status_code == 200
    pressed = server.client.post("/api/v1/pause", json={})
    assert pressed.status_code in {200, 503}, pressed.text
    assert command_line.run("pause", "--data", str(server.data)).code in {0, 1, 4}
    ballast.unlink()
    make.wait_until("ready again", server.is_ready, 60)
    assert server.client.post("/api/v1/resume").status_code == 200
    server.send(make.alert("After")).raise_for_status()
    server.incident_titled("After")
    assert "Full" not in "".join(kept(server))
    assert server.stop() == 0
    assert "Traceback" not in server.log


def test_the_kill_switch_can_be_pressed_on_a_full_disk(command_line: CommandLine, small_disk: Path) -> None:
    fill(small_disk)
    assert command_line.run("pause", "--data", str(small_disk)).code == 0
    assert (small_disk / "paused").exists()


def test_on_a_disk_that_is_full_it_does_not_start_and_says_so(
    servers: Servers, small_disk: Path, make: Payloads
) -> None:
    server = servers.new(folder=small_disk)
    server.log_file = small_disk.parent / "serve.log"
    ballast = fill(small_disk)
    assert server.begin().wait(60) == 1
    assert "Traceback" not in server.log, server.log
    ballast.unlink()
    server.start()
    server.send(make.alert("Later")).raise_for_status()


def test_a_store_that_loses_its_rights_is_503_and_red_and_it_recovers(servers: Servers, make: Payloads) -> None:
    """Root may write to any file, so the rights are taken away as only the kernel can: the file becomes immutable."""
    server = servers.new().start()
    server.send(make.alert("Before")).raise_for_status()
    server.incident_titled("Before")
    # Not the shared memory beside them: the kernel ends whoever writes to a mapped file without the right to.
    files = [str(server.data / name) for name in ("lamplighter.db", "lamplighter.db-wal")]
    if subprocess.run(["chattr", "+i", *files], check=False, capture_output=True).returncode:
        subprocess.run(["chattr", "-i", *files], check=False, capture_output=True)
        pytest.skip("chattr +i needs root and a file system that knows it")
    try:
        assert server.send(make.alert("Meanwhile")).status_code == 503
        assert server.client.get("/-/healthy").status_code == 200
        assert server.client.get("/-/ready").status_code == 503
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)
    make.wait_until("ready again", server.is_ready, 60)
    # The writer's own connection may have broken too, and then the sender repeats once.
    make.wait_until("taken again", lambda: server.send(make.alert("After")).is_success, 60)
    server.incident_titled("After")
    assert "Meanwhile" not in "".join(kept(server))
    assert "Traceback" not in server.log


def read_only(path: Path, *, on: bool) -> None:
    """As a failing disk does it: the kernel remounts the file system."""
    mode = "ro" if on else "rw"
    subprocess.run(["mount", "-o", f"remount,{mode}", str(path)], check=True)


def test_on_a_read_only_disk_it_does_not_start_and_says_so(servers: Servers, make: Payloads, small_disk: Path) -> None:
    server = servers.new(folder=small_disk)
    server.log_file = small_disk.parent / "serve.log"
    server.start()
    server.send(make.alert("Before")).raise_for_status()
    server.incident_titled("Before")
    assert server.stop() == 0
    read_only(small_disk, on=True)
    try:
        assert server.begin().wait(60) == 1
        assert "Traceback" not in server.log, server.log
        assert "cannot be written" in server.log
    finally:
        read_only(small_disk, on=False)


def test_a_file_where_the_data_folder_should_be_is_refused_with_words(servers: Servers) -> None:
    server = servers.new()
    server.data.write_text("a file where the folder should be", encoding="utf-8")
    assert server.begin().wait(60) == 1
    assert "Traceback" not in server.log, server.log
    assert "data folder" in server.log
