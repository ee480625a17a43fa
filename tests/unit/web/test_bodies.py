"""The bound on bodies as an ASGI application: what is handed on, what is refused, what is thrown away."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive, Scope, Send

from lamplighter.web.bodies import DRAIN_BYTES_MAX, BodyBound

BYTES_MAX = 10


class Behind:
    """Remembers the body that reached it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        assert not message["more_body"]
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def body(*chunks: bytes) -> list[Message]:
    last = len(chunks) - 1
    return [{"type": "http.request", "body": chunk, "more_body": n < last} for n, chunk in enumerate(chunks)]


async def exchange(messages: Iterable[Message], **headers: str) -> tuple[int, dict[str, str], Behind, list[Message]]:
    """Status (0: no answer), problem, what reached the door, and what was not read."""
    behind, waiting, sent = Behind(), list(messages), list[Message]()

    async def receive() -> Message:
        return waiting.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": "/x", "headers": raw}
    await BodyBound(behind, BYTES_MAX)(scope, receive, send)
    problem = json.loads(sent[1]["body"]) if sent and sent[1]["body"] else {}
    return (sent[0]["status"] if sent else 0), problem, behind, waiting


async def test_a_body_in_pieces_reaches_the_door_in_one() -> None:
    status, _, behind, _ = await exchange(body(b"01234", b"", b"56789"))
    assert status == 204
    assert behind.bodies == [b"0123456789"]


async def test_no_body_is_an_empty_one() -> None:
    status, _, behind, _ = await exchange(body(b""))
    assert (status, behind.bodies) == (204, [b""])


async def test_one_byte_too_many_is_413_and_no_door_sees_any_of_it() -> None:
    status, problem, behind, left = await exchange(body(b"0123456789", b"x"))
    assert (status, problem["code"], behind.bodies, left) == (413, "too-large", [], [])


async def test_a_body_without_end_is_given_up() -> None:
    piece: Message = {"type": "http.request", "body": b"x" * 2**20, "more_body": True}
    status, _, behind, left = await exchange([piece] * (DRAIN_BYTES_MAX // 2**20 + 9))
    assert (status, behind.bodies) == (413, [])
    assert left


@pytest.mark.parametrize("declared", [str(DRAIN_BYTES_MAX + BYTES_MAX + 1), "9" * 5000])
async def test_a_declared_length_far_over_the_bound_is_413_at_once(declared: str) -> None:
    status, _, _, left = await exchange(body(b"x"), content_length=declared)
    assert status == 413
    assert left


@pytest.mark.parametrize("coding", ["gzip", "br", "IDENTITY, gzip", " x "])
async def test_a_compressed_body_is_415_unread(coding: str) -> None:
    status, problem, _, left = await exchange(body(b"x"), content_encoding=coding)
    assert (status, problem["code"]) == (415, "compressed")
    assert left


async def test_identity_is_no_compression() -> None:
    assert (await exchange(body(b"x"), content_encoding="Identity"))[0] == 204


async def test_a_sender_that_leaves_gets_no_answer_and_no_door_hears_of_it() -> None:
    status, _, behind, _ = await exchange([*body(b"x", b"y")[:1], {"type": "http.disconnect"}])
    assert (status, behind.bodies) == (0, [])
