"""The shapes of the engine's JSON that decisions rest on, and how they are read. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from lamplighter.domain.nearby import HOST_NETWORK, NO_NETWORK
from lamplighter.ports import ToolError

RUNNING = "running"
UNHEALTHY = "(unhealthy)"
PORTS_MAX = 50
T = TypeVar("T")


class Network(msgspec.Struct, rename="pascal"):
    """How a container of a list reaches the network: a network's name, or `container:ID` for another's."""

    network_mode: str = ""


class Port(msgspec.Struct, rename="pascal"):
    """A port of a container; `public_port` is the engine's own that leads there, 0 for none."""

    private_port: int = 0
    public_port: int = 0


class Summary(msgspec.Struct, rename="pascal"):
    """One entry of `GET /containers/json`."""

    id: str
    names: list[str] | None = None
    labels: dict[str, str] | None = None
    state: str = ""
    status: str = ""
    image: str = ""
    host_config: Network | None = None
    ports: list[Port] | None = None

    @property
    def name(self) -> str:
        """The container's own name; a name with a second slash is another container's link to it."""
        own = [name.removeprefix("/") for name in self.names or () if name.count("/") <= 1]
        return next(iter(own), self.id[:12])

    @property
    def healthy(self) -> bool:
        """Running, and not called unhealthy by its own health check."""
        return self.state == RUNNING and UNHEALTHY not in self.status

    @property
    def standing(self) -> str:
        """In one word how it stands: unhealthy, or the engine's own word."""
        return "unhealthy" if UNHEALTHY in self.status else self.state

    @property
    def opened(self) -> str:
        """The ports that the engine opened for it: `8080>80`, by commas; or that it has no network of its own."""
        mode = self.host_config.network_mode if self.host_config else ""
        if mode == HOST_NETWORK:
            return HOST_NETWORK
        if mode == NO_NETWORK or mode.startswith(("container:", "service:")):
            return NO_NETWORK
        pairs = {(one.public_port, one.private_port) for one in self.ports or () if one.public_port}
        return ",".join(f"{public}>{private}" for public, private in sorted(pairs)[:PORTS_MAX])


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


class Mounting(msgspec.Struct, rename="pascal"):
    """Whose volumes a container was given: a name or id each, which may end with :ro."""

    volumes_from: list[str] | None = None


class Mounted(msgspec.Struct, rename="pascal"):
    """What `GET /containers/{id}/json` says of borrowed volumes; it never changes in a container's life."""

    host_config: Mounting = msgspec.field(default_factory=Mounting)


class Details(msgspec.Struct, rename="pascal"):
    """What `GET /containers/{id}/json` says that a snapshot needs."""

    id: str
    state: State
    host_config: HostConfig
    restart_count: int = 0


class EndState(msgspec.Struct, rename="pascal"):
    """How a container that does not run came to its end; `error` is why it could not be started."""

    status: str = ""
    exit_code: int = 0
    oom_killed: bool = msgspec.field(default=False, name="OOMKilled")
    error: str = ""
    finished_at: str = ""

    @property
    def ended_at(self) -> datetime | None:
        """When it ended (UTC); None where it never ran, which the engine writes as the year 1."""
        try:
            at = datetime.fromisoformat(self.finished_at)
        except ValueError:
            return None
        return at.astimezone(UTC) if at.year > 1 and at.tzinfo is not None else None


class RestartPolicy(msgspec.Struct, rename="pascal"):
    """When the engine itself starts a container again: no, always, unless-stopped, on-failure."""

    name: str = ""
    maximum_retry_count: int = 0


class Hosting(msgspec.Struct, rename="pascal"):
    """What the engine was told to do with a container that ends."""

    restart_policy: RestartPolicy = msgspec.field(default_factory=RestartPolicy)


class Ending(msgspec.Struct, rename="pascal"):
    """What `GET /containers/{id}/json` says of a container that is down; `by_a_person` is our own note."""

    id: str
    state: EndState
    host_config: Hosting = msgspec.field(default_factory=Hosting)
    restart_count: int = 0
    by_a_person: bool = False


def decoded(body: bytes, shape: type[T], query: str) -> T:
    """The body as `shape`. Raises `ToolError` naming the query and what is wrong."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
        raise ToolError(f"{query}: the answer is not what a Docker engine says: {problem}") from problem
