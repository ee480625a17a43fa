"""The shapes of the engine's JSON that decisions rest on, and how they are read. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from lamplighter.ports import ToolError

RUNNING = "running"
UNHEALTHY = "(unhealthy)"
T = TypeVar("T")


class Summary(msgspec.Struct, rename="pascal"):
    """One entry of `GET /containers/json`."""

    id: str
    names: list[str] | None = None
    labels: dict[str, str] | None = None
    state: str = ""
    status: str = ""
    image: str = ""

    @property
    def name(self) -> str:
        """The container's own name; a name with a second slash is another container's link to it."""
        own = [name.removeprefix("/") for name in self.names or () if name.count("/") <= 1]
        return next(iter(own), self.id[:12])

    @property
    def healthy(self) -> bool:
        """Running, and not called unhealthy by its own health check."""
        return self.state == RUNNING and UNHEALTHY not in self.status


class Health(msgspec.Struct, rename="pascal"):
    """The container's own health check."""

    status: str = ""


class State(msgspec.Struct, rename="pascal"):
    """What runs now; times are RFC 3339 with nanoseconds."""

    status: str
    pid: int = 0
    started_at: str = ""
    health: Health | None = None


class HostConfig(msgspec.Struct, rename="pascal"):
    """The limits in bytes; 0 is none, and -1 for swap is as much as there is."""

    memory: int = 0
    memory_swap: int = 0


class Details(msgspec.Struct, rename="pascal"):
    """What `GET /containers/{id}/json` says that a snapshot needs."""

    id: str
    state: State
    host_config: HostConfig
    restart_count: int = 0


def decoded(body: bytes, shape: type[T], query: str) -> T:
    """The body as `shape`. Raises `ToolError` naming the query and what is wrong."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ToolError(f"{query}: the answer is not what a Docker engine says: {problem}") from problem
