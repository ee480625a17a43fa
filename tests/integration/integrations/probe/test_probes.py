"""Probes against real sockets, processes and disks: what each trouble is called, and that none takes too long."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.check import CheckKind, CheckSpec, SampleState
from lamplighter.domain.evidence import Question
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import SignalState
from lamplighter.integrations.probe import INTEGRATION, ProbeConfig
from lamplighter.lab.shop.layout import free_ports
from lamplighter.ports import Roles, Surroundings

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[int]:
    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await talk(reader, writer)
        writer.transport.abort()

    listening = await asyncio.start_server(once, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


def says(answer: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        await asyncio.sleep(0.2)

    return talk


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(65_536)
    await reader.read(65_536)


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


def free_port() -> int:
    return free_ports(1)[0]


def http(port: int, timeout_seconds: float = 2.0) -> CheckSpec:
    url = f"http://127.0.0.1:{port}/health"
    return CheckSpec("front", CheckKind.HTTP, url, component="front", timeout_seconds=timeout_seconds)


def built(surroundings: Surroundings) -> Roles:
    roles: Roles = INTEGRATION.build(ProbeConfig(), surroundings)
    return roles


class Told:
    """What the probe's tool said of one check."""

    def __init__(self, surrounded: Callable[..., Surroundings], ask: Callable[..., Question]) -> None:
        self._surrounded = surrounded
        self._ask = ask

    async def __call__(self, spec: CheckSpec) -> dict[str, object]:
        surroundings = self._surrounded(spec)
        part = Component("docker", "container", spec.component or spec.name, "ab" * 32)
        tool = next(one for one in built(surroundings).tools if one.serves(part))
        (found,) = await tool.gather(self._ask(part))
        assert bool(found.error) is (json.loads(found.content)["state"] == "cannot_see")
        content: dict[str, object] = json.loads(found.content)
        return content


@pytest.fixture
def told(surrounded: Callable[..., Surroundings], ask: Callable[..., Question]) -> Told:
    return Told(surrounded, ask)


def seen(content: dict[str, object]) -> tuple[object, ...]:
    return tuple(content[key] for key in ("state", "connected", "status", "error"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK, ("ok", True, 200, "")),
        (b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", ("ok", True, 302, "")),
        (b"HTTP/1.1 504 Gateway Timeout\r\nContent-Length: 0\r\n\r\n", ("failing", True, 504, "")),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", ("failing", True, 404, "")),
        (b"rubbish\r\n\r\n", ("failing", True, None, "reset")),
    ],
)
async def test_an_http_answer_is_judged_by_its_status(told: Told, answer: bytes, expected: tuple[object, ...]) -> None:
    async with server(says(answer)) as port:
        assert seen(await told(http(port))) == expected


async def test_a_server_that_connects_and_never_answers_is_a_timeout(told: Told) -> None:
    async with server(silent) as port:
        assert seen(await told(http(port, 0.2))) == ("failing", True, None, "timeout")


async def test_a_server_that_hangs_up_is_a_reset(told: Told) -> None:
    async with server(hangs_up) as port:
        assert seen(await told(http(port))) == ("failing", True, None, "reset")


async def test_a_body_without_end_is_left_after_64_kib(told: Told) -> None:
    async with server(endless) as port:
        assert seen(await told(http(port))) == ("ok", True, 200, "")


async def test_nothing_listening_is_refused(told: Told) -> None:
    port = free_port()
    assert seen(await told(http(port))) == ("failing", False, None, "refused")
    tcp = CheckSpec("db", CheckKind.TCP, f"127.0.0.1:{port}")
    assert seen(await told(tcp)) == ("failing", False, None, "refused")


async def test_a_listening_port_is_ok(told: Told) -> None:
    async with server(silent) as port:
        assert seen(await told(CheckSpec("db", CheckKind.TCP, f"127.0.0.1:{port}"))) == ("ok", True, None, "")


async def test_plain_text_where_tls_is_expected_is_named(told: Told) -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 no tls here\r\n")
        await reader.read(65_536)

    async with server(plain) as port:
        content = await told(CheckSpec("web", CheckKind.HTTP, f"https://127.0.0.1:{port}/"))
    assert seen(content) == ("failing", True, None, "tls")


async def test_a_tls_handshake_that_never_ends_is_a_timeout(told: Told) -> None:
    async with server(silent) as port:
        content = await told(CheckSpec("web", CheckKind.HTTP, f"https://127.0.0.1:{port}/", timeout_seconds=0.3))
    assert seen(content) == ("failing", True, None, "timeout")


