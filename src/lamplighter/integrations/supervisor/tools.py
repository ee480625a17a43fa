"""Read-only looks at one process: what supervisord says of it, and what it wrote. A failed look is evidence too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Evidence, Question, bounded
from lamplighter.domain.topology import Component
from lamplighter.integrations.supervisor.client import Supervisord
from lamplighter.integrations.supervisor.inventory import SYSTEM
from lamplighter.integrations.supervisor.logs import guard_log, log_tail
from lamplighter.integrations.supervisor.process import Info, guard_lines, guarded_limit, parse_id
from lamplighter.integrations.supervisor.usage import resident_bytes, usage
from lamplighter.ports import Clock, ToolError

STREAM_BYTES_MAX = EVIDENCE_BYTES_MAX // 2 - 1024


@dataclass(frozen=True, slots=True)
class ProcessTool:
    """What both looks share."""

    daemon: Supervisord
    clock: Clock

    def serves(self, component: Component) -> bool:
        """Processes of this supervisord."""
        return component.system == SYSTEM

    def _spec(self, component: Component) -> str:
        key = parse_id(component.id)
        return key.spec if key else component.name


class Status(ProcessTool):
    """What supervisord says of the process, with its memory and the limit that the guard holds it to."""

    name = "supervisor.status"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """One JSON object: getProcessInfo's answer, with `memory_limit_bytes`, `rss_bytes` and `usage` where known."""
        part = question.component
        spec = self._spec(part)
        query = f"supervisor.getProcessInfo({spec!r})"
        about = {"query": query, "component": part.name}
        key = f"{self.name}:{part.name}"
        try:
            info = await self.daemon.call("getProcessInfo", spec, shape=Info)
            limit = guarded_limit(await guard_log(self.daemon), part.name)
        except ToolError as problem:
            return [Evidence(key, self.name, part.name, about, "application/json", "", self.clock.now(), str(problem))]
        here = self.daemon.config.local
        used = await usage(info, self.clock) if here else None
        seen = {"memory_limit_bytes": limit, "rss_bytes": resident_bytes(info) if here else None, "usage": used}
        content = msgspec.json.encode({**msgspec.to_builtins(info), **seen})
        text, truncated = bounded(content.decode())
        return [
            Evidence(key, self.name, part.name, about, "application/json", text, self.clock.now(), truncated=truncated)
        ]


class Logs(ProcessTool):
    """What the process wrote, and what the memory guard wrote about it."""

    name = "supervisor.logs"

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """Text, oldest first: standard output, then standard error; and apart from it the guard's lines.

        The two are never mixed: a program can write into its own log what the guard would say.
        """
        part = question.component
        spec = self._spec(part)
        query = f"supervisor.readProcessStdoutLog({spec!r}) and readProcessStderrLog"
        about = {"query": query, "component": part.name}
        try:
            tails = [await log_tail(self.daemon, spec, stream, STREAM_BYTES_MAX) for stream in ("Stdout", "Stderr")]
            guard = guard_lines(await guard_log(self.daemon), part.name)
        except ToolError as problem:
            return [self._evidence(part, about, "", error=str(problem))]
        content, cut = "\n".join(text.rstrip("\n") for text, _ in tails if text), any(more for _, more in tails)
        found = [self._evidence(part, about, content, cut=cut)]
        if guard:
            source = self.daemon.config.memory_guard
            asked = {"query": f"supervisor.readProcessStderrLog({source!r})", "component": part.name, "log": source}
            found.append(self._evidence(part, asked, "\n".join(guard)))
        return found

    def _evidence(
        self, part: Component, about: dict[str, str], content: str, *, error: str = "", cut: bool = False
    ) -> Evidence:
        text, truncated = bounded(content)
        key = ":".join(filter(None, (self.name, part.name, about.get("log", ""))))
        at = self.clock.now()
        return Evidence(key, self.name, part.name, about, "text/plain", text, at, error, truncated or cut)
