from __future__ import annotations

import socket

import pytest

from lamplighter.integrations.fetching import AnswerTooLarge, JsonApi, failed, query_text, web_address
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
