"""What may be done to a process: restart, start, and set the memory limit that the guard holds it to."""

from __future__ import annotations

from collections.abc import Mapping

from lamplighter.domain.plan import MEMORY_LIMIT_BYTES_MAX, Offer, Risk, Target, Verb, bytes_words, why_lower
from lamplighter.integrations.supervisor.client import Supervisord, SupervisorFault
from lamplighter.integrations.supervisor.inventory import SYSTEM
from lamplighter.integrations.supervisor.logs import guard_log
from lamplighter.integrations.supervisor.process import Info, ProcessId, guarded_limit, parse_id
from lamplighter.ports import Clock, Effect, Snapshot, ToolError

STOP_SECONDS = 30.0
CONFIRM_SECONDS = 3.0
CONFIRM_EVERY_SECONDS = 0.1
MEMORY_BYTES_MIN = 1024 * 1024
LIMIT_EVENT = "memory_limit"
BAD_NAME = "BAD_NAME"
NOT_RUNNING = "NOT_RUNNING"
ALREADY_STARTED = "ALREADY_STARTED"


class ProcessAction:
    """What the three verbs share: how a process is found and looked at."""

    def __init__(self, daemon: Supervisord, clock: Clock) -> None:
        self._daemon = daemon
        self._clock = clock

    async def look(self, target: Target) -> Snapshot:
        """The process as it is now. Raises `ToolError` where supervisord cannot be seen."""
        key = parse_id(target.id)
        if key is None:
            return Snapshot(exists=False, running=False, detail=f"{target.id!r} is not the id of a process")
        name = await self._daemon.call("getIdentification", shape=str)
        if name != key.daemon:
            detail = f"{self._daemon.config.url} is {name} now, and {target.name} is a process of {key.daemon}"
            return Snapshot(exists=False, running=False, detail=detail)
        try:
            info = await self._daemon.call("getProcessInfo", key.spec, shape=Info)
        except SupervisorFault as fault:
            if fault.name != BAD_NAME:
                raise
            return Snapshot(exists=False, running=False, detail=str(fault))
        return snapshot(info, await self._limit(key))

    async def _limit(self, key: ProcessId) -> int | None:
        try:
            return guarded_limit(await guard_log(self._daemon), key.name)
        except SupervisorFault:
            # A guard that is not there must not keep a process from being restarted: its limit is just not known.
            return None

    async def _found(self, target: Target) -> ProcessId | Effect:
        """The id to act on, or why there is nothing to act on. Raises `ToolError`, with nothing done."""
        key = parse_id(target.id)
        seen = await self._sure_look(target)
        if key is None or not seen.exists:
            return Effect(ok=False, detail=seen.detail)
        return key

    async def _sure_look(self, target: Target) -> Snapshot:
        try:
            return await self.look(target)
        except ToolError as problem:
            # A look changes nothing, however it ended; so the outcome is known even where the answer is not.
            raise ToolError(str(problem)) from problem

    async def _stop(self, key: ProcessId, ledger_key: str) -> Effect:
        try:
            await self._daemon.call(
                "stopProcess", key.spec, True, shape=bool, key=ledger_key, extra_seconds=STOP_SECONDS
            )
        except SupervisorFault as fault:
            return Effect(ok=fault.name == NOT_RUNNING, detail=str(fault))
        return Effect(ok=True, detail=f"stopped {key.name}")

    async def _start(self, key: ProcessId, ledger_key: str) -> Effect:
        try:
            await self._daemon.call(
                "startProcess", key.spec, True, shape=bool, key=ledger_key, extra_seconds=STOP_SECONDS
            )
        except SupervisorFault as fault:
            return Effect(ok=fault.name == ALREADY_STARTED, detail=str(fault))
        return Effect(ok=True, detail=f"started {key.name}")


class Restart(ProcessAction):
    """Stop the process and start it; one that does not stop is killed by supervisord after its `stopwaitsecs`."""

    offer = Offer(SYSTEM, Verb.RESTART, Risk.LOW, False, "stops the process, and starts it again")

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:  # noqa: ARG002 - the port's signature; a restart takes no parameters
        """Restart. Raises `ToolError`, which is unsure as soon as the process may have been stopped."""
        found = await self._found(target)
        if isinstance(found, Effect):
            return found
        stopped = await self._stop(found, key)
        if not stopped.ok:
            return stopped
        try:
            started = await self._start(found, key)
        except ToolError as problem:
            raise ToolError(f"{stopped.detail}, then {problem}", unsure=True) from problem
        return Effect(started.ok, f"{stopped.detail}, then {started.detail}")

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:  # noqa: ARG002 - the port's signature
        """Whether it was started again since."""
        return started_since(before, now)

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:  # noqa: ARG002 - the port's signature
        """Nothing is done: a restart leaves nothing behind to put back."""
        return Effect(ok=False, detail=f"a restart of {target.name} cannot be undone")


