"""What may be done to a container: restart, start, set its memory limit. Each is one request to the engine."""

from __future__ import annotations

from collections.abc import Mapping

from lamplighter.domain.plan import MEMORY_LIMIT_BYTES_MAX, Offer, Risk, Target, Verb, bytes_words, why_lower
from lamplighter.integrations.docker.client import Answer, BadAnswer, Engine
from lamplighter.integrations.docker.container import RUNNING, Details, decoded
from lamplighter.integrations.docker.inventory import SYSTEM
from lamplighter.ports import Effect, Snapshot, ToolError

NOT_FOUND = 404
UNCHANGED = 304
BAD_STATUS_FROM = 400
STOP_SECONDS = 5
MEMORY_BYTES_MIN = 6 * 1024 * 1024
SWAP_UNLIMITED = -1


class ContainerAction:
    """What the three verbs share: how a container is looked at, and how an answer is read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def look(self, target: Target) -> Snapshot:
        """The container as it is now, by its full id. Raises `ToolError` where the engine cannot be seen."""
        path = f"/containers/{target.id}/json"
        try:
            body = await self._engine.read(path)
        except BadAnswer as answer:
            if answer.status != NOT_FOUND:
                raise
            return Snapshot(exists=False, running=False, detail=str(answer))
        details = decoded(body, Details, f"GET {path}")
        if details.id != target.id:
            raise ToolError(f"GET {path}: the engine answered for {details.id}, which is another container")
        return snapshot(details)

    async def _post(
        self,
        target: Target,
        verb: str,
        key: str,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, int] | None = None,
        extra_seconds: float = 0.0,
    ) -> Effect:
        path = f"/containers/{target.id}/{verb}"
        return effect(await self._engine.change(path, key, params, body, extra_seconds), f"docker {verb} {target.name}")

    async def _stop(self, target: Target, key: str) -> Effect:
        return await self._post(target, "stop", key, {"t": str(STOP_SECONDS)}, extra_seconds=STOP_SECONDS)


class Restart(ContainerAction):
    """Stop the container, with five seconds to end by itself, and start it again."""

    offer = Offer(SYSTEM, Verb.RESTART, Risk.LOW, False, "stops the container, within 5 s, and starts it again")

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:  # noqa: ARG002 - the port's signature; a restart takes no parameters
        """Restart. Raises `ToolError`."""
        return await self._post(target, "restart", key, {"t": str(STOP_SECONDS)}, extra_seconds=STOP_SECONDS)

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:  # noqa: ARG002 - the port's signature
        """Whether it was started again since."""
        return started_since(before, now)

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:  # noqa: ARG002 - the port's signature
        """Nothing is done: a restart leaves nothing behind to put back."""
        return Effect(ok=False, detail=f"a restart of {target.name} cannot be undone")


class Start(ContainerAction):
    """Start a container that does not run."""

    offer = Offer(SYSTEM, Verb.START, Risk.LOW, True, "starts the container", "stops it again")

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:  # noqa: ARG002 - the port's signature; a start takes no parameters
        """Start. Raises `ToolError`."""
        return await self._post(target, "start", key)

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:  # noqa: ARG002 - the port's signature
        """Whether it was started since, even where it ended again."""
        return started_since(before, now)

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        """Stop it, where it did not run before. Raises `ToolError`."""
        if before.running:
            return Effect(ok=True, detail=f"{target.name} ran before, so it is left running")
        return await self._stop(target, key)


class SetMemoryLimit(ContainerAction):
    """Set the container's memory limit while it runs or not; the room for swap beside it stays as it was."""

    offer = Offer(
        SYSTEM, Verb.SET_MEMORY_LIMIT, Risk.MEDIUM, True, "changes the memory limit", "sets the old limit again"
    )

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        """Set the limit to `params["bytes"]`. Raises `ToolError`."""
        wanted = limit_wanted(params)
        if isinstance(wanted, str):
            return Effect(ok=False, detail=wanted)
        before = await self.look(target)
        if not before.exists:
            return Effect(ok=False, detail=before.detail)
        if lower := why_lower(target.name, before.values["memory_limit_bytes"], wanted):
            return Effect(ok=False, detail=lower)
        return await self._set(target, wanted, swap_limit(before, wanted), key)

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        """Whether the limit is the one that was wanted."""
        limit = now.values.get("memory_limit_bytes")
        if not now.exists or limit is None:
            return None
        if limit == params.get("bytes"):
            return True
        return False if limit == before.values.get("memory_limit_bytes") else None

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        """Set both limits of before. Raises `ToolError`."""
        limit = int(before.values["memory_limit_bytes"])
        if limit <= 0:
            return Effect(ok=False, detail=f"{target.name} had no limit, and Docker cannot take one away again")
        return await self._set(target, limit, int(before.values["memory_swap_bytes"]), key)

    async def _set(self, target: Target, limit: int, swap: int, key: str) -> Effect:
        done = await self._post(target, "update", key, body={"Memory": limit, "MemorySwap": swap})
        return Effect(ok=True, detail=f"{done.detail}: memory limit {bytes_words(limit)}") if done.ok else done


def snapshot(details: Details) -> Snapshot:
    """The part of an inspection that looks are compared by."""
    state = details.state
    values = {
        "started_at": state.started_at,
        "restart_count": str(details.restart_count),
        "memory_limit_bytes": str(details.host_config.memory),
        "memory_swap_bytes": str(details.host_config.memory_swap),
        "status": state.status,
        "health": state.health.status if state.health else "",
        "pid": str(state.pid),
    }
    return Snapshot(exists=True, running=state.status == RUNNING, values=values, detail=f"status {state.status}")


def started_since(before: Snapshot, now: Snapshot) -> bool | None:
    """Whether the container was started between two looks.

    None where it is gone, and where it was stopped but not started: a restart that was broken off half-way is neither.
    """
    if not (before.exists and now.exists):
        return None
    if now.values.get("started_at") != before.values.get("started_at"):
        return True
    return False if now.running == before.running else None


def limit_wanted(params: Mapping[str, str]) -> int | str:
    """The limit in bytes, or what is wrong with it."""
    text = params.get("bytes", "")
    if not (text.isascii() and text.isdigit()) or not MEMORY_BYTES_MIN <= int(text) <= MEMORY_LIMIT_BYTES_MAX:
        span = f"{bytes_words(MEMORY_BYTES_MIN)} to {bytes_words(MEMORY_LIMIT_BYTES_MAX)}"
        return f"bytes={text[:40]!r} is not a memory limit: a whole number of bytes, {span}"
    return int(text)


def swap_limit(before: Snapshot, wanted: int) -> int:
    """Docker's limit of memory and swap together, so that the room for swap stays what it was."""
    memory, swap = int(before.values["memory_limit_bytes"]), int(before.values["memory_swap_bytes"])
    if memory <= 0 or swap <= 0:
        return SWAP_UNLIMITED
    return wanted + max(0, swap - memory)


def effect(answer: Answer, request: str) -> Effect:
    """An engine's answer to a change, read; `request` says in words what was asked."""
    if answer.status == UNCHANGED:
        return Effect(ok=True, detail=f"{request}: HTTP 304, it was so already")
    if answer.status >= BAD_STATUS_FROM or answer.status // 100 == 3:  # noqa: PLR2004 - a redirect was not followed, so nothing was done
        return Effect(ok=False, detail=f"{request}: HTTP {answer.status}: {answer.text}")
    return Effect(ok=True, detail=f"{request}: HTTP {answer.status}")
