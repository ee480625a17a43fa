"""Read-only looks at a machine: its state, its disks, memory and processes, and which packages were changed on it."""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question, bounded
from lamplighter.domain.topology import Component
from lamplighter.integrations.commands import Machine, Output, Session, settled
from lamplighter.integrations.host.client import SYSTEM, Hosts
from lamplighter.integrations.host.packages import changes_of, zone_of
from lamplighter.integrations.host.state import SAMPLE_SECONDS, SAMPLES, measured
from lamplighter.ports import Clock, ToolError

JSON_MEDIA = "application/json"
KERNEL_LINES_MAX = 50
PACKAGES_BEFORE = timedelta(days=3)
STATE_KEPT_SECONDS = 15.0
# df ends with 1 where one of the mounts cannot be looked at, and still tells of the others.
DF_CODES = (0, 1)
DPKG_LOG = "/var/log/dpkg.log"
APT_LOG = "/var/log/apt/history.log"
LOG_BYTES = "65536"


class HostTool(ABC):
    """One look at the machine that a question is about. The evidence speaks of the machine, whoever was asked about."""

    name: str
    media = "text/plain"

    def __init__(self, hosts: Hosts, clock: Clock) -> None:
        self._hosts = hosts
        self._clock = clock

    def serves(self, component: Component) -> bool:
        """Machines, and what says on which machine it runs."""
        return self._hosts.under(component) is not None

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece; where the look failed, with `error` naming the command and the raw reason."""
        machine = self._hosts.asked(question)
        if machine is None:
            return []
        query = machine.words(self.command())
        try:
            output = await self.look(machine, question)
        except ToolError as problem:
            return [self._evidence(machine, query, question, Output("", 0), f"{query}: {problem}")]
        return [self._evidence(machine, query, question, output, "")]

    def _evidence(self, machine: Machine, query: str, question: Question, output: Output, error: str) -> Evidence:
        text, cut = bounded(output.text)
        about = {"query": query, "component": self.speaks_of(machine, question), "host": machine.name}
        key = f"{self.name}:{machine.name}"
        at = self._clock.now()
        return Evidence(key, self.name, about["component"], about, self.media, text, at, error, output.truncated or cut)

    def speaks_of(self, machine: Machine, _question: Question) -> str:
        """The component that the evidence is about."""
        return machine.name

    @abstractmethod
    def command(self) -> tuple[str, ...]:
        """The command that people are told of."""

    @abstractmethod
    async def look(self, machine: Machine, question: Question) -> Output:
        """Look. Raises `ToolError`."""


class CommandTool(HostTool):
    """What one command prints, on another machine; of this one `host.state` tells more."""

    argv: tuple[str, ...]
    fine: tuple[int, ...] = (0,)

    def serves(self, component: Component) -> bool:
        """Other machines, and what says that it runs on one."""
        return self._hosts.under(component) in self._hosts.remote

    def command(self) -> tuple[str, ...]:
        """The command itself."""
        return self.argv

    async def look(self, machine: Machine, _question: Question) -> Output:
        """As printed; the first rows are kept, for they are the head and the busiest."""
        async with machine.session(self._hosts.seconds) as session:
            return await self.printed(session)

    async def printed(self, session: Session) -> Output:
        """Run it. Raises `ToolError`."""
        return settled(self.argv, await session.run(self.argv, first=True), self.fine)


class Df(CommandTool):
    """Bytes and inodes of each disk, as two tables."""

    name = "df"
    argv = ("df", "-P")
    fine = DF_CODES

    async def printed(self, session: Session) -> Output:
        """Both tables in one text."""
        tables = [await session.run(argv, first=True) for argv in (self.argv, ("df", "-Pi"))]
        texts = [settled(self.argv, table, DF_CODES).text for table in tables]
        if not any(text.strip() for text in texts):
            raise ToolError(tables[0].complaint or "df told of no disk")
        return Output("\n".join(texts)[:EVIDENCE_BYTES_MAX], 0, "", any(table.truncated for table in tables))


class Free(CommandTool):
    """Memory and swap."""

    name = "free"
    argv = ("free", "-b")


class Ps(CommandTool):
    """All processes by their names, busiest first; never their arguments, which may hold secrets."""

    name = "ps"
    argv = ("ps", "-eo", "pid,ppid,user:16,stat,pcpu,pmem,rss,etimes,comm", "--sort=-pcpu")


class Uptime(CommandTool):
    """Since when the machine is up, its load, and how many processors share it."""

    name = "uptime"
    argv = ("uptime",)

    async def printed(self, session: Session) -> Output:
        """The load, and the number of processors on a line of its own, where that is told."""
        load, cores = settled(self.argv, await session.run(self.argv)), await session.run(("nproc",))
        return Output(load.text + (cores.text if cores.code == 0 else ""), 0)


class HostState(HostTool):
    """This machine, measured for two seconds."""

    name = "host.state"
    media = JSON_MEDIA

    def __init__(self, hosts: Hosts, clock: Clock) -> None:
        super().__init__(hosts, clock)
        self._kept: tuple[float, Output] | None = None
        self._turn = asyncio.Lock()

    def serves(self, component: Component) -> bool:
        """This machine, and all that does not say that it runs on another."""
        return self._hosts.under(component) is self._hosts.local or not is_elsewhere(self._hosts, component)

    def command(self) -> tuple[str, ...]:
        """No command, but psutil's functions."""
        return ("psutil", self._hosts.local.name)

    async def look(self, machine: Machine, question: Question) -> Output:
        """JSON. Questions of the same moment share one measurement."""
        async with self._turn:
            if self._kept is None or self._clock.monotonic() - self._kept[0] > STATE_KEPT_SECONDS:
                output = await self._measured(machine, question)
                self._kept = (self._clock.monotonic(), output)
            return self._kept[1]

    async def _measured(self, machine: Machine, question: Question) -> Output:
        sample_seconds = min(SAMPLE_SECONDS, self._hosts.seconds / (2 * SAMPLES))
        try:
            async with asyncio.timeout(self._hosts.seconds):
                # A dead disk blocks the thread for as long as it likes; the look does not wait for it.
                state = await asyncio.to_thread(measured, machine.name, sample_seconds=sample_seconds)
        except TimeoutError as problem:
            raise ToolError(f"no answer within {self._hosts.seconds:g} s") from problem
        except (OSError, ValueError) as problem:
            raise ToolError(f"{type(problem).__name__}: {problem}") from problem
        state["kernel"] = await self._kills(question)
        return _as_json(state, "processes")

    async def _kills(self, question: Question) -> list[str]:
        """The kernel's own lines about whom it killed for memory; none where its log is hidden from us."""
        since = f"--since={question.start:%Y-%m-%d %H:%M:%S} UTC"
        argv = ("journalctl", "-k", "--no-pager", "-o", "short-iso", "-n5000", since)
        try:
            async with self._hosts.local.session(self._hosts.seconds / 2) as session:
                printed = await session.run(argv)
        except ToolError:
            return []
        told = ("oom-kill:", "ut of memory: Killed process")
        lines = [line[:500] for line in printed.text.splitlines() if any(words in line for words in told)]
        return lines[-KERNEL_LINES_MAX:]


