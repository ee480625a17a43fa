"""F20: an engine that takes calls and never answers costs each look its time and no more; its places are freed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.evidence import Case, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.ports import Roles
from lamplighter.testing import NOON, firing, roles_of

WEB = Component("docker", "container", "web", "1f" * 32)
LOOKS_AT_ONCE = 12
SECONDS_MAX = 60


@pytest.fixture
def socket() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="llh", dir="/tmp"))
    yield home / "s"
    shutil.rmtree(home)


@asynccontextmanager
async def listening(socket: Path, answer: bytes) -> AsyncIterator[None]:
    """An engine that gives everybody the same answer; none at all where that is empty."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                if answer:
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))
                    await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(once, str(socket))
    try:
        yield
    finally:
        server.close()
        await asyncio.to_thread(socket.unlink, missing_ok=True)


async def looked(roles: Roles) -> list[Evidence]:
    (tool,) = [one for one in roles.tools if one.name == "docker.inspect"]
    question = Question(WEB, firing("WebDown"), NOON - timedelta(minutes=30), NOON)
    return list(await tool.gather(question))


async def test_looks_that_nobody_answers_end_and_leave_their_places(socket: Path) -> None:
    roles = roles_of("docker", {"host": f"unix://{socket}", "timeout_seconds": 0.3}, NOON)
    async with listening(socket, b""), asyncio.timeout(SECONDS_MAX):
        stuck = await asyncio.gather(*(looked(roles) for _ in range(LOOKS_AT_ONCE)))
    assert all(piece.error for pieces in stuck for piece in pieces)
    found = diagnose(Case("stuck", NOON, "web is failing", evidence=tuple(stuck[0]), subject="web"))
    assert found.undetermined
    assert "docker.inspect of web failed" in found.needs[0]
    answer = b'{"ApiVersion": "1.41", "Id": "%s", "Name": "/web", "State": {"Status": "exited", "Running": false}}'
    async with listening(socket, answer % WEB.id.encode()), asyncio.timeout(SECONDS_MAX):
        (piece,) = await looked(roles)
    assert (piece.error, "exited" in piece.content) == ("", True)
