"""The systemd unit: as systemd reads it, how closed it is, and whether the server speaks as the unit says it will."""

from __future__ import annotations

import configparser
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import Servers

FOLDER = Path(__file__).resolve().parents[3] / "packaging" / "systemd"
UNIT = FOLDER / "lamplighter.service"
EXPOSURE_MAX = 2.0
EXEC = re.compile(r"^ExecStart=(?P<program>\S+) (?P<words>.*)$", re.MULTILINE)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is here: systemd looks whether there is one."""
    made = tmp_path / UNIT.name
    made.write_text(
        UNIT.read_text(encoding="utf-8").replace("/opt/lamplighter/bin/lamplighter", sys.executable), "utf-8"
    )
    return made


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (systemd)")
def test_systemd_reads_it_without_a_word(unit: Path) -> None:
    ended = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], check=False, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stderr.strip()) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze (systemd)")
def test_it_is_as_closed_as_it_can_be(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=yes", str(unit)]
    ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    if ended.returncode and "offline" in ended.stderr:
        pytest.skip("this systemd-analyze looks at no unit that is not loaded")
    found = re.search(r"Overall exposure level for \S+: (?P<level>[\d.]+)", ended.stdout)
    assert found is not None, ended.stdout + ended.stderr
    assert float(found["level"]) <= EXPOSURE_MAX


def test_it_waits_longer_for_the_end_than_an_action_may_take_and_hands_secrets_over_as_files() -> None:
    text = UNIT.read_text(encoding="utf-8")
    assert {"Type=notify", "WatchdogSec=60", "TimeoutStopSec=30", "DynamicUser=yes"} <= set(text.splitlines())
    reader = configparser.RawConfigParser(strict=False)
    reader.optionxform = str  # type: ignore[assignment,method-assign]  # keys of a unit are told apart by case
    reader.read(FOLDER / "lamplighter.service.d" / "secrets.conf.example", encoding="utf-8")
    service = reader["Service"]
    name, _, place = service["LoadCredential"].partition(":")
    assert place.startswith("/etc/lamplighter/")
    variable, _, value = service["Environment"].partition("=")
    assert variable.endswith("_FILE")
    assert value == f"%d/{name}"


def waiting(listening: socket.socket) -> bool:
    """Whether something was said that was not heard yet."""
    return bool(select.select([listening], [], [], 0)[0])


@pytest.fixture
def manager() -> Iterator[tuple[socket.socket, str]]:
    """What systemd listens with."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        place = str(Path(folder) / "notify")
        listening.bind(place)
        listening.settimeout(60)
        yield listening, place


def test_the_server_says_ready_alive_reloading_and_stopping(
    servers: Servers, manager: tuple[socket.socket, str]
) -> None:
    listening, place = manager
    server = servers.new()
    server.environment = {**server.environment, "NOTIFY_SOCKET": place, "WATCHDOG_USEC": "500000"}

    def heard(word: str) -> str:
        for _ in range(200):
            said = listening.recv(65536).decode()
            if said.startswith(word):
                return said
        raise AssertionError(word)

    process = server.begin()
    try:
        assert f"ready on http://127.0.0.1:{server.port}" in heard("READY=1")
        assert server.is_ready()
        heard("WATCHDOG=1")
        process.send_signal(signal.SIGHUP)
        assert "MONOTONIC_USEC=" in heard("RELOADING=1")
        heard("READY=1")
        # A server that stands still is one that systemd must end.
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)
        listening.setblocking(False)
        while waiting(listening):
            listening.recv(65536)
        listening.settimeout(2)
        with pytest.raises(TimeoutError):
            listening.recv(65536)
        listening.settimeout(60)
        process.send_signal(signal.SIGCONT)
        heard("WATCHDOG=1")
        process.send_signal(signal.SIGTERM)
        heard("STOPPING=1")
    finally:
        process.send_signal(signal.SIGCONT)
    assert process.wait(60) == 0