class PackageChanges(HostTool):
    """Which packages were changed in the three days before the trouble and in it."""

    name = "packages.changes"
    media = JSON_MEDIA

    def serves(self, component: Component) -> bool:
        """Machines, what says on which it runs, and all that does not say that it runs elsewhere."""
        return super().serves(component) or not is_elsewhere(self._hosts, component)

    def command(self) -> tuple[str, ...]:
        """The first of the logs."""
        return ("tail", "-c", LOG_BYTES, DPKG_LOG)

    def speaks_of(self, machine: Machine, question: Question) -> str:
        """The component that was asked about: a package may bear its name."""
        return question.component.name if question.component.system != SYSTEM else machine.name

    async def look(self, machine: Machine, question: Question) -> Output:
        """JSON with `changes`, oldest first."""
        async with machine.session(self._hosts.seconds) as session:
            logs = [await session.run(("tail", "-c", LOG_BYTES, file)) for file in (DPKG_LOG, APT_LOG)]
            # The logs are written in the machine's own time.
            zone = await session.run(("date", "+%z"), own_time=True)
        if all(log.code for log in logs):
            raise ToolError(logs[0].complaint or "there is no log of packages")
        since = question.start - PACKAGES_BEFORE
        changes = changes_of(logs[0].text, logs[1].text, zone_of(zone.text), since)
        return _as_json({"host": machine.name, "source": "dpkg", "changes": changes}, "changes")


def is_elsewhere(hosts: Hosts, component: Component) -> bool:
    """Whether a component says that it runs on a machine, or is one, that is not this one."""
    under = hosts.under(component)
    return component.system == SYSTEM if under is None else under is not hosts.local


def _as_json(value: dict[str, Any], longest: str) -> Output:
    """As JSON; of the longest list the oldest or last entries go where it is too large."""
    text = json.dumps(value)
    cut = False
    while len(text.encode()) > EVIDENCE_BYTES_MAX and value[longest]:
        cut = True
        value = {**value, longest: value[longest][len(value[longest]) // 2 + 1 :]}
        text = json.dumps(value)
    return Output(text, 0, "", cut)
