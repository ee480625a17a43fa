"""Requests that are sent twice."""

from __future__ import annotations

import asyncio
import json

import pytest
from fastapi import Request
from starlette.types import Message

from lamplighter.testing import FakeClock
from lamplighter.web.problems import Problem
from lamplighter.web.repeats import KEPT_MAX, LIFE_SECONDS, Repeats


def request(key: str = "k-1", body: bytes = b"{}", path: str = "/x") -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"idempotency-key", key.encode("latin-1"))] if key else []
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers, "query_string": b"", "server": None}
    return Request(scope, receive)


class Maker:
    """Counts how often something was made."""

    def __init__(self, status: int = 201) -> None:
        self.made = 0
        self.status = status

    async def __call__(self) -> tuple[int, object]:
        self.made += 1
        return self.status, {"number": self.made}


@pytest.fixture
def repeats() -> Repeats:
    return Repeats(FakeClock())


async def test_the_same_request_gets_the_same_answer_and_makes_nothing(repeats: Repeats) -> None:
    make = Maker()
    first, second = await repeats.once(request(), make), await repeats.once(request(), make)
    assert (first.status_code, second.status_code, make.made) == (201, 201, 1)
    assert first.body == second.body
    assert second.headers["idempotency-replayed"] == "true"


async def test_without_a_key_everything_is_made(repeats: Repeats) -> None:
    make = Maker()
    await repeats.once(request(key=""), make)
    await repeats.once(request(key=""), make)
    assert make.made == 2


async def test_the_same_key_with_another_body_is_422(repeats: Repeats) -> None:
    make = Maker()
    await repeats.once(request(), make)
    with pytest.raises(Problem) as refused:
        await repeats.once(request(body=b'{"a":1}'), make)
    assert (refused.value.status, make.made) == (422, 1)


async def test_a_key_counts_for_one_address(repeats: Repeats) -> None:
    make = Maker()
    await repeats.once(request(), make)
    await repeats.once(request(path="/y"), make)
    assert make.made == 2


async def test_what_failed_may_be_tried_again(repeats: Repeats) -> None:
    async def fail() -> tuple[int, object]:
        raise Problem(503, "away", "away", "later")

    with pytest.raises(Problem):
        await repeats.once(request(), fail)
    make = Maker()
    assert json.loads(bytes((await repeats.once(request(), make)).body)) == {"number": 1}


async def test_a_second_one_while_the_first_is_under_way_is_409(repeats: Repeats) -> None:
    going = asyncio.Event()

    async def slow() -> tuple[int, object]:
        await going.wait()
        return 201, {}

    first = asyncio.create_task(repeats.once(request(), slow))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refused:
        await repeats.once(request(), slow)
    assert refused.value.status == 409
    going.set()
    assert (await first).status_code == 201


async def test_a_day_later_it_is_forgotten() -> None:
    clock = FakeClock()
    repeats, make = Repeats(clock), Maker()
    await repeats.once(request(), make)
    clock.advance(LIFE_SECONDS + 1)
    await repeats.once(request(), make)
    assert make.made == 2


async def test_the_memory_is_bounded(repeats: Repeats) -> None:
    make = Maker()
    for number in range(KEPT_MAX + 1):
        await repeats.once(request(key=f"k{number}"), make)
    await repeats.once(request(key="k0"), make)
    assert make.made == KEPT_MAX + 2
    await repeats.once(request(key=f"k{KEPT_MAX}"), make)
    assert make.made == KEPT_MAX + 2


@pytest.mark.parametrize("key", ["a b", "x" * 201, "é", "\x7f"])
async def test_what_cannot_be_a_key_is_400(repeats: Repeats, key: str) -> None:
    with pytest.raises(Problem) as refused:
        await repeats.once(request(key=key), Maker())
    assert refused.value.status == 400
