"""Runs a few fixed commands that only read, here or over SSH. What they print is evidence, never a program."""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import shlex
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX
from lamplighter.ports import ToolError

COMPLAINT_BYTES_MAX = 2_000
READ_BYTES_MAX = 16 * 1024 * 1024
CHUNK_BYTES = 65_536
GOODBYE_SECONDS = 1.0
SESSIONS_MAX = 2
SEARCHED = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# One language and one zone, so that what is printed can be read; no colours and no pager.
SETTINGS = {"LC_ALL": "C", "TZ": "UTC", "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""}
PROGRAMS = frozenset({"date", "df", "free", "journalctl", "nproc", "ps", "systemctl", "tail", "uptime"})
SYSTEMCTL_VERBS = frozenset({"list-units", "show", "status"})
_JOURNAL_CHANGES = re.compile(r"^--(?:vacuum|rotate|flush|sync|relinquish|smart|setup|update)")
Read = Callable[[int], Awaitable[bytes]]
Line = Annotated[str, StringConstraints(pattern=r"^[^\s-]\S*$", max_length=255)]


class RemoteHost(BaseModel):
    """One machine that is asked over SSH, with a key, as a user who need not be able to change anything."""

    model_config = ConfigDict(extra="forbid")

    name: Line
    address: Line = ""
    port: int = Field(default=22, ge=1, le=65_535)
    user: Line
    key_file: Path
    known_hosts: Path = Path("~/.ssh/known_hosts")


@dataclass(frozen=True, slots=True)
class Output:
    """What a command printed, at most 64 KiB of it, its exit code, and what it complained of on standard error."""

    text: str
    code: int
    complaint: str = ""
    truncated: bool = False


class Session(Protocol):
    """Runs commands on one machine, one after the other."""

    async def run(self, argv: Sequence[str], *, first: bool = False, own_time: bool = False) -> Output:
        """Run one; of more than 64 KiB the newest is kept, or with `first` the first. Raises `ToolError`.

        Times are printed in UTC, unless the machine's `own_time` is asked for.
        """
        ...


class Machine(Protocol):
    """One machine that commands can be run on."""

    name: str

    def session(self, seconds: float) -> AbstractAsyncContextManager[Session]:
        """A session that lasts for `seconds` at most. Raises `ToolError`."""
        ...

    def words(self, argv: Sequence[str]) -> str:
        """The command as a person could repeat it."""
        ...


class LocalMachine:
    """This machine. `searched` is where programs are looked for; no shell is ever started."""

    def __init__(self, name: str, searched: str = SEARCHED) -> None:
        self.name = name
        self._searched = searched

    @asynccontextmanager
    async def session(self, seconds: float) -> AsyncIterator[Session]:
        """Every command is a process of its own, killed when the time is up."""
        async with _in_time(seconds, self.name):
            yield self

    def words(self, argv: Sequence[str]) -> str:
        """The command, quoted."""
        return shlex.join(argv)

    async def run(self, argv: Sequence[str], *, first: bool = False, own_time: bool = False) -> Output:
        """Run one command. Raises `ToolError`."""
        program, *rest = checked(argv)
        found = shutil.which(program, path=self._searched)
        if found is None:
            raise ToolError(f"{program} is not installed here")
        try:
            process = await asyncio.create_subprocess_exec(
                found,
                *rest,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={"PATH": self._searched, **_settings(own_time=own_time)},
                start_new_session=True,
            )
        except (OSError, ValueError) as problem:
            raise ToolError(f"{program} cannot be started: {problem}") from problem
        try:
            return await _collected(process, first=first)
        finally:
            await _ended(process)


class SshMachine:
    """A machine over SSH. Its host key must be known, and only the one key is offered to it."""

    def __init__(self, host: RemoteHost) -> None:
        self.name = host.name
        self._host = host
        self._slots = asyncio.Semaphore(SESSIONS_MAX)

    @property
    def address(self) -> str:
        """`user@address`, with the port where it is not SSH's own."""
        port = f":{self._host.port}" if self._host.port != RemoteHost.model_fields["port"].default else ""
        return f"{self._host.user}@{self._host.address or self._host.name}{port}"

    def words(self, argv: Sequence[str]) -> str:
        """The command, quoted, with the machine before it."""
        return f"ssh {self.address} {shlex.join(argv)}"

    @asynccontextmanager
    async def session(self, seconds: float) -> AsyncIterator[Session]:
        """One connection, for all commands of the session."""
        # Only who asks over SSH waits for its library, which takes longer to load than all else here.
        asyncssh = await asyncio.to_thread(importlib.import_module, "asyncssh")
        where = f"ssh {self.address}"
        async with self._slots, _in_time(seconds, where):
            try:
                connection = await asyncssh.connect(**self._options(seconds))
            except (OSError, ValueError, asyncssh.Error) as problem:
                raise ToolError(f"{where}: {type(problem).__name__}: {problem}") from problem
            try:
                yield _SshSession(asyncssh, connection, where)
            finally:
                connection.abort()
                with suppress(TimeoutError):
                    async with asyncio.timeout(GOODBYE_SECONDS):
                        await connection.wait_closed()

    def _options(self, seconds: float) -> dict[str, Any]:
        host = self._host
        return {
            "host": host.address or host.name,
            "port": host.port,
            "username": host.user,
            "client_keys": [str(host.key_file.expanduser())],
            "known_hosts": str(host.known_hosts.expanduser()),
            "preferred_auth": "publickey",
            "agent_path": None,
            "config": None,
            "gss_host": None,
            "connect_timeout": seconds,
            "login_timeout": seconds,
        }


class _SshSession:
    """Commands over one connection. The far side hands them to a shell, so every word is quoted."""

    def __init__(self, asyncssh: ModuleType, connection: Any, where: str) -> None:  # noqa: ANN401 - loaded late
        self._asyncssh = asyncssh
        self._connection = connection
        self._where = where

    async def run(self, argv: Sequence[str], *, first: bool = False, own_time: bool = False) -> Output:
        """Run one command. Raises `ToolError`."""
        settings = (f"{name}={value}" for name, value in _settings(own_time=own_time).items())
        line = shlex.join(("env", *settings, *checked(argv)))
        try:
            process = await self._connection.create_process(
                line, stdin=self._asyncssh.DEVNULL, encoding=None, env={}, term_type=None
            )
            try:
                return await _collected(process, first=first)
            finally:
                process.close()
        except (OSError, ValueError, self._asyncssh.Error) as problem:
            raise ToolError(f"{self._where}: {type(problem).__name__}: {problem}") from problem


def _settings(*, own_time: bool) -> dict[str, str]:
    return {name: value for name, value in SETTINGS.items() if name != "TZ" or not own_time}


def checked(argv: Sequence[str]) -> list[str]:
    """The command, where it is one of those that only read. Raises `ToolError`."""
    program = argv[0] if argv else ""
    if program not in PROGRAMS or any("\x00" in word or "\n" in word for word in argv):
        raise ToolError(f"{program!r} is not a command that is ever run")
    if program == "systemctl" and argv[1] not in SYSTEMCTL_VERBS:
        raise ToolError(f"systemctl {argv[1]} is not a look")
    if program == "journalctl" and any(_JOURNAL_CHANGES.match(word) for word in argv):
        raise ToolError("this journalctl is not a look")
    return list(argv)


def settled(argv: Sequence[str], output: Output, fine: Sequence[int] = (0,)) -> Output:
    """The output, where the command ended as it should. Raises `ToolError` with what it complained of."""
    if output.code in fine:
        return output
    said = " ".join((output.complaint or output.text).split())[:COMPLAINT_BYTES_MAX] or "it said nothing"
    raise ToolError(f"{argv[0]} ended with {output.code}: {said}")


@asynccontextmanager
async def _in_time(seconds: float, where: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as problem:
        raise ToolError(f"{where}: no answer within {seconds:g} s") from problem


async def _collected(process: Any, *, first: bool) -> Output:  # noqa: ANN401 - asyncio's process, or asyncssh's
    """What a process prints until it ends; both streams are read at once, so that neither can block it."""
    try:
        async with asyncio.TaskGroup() as group:
            printed = group.create_task(_kept(process.stdout.read, EVIDENCE_BYTES_MAX, first=first))
            complained = group.create_task(_kept(process.stderr.read, COMPLAINT_BYTES_MAX, first=True))
    except ExceptionGroup as problems:
        raise problems.exceptions[0] from None
    await process.wait()
    (text, cut), (complaint, _) = printed.result(), complained.result()
    code = process.returncode
    return Output(text, code if code is not None else -1, complaint.strip(), cut)


async def _kept(read: Read, bytes_max: int, *, first: bool) -> tuple[str, bool]:
    """The newest or the first bytes of a stream in whole lines, and whether any were left out."""
    kept, total = bytearray(), 0
    while chunk := await read(CHUNK_BYTES):
        total += len(chunk)
        if total > READ_BYTES_MAX:
            raise ToolError(f"it printed more than {READ_BYTES_MAX} bytes")
        if first:
            kept += chunk[: max(0, bytes_max - len(kept))]
        else:
            kept += chunk
            del kept[:-bytes_max]
    raw = bytes(kept)
    if total > bytes_max:
        raw = raw.rpartition(b"\n")[0] if first else raw.partition(b"\n")[2]
    return raw.decode("utf-8", "replace"), total > bytes_max


async def _ended(process: asyncio.subprocess.Process) -> None:
    """See that a process and all that it started are gone, and their pipes closed."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_SECONDS):
            for stream in filter(None, (process.stdout, process.stderr)):
                while await stream.read(CHUNK_BYTES):
                    continue
            await process.wait()
