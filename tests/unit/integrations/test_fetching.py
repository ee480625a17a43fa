from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from lamplighter.integrations.fetching import (
    AnswerTooLarge,
    JsonApi,
    Outward,
    Refused,
    blind_trust,
    connected,
    failed,
    machine_trust,
    no_trust,
    query_text,
    web_address,
    why_never,
    why_not_reached,
)
from lamplighter.ports import ToolError
from lamplighter.testing import JsonServer


async def test_what_is_said_is_sent_and_the_json_comes_back(json_server: JsonServer) -> None:
    json_server.answers = {"/a": lambda params: {"got": params}}
    assert await JsonApi(json_server.url, 5).get("/a", {"q": 'x="1"&y'}) == {"got": {"q": 'x="1"&y'}}


async def test_a_failed_request_is_told_with_what_was_asked_and_the_raw_reason(json_server: JsonServer) -> None:
    with pytest.raises(ToolError, match=r'GET /b\?q=1: HTTP 404 \{"message": "not found"\}'):
        await JsonApi(json_server.url, 5).get("/b", {"q": "1"})
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = int(one.getsockname()[1])
    with pytest.raises(ToolError, match=r"GET /b: http://127.0.0.1:.*ConnectError"):
        await JsonApi(f"http://127.0.0.1:{port}", 5).get("/b")


async def test_an_answer_without_end_is_broken_off(json_server: JsonServer) -> None:
    json_server.answers = {"/a": "x" * 9_000_000}
    with pytest.raises(AnswerTooLarge, match="GET /a: the answer is larger than"):
        await JsonApi(json_server.url, 20).get("/a")


async def test_who_does_not_answer_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(ToolError, match=r"no whole answer in 0.1 s|Timeout"):
            await JsonApi(url, 0.1).get("/a")


def test_no_secret_is_in_a_failure() -> None:
    assert "hunter2" not in str(failed("GET /a?password=hunter2", "http://me:hunter2@db/ token=hunter2"))
    assert query_text("/a", {"b": "c d"}) == "GET /a?b=c+d"


@pytest.mark.parametrize("url", ["", "loki:3100", "ftp://loki", "http://", "http:///x"])
def test_an_address_without_scheme_or_host_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match="http://loki:3100"):
        web_address(url, "http://loki:3100")


class Names:
    """A resolver that answers as it is told, and otherwise another thing each time."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        del port
        self.asked.append(host)
        return self.answers.pop(0)


def port_of(server: JsonServer) -> int:
    return int(server.url.rpartition(":")[2])


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"),
        *("0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0", "224.0.0.1", "ff02::1"),
    ],
)
def test_some_addresses_are_never_asked(address: str) -> None:
    assert address in why_never(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "fd00::1", "100.64.0.1", "1.1.1.1"]
)
def test_those_of_a_homelab_and_of_the_world_may_be(address: str) -> None:
    assert why_never(address) == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "0", "0x0", "[::ffff:0.0.0.0]"])
async def test_this_machine_is_not_reached_by_its_other_names(json_server: JsonServer, host: str) -> None:
    json_server.answers = {"/a": 1}
    with pytest.raises(ToolError, match="unspecified"):
        await JsonApi(f"http://{host}:{port_of(json_server)}", 20).get("/a")


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "0xa9fea9fe", "[fe80::1]"])
async def test_a_link_local_address_is_refused_in_any_form(host: str) -> None:
    with pytest.raises(ToolError, match="is link-local"):
        await JsonApi(f"http://{host}", 20).get("/latest/meta-data")


async def test_a_name_that_leads_to_such_an_address_is_refused() -> None:
    async with httpx.AsyncClient(transport=Outward(resolve=Names(["169.254.169.254"]))) as client:
        with pytest.raises(Refused, match=r"169\.254\.169\.254 is link-local"):
            await client.get("http://metadata.lan/")


async def test_a_name_is_resolved_once_and_what_was_looked_at_is_what_is_asked(json_server: JsonServer) -> None:
    json_server.answers = {"/a": 1}
    names = Names(["169.254.169.254", "127.0.0.1"], ["169.254.169.254"])
    async with httpx.AsyncClient(transport=Outward(resolve=names)) as client:
        answer = await client.get(f"http://rebind.lan:{port_of(json_server)}/a")
        assert answer.json() == 1
        assert answer.request.headers["host"] == f"rebind.lan:{port_of(json_server)}"
        assert names.asked == ["rebind.lan"]
        with pytest.raises(Refused):
            await client.get(f"http://rebind.lan:{port_of(json_server)}/a")


async def test_where_one_address_does_not_answer_the_next_is_asked(json_server: JsonServer) -> None:
    json_server.answers = {"/a": 1}
    names = Names(["127.0.0.2", "127.0.0.1"])
    async with httpx.AsyncClient(transport=Outward(resolve=names), timeout=60) as client:
        assert (await client.get(f"http://twice.lan:{port_of(json_server)}/a")).json() == 1


async def test_a_redirect_is_not_followed_to_anywhere(json_server: JsonServer) -> None:
    json_server.answers = {"/a": "secret"}
    there = f"http://127.0.0.1:{port_of(json_server)}/a"

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    async with server:
        with pytest.raises(ToolError, match="HTTP 302"):
            await JsonApi(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 20).get("/a")


def test_clients_that_are_not_httpx_connect_to_what_was_looked_at(json_server: JsonServer) -> None:
    port = port_of(json_server)
    with connected("127.0.0.1", port, 30) as made:
        assert made.getpeername() == ("127.0.0.1", port)
        assert made.gettimeout() == 30
    for host in ("0.0.0.0", "0x0", "::", "2852039166"):
        with pytest.raises(ConnectionRefusedError, match="nothing is asked there"):
            connected(host, port, 30)


@pytest.mark.parametrize("host", ["0x0", "fe80::1", "169.254.169.254"])
def test_a_look_beforehand_says_why_nothing_is_sent(host: str) -> None:
    assert "nothing is asked there" in why_not_reached(host)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.1", "", "no-such-name.invalid"])
def test_a_look_beforehand_lets_all_else_be(host: str) -> None:
    assert why_not_reached(host) == ""


def test_threads_share_no_trust() -> None:
    made = (machine_trust, blind_trust, no_trust)
    with ThreadPoolExecutor(1) as other:
        theirs = [other.submit(one).result() for one in made]
    ours = [one() for one in made]
    assert not {id(one) for one in ours} & {id(one) for one in theirs}
    assert [one() for one in made] == ours
