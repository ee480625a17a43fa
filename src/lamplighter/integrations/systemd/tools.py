"""Read-only looks at one unit: what systemd says of it, and its journal. A failed look is evidence too."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question
from lamplighter.domain.topology import Component
from lamplighter.integrations.commands import Output, Session, settled
from lamplighter.integrations.systemd.client import Machines, Placed
from lamplighter.ports import Clock, ToolError

LINES_MAX = 2_000
LAST_LINES = 200
STATUS_LINES = 30
# How systemctl status ends for a unit that is not active, or is failed.
STATUS_CODES = (0, 1, 2, 3)
PROPERTIES = (
    "Id",
    "Type",
    "LoadState",
    "UnitFileState",
    "ActiveState",
    "SubState",
    "Result",
    "Restart",
    "NRestarts",
    "StartLimitBurst",
    "ExecMainCode",
    "ExecMainStatus",
    "ExecMainStartTimestamp",
    "ExecMainExitTimestamp",
    "ActiveEnterTimestamp",
    "InactiveEnterTimestamp",
    "MainPID",
    "MemoryCurrent",
    "MemoryMax",
    "TasksCurrent",
    "TasksMax",
    "LimitNOFILE",
    "StatusText",
)
NOTHING = ("", "-- No entries --")
BLIND = ("not seeing messages from other users", "insufficient permissions", "No journal files were")


class UnitTool(ABC):
    """What both looks share."""

    name: str

    def __init__(self, machines: Machines, clock: Clock) -> None:
        self._machines = machines
        self._clock = clock

    def serves(self, component: Component) -> bool:
        """Units, and components that the configuration names a unit for."""
        return self._machines.knows(component)

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One piece of text; where the look failed, with `error` naming the command and the raw reason."""
        part = question.component
        try:
            placed = self._machines.placed(part)
        except ToolError as problem:
            return [self._evidence(part, {"query": f"{self.name} {part.name}"}, Output("", 0), str(problem))]
        query = placed.machine.words(self.command(question, placed.unit))
        about = {"query": query, "component": part.name, "unit": placed.unit, "host": placed.machine.name}
        try:
            async with placed.machine.session(self._machines.seconds) as session:
                output = await self.look(session, question, placed)
        except ToolError as problem:
            return [self._evidence(part, about, Output("", 0), f"{query}: {problem}")]
        return [self._evidence(part, about, output, "")]

    def _evidence(self, part: Component, about: dict[str, str], output: Output, error: str) -> Evidence:
        key = f"{self.name}:{part.name}"
        at = self._clock.now()
        return Evidence(key, self.name, part.name, about, "text/plain", output.text, at, error, output.truncated)

    @abstractmethod
    def command(self, question: Question, unit: str) -> tuple[str, ...]:
        """The one command that people are told of."""

    @abstractmethod
    async def look(self, session: Session, question: Question, placed: Placed) -> Output:
        """Run it, and what belongs to it. Raises `ToolError`."""


class Status(UnitTool):
    """The unit's properties, then its status as systemctl prints it."""

    name = "systemctl.status"

    def command(self, question: Question, unit: str) -> tuple[str, ...]:  # noqa: ARG002 - the journal needs its window
        """The status."""
        return "systemctl", "status", "--no-pager", "--full", f"--lines={STATUS_LINES}", "--", unit

    async def look(self, session: Session, question: Question, placed: Placed) -> Output:
        """Both in one text. A unit that is not there is no evidence of anything."""
        show = ("systemctl", "show", "--no-pager", "-p", ",".join(PROPERTIES), "--", placed.unit)
        properties = settled(show, await session.run(show, first=True)).text.strip()
        if "LoadState=not-found" in properties.splitlines():
            raise ToolError(f"{placed.machine.name} has no unit {placed.unit} (LoadState=not-found)")
        argv = self.command(question, placed.unit)
        printed = settled(argv, await session.run(argv), STATUS_CODES)
        room = EVIDENCE_BYTES_MAX - len(properties.encode()) - 2
        raw = printed.text.encode()
        return Output(
            f"{properties}\n\n{raw[:room].decode('utf-8', 'ignore')}", 0, "", printed.truncated or len(raw) > room
        )


class Journal(UnitTool):
    """The unit's newest lines of the question's window, each with its time."""

    name = "journalctl"

    def command(self, question: Question, unit: str) -> tuple[str, ...]:
        """The lines of the window."""
        window = (f"--since={moment(question.start)}", f"--until={moment(question.end)}")
        return "journalctl", "--no-pager", "-o", "short-iso", f"-n{LINES_MAX}", *window, f"--unit={unit}"

    async def look(self, session: Session, question: Question, placed: Placed) -> Output:
        """The window's lines; where there are none the last ones, for a unit that ended before it still tells why."""
        argv = self.command(question, placed.unit)
        output = await session.run(argv)
        if _says_nothing(output):
            last = ("journalctl", "--no-pager", "-o", "short-iso", f"-n{LAST_LINES}", f"--unit={placed.unit}")
            output = await session.run(last)
        # Where others' lines are hidden, no lines are no evidence that nothing was said.
        if _says_nothing(output) and any(words in output.complaint for words in BLIND):
            raise ToolError(f"this user may not read the journal: {output.complaint}")
        return output if output.text.strip() else settled(argv, output)


def _says_nothing(output: Output) -> bool:
    return output.text.strip() in NOTHING


def moment(at: datetime) -> str:
    """A moment as journalctl takes it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