@pytest.mark.parametrize(
    "target", ["http://no-such-host.invalid/", "ftp://127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/"]
)
async def test_a_url_that_cannot_be_asked_is_neither_good_nor_bad(told: Told, target: str) -> None:
    content = await told(CheckSpec("odd", CheckKind.HTTP, target, timeout_seconds=2.0))
    assert content["state"] == "cannot_see"


@pytest.mark.parametrize("target", ["nonsense", "127.0.0.1:0", "127.0.0.1:99999", ":80", "no-such-host.invalid:80"])
async def test_a_tcp_target_that_cannot_be_asked_is_neither_good_nor_bad(told: Told, target: str) -> None:
    content = await told(CheckSpec("odd", CheckKind.TCP, target, timeout_seconds=2.0))
    assert content["state"] == "cannot_see"


async def test_a_process_is_found_by_its_command_and_missed_when_it_ends(told: Told, tmp_path: Path) -> None:
    script = tmp_path / "shop-front.py"
    script.write_text("import time; print('up', flush=True); time.sleep(60)")
    running = await asyncio.create_subprocess_exec(sys.executable, str(script), stdout=asyncio.subprocess.PIPE)
    spec = CheckSpec("front", CheckKind.PROCESS, f"{Path(sys.executable).name} {script}")
    try:
        assert running.stdout is not None
        await running.stdout.readline()
        content = await told(spec)
        assert (content["state"], content["value"]) == ("ok", 1.0)
    finally:
        running.kill()
        await running.communicate()
    content = await told(spec)
    assert (content["state"], content["value"]) == ("failing", 0.0)


async def test_free_space_is_judged_and_a_missing_path_is_not_seen(told: Told, tmp_path: Path) -> None:
    roomy = CheckSpec("disk", CheckKind.DISK, str(tmp_path), free_percent_min=0.0)
    full = CheckSpec("disk", CheckKind.DISK, str(tmp_path), free_percent_min=100.0)
    gone = CheckSpec("disk", CheckKind.DISK, str(tmp_path / "gone"))
    assert [(await told(spec))["state"] for spec in (roomy, full, gone)] == ["ok", "failing", "cannot_see"]
    disk = os.statvfs(tmp_path)
    share = 100 * disk.f_bavail / (disk.f_blocks - disk.f_bfree + disk.f_bavail)
    assert (await told(roomy))["value"] == pytest.approx(share, abs=1.0)


async def test_the_reader_asks_the_check_again(surrounded: Callable[..., Surroundings]) -> None:
    async with server(says(OK)) as port:
        good, bad = http(port), CheckSpec("down", CheckKind.HTTP, f"http://127.0.0.1:{free_port()}/")
        blind = CheckSpec("disk", CheckKind.DISK, "/no/such/path")
        (reader,) = built(surrounded(good, bad, blind)).readers
        readings = [await reader.read(alert(name)) for name in ("front", "down", "disk", "unknown")]
    states = [reading.state if reading else None for reading in readings]
    assert states == [SignalState.CLEAR, SignalState.FIRING, SignalState.NO_DATA, None]
    assert readings[0] is not None
    assert readings[0].query == f"http GET {good.target}"


async def test_the_runner_samples_every_kind(surroundings: Surroundings) -> None:
    (runner,) = built(surroundings).runners
    specs = [spec for kind in CheckKind if runner.runs(spec := CheckSpec("x", kind, "127.0.0.1:1"))]
    assert {spec.kind for spec in specs} >= {"http", "tcp", "dns", "process", "disk", "heartbeat"}
    samples = [await runner.sample(spec) for spec in specs]
    assert [sample.state for sample in samples] != [SampleState.OK] * len(specs)


def alert(check: str) -> Alert:
    return Alert("checks", "f", AlertStatus.FIRING, {"check": check}, {}, datetime.now(UTC))


@pytest.mark.parametrize(
    ("kind", "target"), [(CheckKind.HTTP, "http://web.home.lan/"), (CheckKind.TCP, "web.home.lan:80")]
)
async def test_a_name_that_nobody_answers_for_in_time_cannot_be_seen_and_is_not_down(
    told: Told, kind: CheckKind, target: str
) -> None:
    over = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        asyncio.get_running_loop().set_default_executor(pool)
        # Names are looked up by the loop's threads; with all of them busy, none is answered for.
        pool.submit(over.wait, 30)
        content = await told(CheckSpec("web", kind, target, timeout_seconds=0.3))
        over.set()
    assert content["state"] == "cannot_see"
    assert "web.home.lan was not resolved within 0.3 s" in content["detail"]
