"""Whatever an address in the configuration is spelt like, some places are never asked; a homelab's own are."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, SampleState
from lamplighter.integrations.apprise.channel import AppriseChannel
from lamplighter.integrations.probe.network import look_http, look_tcp
from lamplighter.ports import ChannelError, Roles, ToolError
from lamplighter.testing import roles_of
from tests.unit.domain.letters import ALL

LOADS: dict[str, Callable[[str], dict[str, Any]]] = {
    "prometheus": lambda at: {"url": f"http://{at}", "timeout_seconds": 5},
    "alertmanager": lambda at: {"url": f"http://{at}", "timeout_seconds": 5},
    "kubernetes": lambda at: {"url": f"http://{at}", "timeout_seconds": 5},
    "proxmox": lambda at: {"url": f"http://{at}", "token_id": "me@pve!x", "token": "secret", "timeout_seconds": 5},
    "supervisor": lambda at: {"url": f"http://{at}", "timeout_seconds": 5},
    "docker": lambda at: {"host": f"tcp://{at}", "timeout_seconds": 5},
    "grafana": lambda at: {"url": f"http://{at}", "token": "glsa_x", "timeout_seconds": 5},
    "loki": lambda at: {"url": f"http://{at}", "timeout_seconds": 5},
    "heartbeat_out": lambda at: {"url": f"http://{at}/ping", "timeout_seconds": 5},
    "ntfy": lambda at: {"url": f"http://{at}", "topic": "ops", "timeout_seconds": 5},
    "telegram": lambda at: {"api_url": f"http://{at}", "token": "1:x", "chat": 1, "timeout_seconds": 5},
    "apprise": lambda at: {"urls": [f"ntfy://{at}/ops"], "timeout_seconds": 5},
}
SPELLINGS = ("0.0.0.0", "[::]", "0x0", "[::ffff:0.0.0.0]")
METADATA = ("169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "[fe80::1]")
# These want a host that looks like one, and refuse other spellings earlier.
PICKY = {"apprise": ("0.0.0.0", "[::]"), "docker": ("0.0.0.0", "[::]", "0x0")}


@dataclass
class Listener:
    """Whatever comes to a port of this machine, and is never answered well."""

    port: int = 0
    heard: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def listening() -> AsyncIterator[Listener]:
    told = Listener()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.heard.append(await reader.read(4_096))
        writer.write(b"HTTP/1.1 418 I'm a teapot\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        told.port = int(server.sockets[0].getsockname()[1])
        yield told


async def ask(roles: Roles) -> str:
    """Let an integration ask for something; what it said went wrong."""
    try:
        if roles.inventories:
            await roles.inventories[0].components()
        elif roles.heartbeats:
            await roles.heartbeats[0].beat()
        elif roles.channels:
            await roles.channels[0].send(ALL["detected"])
        else:
            assert roles.contact is not None
            await roles.contact()
    except (ToolError, ChannelError) as problem:
        return str(problem)
    raise AssertionError("a teapot was taken for a service")


@pytest.mark.parametrize("name", sorted(LOADS))
async def test_this_machine_may_be_asked_by_its_name_and_not_by_what_stands_for_any(name: str) -> None:
    async with listening() as listener:
        await ask(roles_of(name, LOADS[name](f"127.0.0.1:{listener.port}")))
        assert listener.heard
        listener.heard.clear()
        for host in PICKY.get(name, SPELLINGS):
            said = await ask(roles_of(name, LOADS[name](f"{host}:{listener.port}")))
            assert "unspecified" in said, (host, said)
        assert listener.heard == []


@pytest.mark.parametrize("name", sorted(LOADS))
async def test_a_clouds_metadata_is_never_asked(name: str) -> None:
    for host in METADATA if name not in PICKY else METADATA[:1]:
        said = await ask(roles_of(name, LOADS[name](f"{host}:80")))
        # What is octal is no address to the library of most.
        assert "is link-local, and nothing is asked there" in said or "Invalid IPv4 address" in said, (host, said)


@pytest.mark.parametrize("name", sorted(LOADS))
@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1:70/_x", "dict://127.0.0.1:11211/stat"])
def test_no_other_scheme_is_taken(name: str, url: str) -> None:
    given = LOADS[name]("127.0.0.1:1")
    key = next(key for key in ("url", "host", "api_url", "urls") if key in given)
    with pytest.raises(ValueError, match=r"begin with|is not allowed|should match pattern"):
        roles_of(name, {**given, key: [url] if key == "urls" else url})


async def test_no_redirect_is_followed_to_where_nothing_is_asked() -> None:
    told = Listener()

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        told.heard.append(await reader.read(4_096))
        there = f"http://127.0.0.1:{told.port}/there"
        writer.write(f"HTTP/1.1 302 Found\r\nlocation: {there}\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    async with server:
        told.port = int(server.sockets[0].getsockname()[1])
        for name in sorted(LOADS):
            await ask(roles_of(name, LOADS[name](f"127.0.0.1:{told.port}")))
    assert told.heard
    assert not [one for one in told.heard if b"/there" in one]


@pytest.mark.parametrize("where", ["0.0.0.0", "0x0", "127.0.0.1,169.254.169.254", "h.lan?hostaddr=169.254.169.254"])
async def test_no_database_is_asked_there_either(where: str) -> None:
    contact = roles_of("postgresql", {"url": f"postgresql://me:hunter2@{where}", "components": ["db"]}).contact
    assert contact is not None
    with pytest.raises(ToolError, match="nothing is asked there") as caught:
        await contact()
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("kind", [CheckKind.TCP, CheckKind.HTTP])
@pytest.mark.parametrize("host", ["0.0.0.0", "0x0", "169.254.169.254"])
async def test_no_check_looks_there(kind: CheckKind, host: str) -> None:
    async with listening() as listener:
        target = f"{host}:{listener.port}"
        spec = CheckSpec("x", kind, f"http://{target}" if kind is CheckKind.HTTP else target, timeout_seconds=5)
        look = await (look_http if kind is CheckKind.HTTP else look_tcp)(spec)
    assert look.state is not SampleState.OK
    assert "nothing is asked there" in look.detail
    assert listener.heard == []


async def test_apprise_names_no_secret_where_it_refuses() -> None:
    channel = AppriseChannel("apprise-ntfy", "ntfy://me:hunter2hunter2@0.0.0.0/ops", 5)
    with pytest.raises(ChannelError, match="unspecified") as caught:
        await channel.send(replace(ALL["detected"]))
    assert "hunter2" not in str(caught.value)


def test_the_spellings_mean_what_they_are_said_to() -> None:
    for host in ("2852039166", "0xa9fea9fe", "0251.0376.0251.0376"):
        assert socket.gethostbyname(host) == "169.254.169.254"