class Start(ProcessAction):
    """Start a process that does not run."""

    offer = Offer(SYSTEM, Verb.START, Risk.LOW, True, "starts the process", "stops it again")

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:  # noqa: ARG002 - the port's signature; a start takes no parameters
        """Start. Raises `ToolError`."""
        found = await self._found(target)
        return found if isinstance(found, Effect) else await self._start(found, key)

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:  # noqa: ARG002 - the port's signature
        """Whether it was started since, even where it ended again."""
        return started_since(before, now)

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        """Stop it, where it did not run before. Raises `ToolError`."""
        if before.running:
            return Effect(ok=True, detail=f"{target.name} ran before, so it is left running")
        found = await self._found(target)
        return found if isinstance(found, Effect) else await self._stop(found, key)


class SetMemoryLimit(ProcessAction):
    """Tell the memory guard another limit, and wait until it says that it holds it."""

    offer = Offer(
        SYSTEM, Verb.SET_MEMORY_LIMIT, Risk.MEDIUM, True, "changes the memory limit", "sets the old limit again"
    )

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        """Set the limit to `params["bytes"]`. Raises `ToolError`; unsure where the guard does not confirm in 3 s."""
        text = params.get("bytes", "")
        if not (text.isascii() and text.isdigit()) or not MEMORY_BYTES_MIN <= int(text) <= MEMORY_LIMIT_BYTES_MAX:
            return Effect(ok=False, detail=f"bytes={text[:40]!r} is not a memory limit: a whole number of bytes")
        before = await self._sure_look(target)
        if lower := why_lower(target.name, before.values.get("memory_limit_bytes", ""), int(text)):
            return Effect(ok=False, detail=lower)
        return await self._set(target, int(text), key)

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        """Whether the limit is the one that was wanted."""
        limit = now.values.get("memory_limit_bytes", "")
        if not now.exists or not limit:
            return None
        if limit == params.get("bytes"):
            return True
        return False if limit == before.values.get("memory_limit_bytes") else None

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        """Set the limit of before. Raises `ToolError`."""
        limit = before.values.get("memory_limit_bytes", "")
        if not limit:
            return Effect(ok=False, detail=f"the memory limit of {target.name} before is not known")
        return await self._set(target, int(limit), key)

    async def _set(self, target: Target, limit: int, key: str) -> Effect:
        found = await self._found(target)
        if isinstance(found, Effect):
            return found
        await self._daemon.call("sendRemoteCommEvent", LIMIT_EVENT, f"{found.name}={limit}", shape=bool, key=key)
        deadline = self._clock.monotonic() + CONFIRM_SECONDS
        while self._clock.monotonic() < deadline:
            if await self._confirmed(found.name, limit):
                return Effect(ok=True, detail=f"the memory guard holds {found.name} to {bytes_words(limit)}")
            await self._clock.sleep(CONFIRM_EVERY_SECONDS)
        guard = self._daemon.config.memory_guard
        raise ToolError(f"{guard} did not say within {CONFIRM_SECONDS:g} s that it holds the limit", unsure=True)

    async def _confirmed(self, name: str, limit: int) -> bool:
        try:
            return guarded_limit(await guard_log(self._daemon), name) == limit
        except ToolError as problem:
            raise ToolError(f"the limit was sent, then {problem}", unsure=True) from problem


def snapshot(info: Info, limit: int | None) -> Snapshot:
    """The part of an answer that looks are compared by."""
    values = {
        "started_at": str(info.start),
        "pid": str(info.pid),
        "status": info.statename,
        "memory_limit_bytes": "" if limit is None else str(limit),
        "spawn_error": info.spawnerr,
    }
    return Snapshot(exists=True, running=info.running, values=values, detail=f"{info.statename} {info.description}")


def started_since(before: Snapshot, now: Snapshot) -> bool | None:
    """Whether the process was started between two looks.

    Start times are whole seconds, so a new pid tells too. None where the process is gone, and where it was stopped but
    not started: a restart that was broken off half-way is neither.
    """
    if not (before.exists and now.exists):
        return None
    old_pid, new_pid = before.values.get("pid", ""), now.values.get("pid", "")
    if now.values.get("started_at") != before.values.get("started_at") or (new_pid not in ("", "0", old_pid)):
        return True
    return False if new_pid == old_pid and now.running == before.running else None
