from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lamplighter.cli.supervision import Supervision


@contextmanager
def manager(*, abstract: bool = False) -> Iterator[tuple[socket.socket, str]]:
    """What systemd listens with, and the name it gives to its services."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        name = f"@lamplighter-test-{os.getpid()}" if abstract else str(Path(folder) / "notify")
        listening.bind(f"\0{name[1:]}" if abstract else name)
        listening.settimeout(60)
        yield listening, name


def heard(listening: socket.socket) -> list[str]:
    return listening.recv(65536).decode().splitlines()


@pytest.mark.parametrize("abstract", [False, True])
def test_ready_reloading_and_stopping_are_said_as_systemd_reads_them(abstract: bool) -> None:  # noqa: FBT001 - a parameter
    with manager(abstract=abstract) as (listening, name):
        told = Supervision({"NOTIFY_SOCKET": name})
        told.ready("ready on\nhttp://x")
        assert heard(listening) == ["READY=1", "STATUS=ready on http://x"]
        told.reloading()
        first, second = heard(listening)
        assert first == "RELOADING=1"
        assert second.removeprefix("MONOTONIC_USEC=").isdigit()
        told.stopping()
        assert heard(listening)[0] == "STOPPING=1"


async def test_it_says_that_it_is_alive_only_while_all_is_well() -> None:
    with manager() as (listening, name):
        told = Supervision({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "250000", "WATCHDOG_PID": str(os.getpid())})
        assert told.every_seconds == pytest.approx(0.1)
        well = [False]
        saying = asyncio.create_task(told.stay_alive(lambda: well[0]))
        await asyncio.sleep(0.3)
        listening.setblocking(False)
        with pytest.raises(BlockingIOError):
            listening.recv(65536)
        well[0] = True
        assert await asyncio.wait_for(asyncio.get_running_loop().sock_recv(listening, 65536), 60) == b"WATCHDOG=1"
        saying.cancel()


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"WATCHDOG_USEC": "1000000"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "soon"},
        {"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "0"},
    ],
)
async def test_who_is_not_asked_to_say_so_does_not(environ: dict[str, str]) -> None:
    told = Supervision(environ)
    assert told.every_seconds == 0
    await told.stay_alive(lambda: True)


def test_a_manager_that_went_away_is_no_trouble() -> None:
    Supervision({"NOTIFY_SOCKET": "/nowhere/at/all"}).ready("ready")
