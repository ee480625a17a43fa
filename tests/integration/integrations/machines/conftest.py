"""A machine to ask, here and over SSH: a real SSH server, a real shell, and programs that print what is laid out."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest

from tests.integration.integrations.machines.stage import Stage


async def answer(process: asyncssh.SSHServerProcess[bytes], searched: str) -> None:
    """What sshd does with a command: a shell runs it, and goes with the connection."""
    shell = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        process.command or "",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": searched},
        start_new_session=True,
    )
    told = asyncio.ensure_future(passed_on(shell, process))
    left = asyncio.ensure_future(process.channel.wait_closed())
    await asyncio.wait((told, left), return_when=asyncio.FIRST_COMPLETED)
    left.cancel()
    if not told.done():
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    await asyncio.gather(told, left, return_exceptions=True)
    process.exit(await shell.wait())


async def passed_on(shell: asyncio.subprocess.Process, process: asyncssh.SSHServerProcess[bytes]) -> None:
    """Both streams until they end; what the other side does not want any more is read all the same."""

    async def one(source: asyncio.StreamReader | None, sink: asyncssh.SSHWriter[bytes]) -> None:
        while source and (chunk := await source.read(65_536)):
            with suppress(OSError, asyncssh.Error):
                sink.write(chunk)
                await sink.drain()

    await asyncio.gather(one(shell.stdout, process.stdout), one(shell.stderr, process.stderr))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


@pytest.fixture
async def served(stage: Stage) -> AsyncIterator[Stage]:
    """The same stage behind a real SSH server that hands each command to a shell, as sshd does."""
    server_key = asyncssh.generate_private_key("ssh-ed25519")
    client_key = asyncssh.generate_private_key("ssh-ed25519")
    client_key.write_private_key(stage.folder / "key")
    (stage.folder / "authorized").write_bytes(client_key.export_public_key())

    answering: set[asyncio.Task[None]] = set()

    async def run(process: asyncssh.SSHServerProcess[bytes]) -> None:
        answering.add(asyncio.ensure_future(answer(process, stage.searched)))

    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[server_key],
        authorized_client_keys=str(stage.folder / "authorized"),
        process_factory=run,
        encoding=None,
    )
    stage.port = server.get_port()
    known = f"[127.0.0.1]:{stage.port} {server_key.export_public_key().decode()}"
    (stage.folder / "known_hosts").write_text(known, encoding="utf-8")
    stage.host = {
        "name": "nas",
        "address": "127.0.0.1",
        "port": stage.port,
        "user": "lamp",
        "key_file": stage.folder / "key",
        "known_hosts": stage.folder / "known_hosts",
    }
    yield stage
    server.close()
    await server.wait_closed()
    if answering:
        await asyncio.wait(answering, timeout=5)
