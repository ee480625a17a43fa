"""What the doors share to know people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from lamplighter.domain.access import Role
from lamplighter.web.access import access, standing

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench


def request_of(bench: Bench, cookie: str) -> Request:
    headers = [(b"cookie", cookie.encode())]
    return Request({"type": "http", "headers": headers, "client": None, "app": bench.api})


async def test_what_stays_open_asks_again_who_it_is(bench: Bench) -> None:
    asked = request_of(bench, bench.signed_in(Role.VIEWER, "kim"))
    found = await standing(asked)
    assert found is not None
    assert found.name == "kim"
    bench.people.open_sessions.clear()
    assert await standing(asked) is None


def test_a_server_that_was_put_together_otherwise_knows_nobody(bench: Bench) -> None:
    assert access(request_of(bench, "")) is bench.access
    del bench.api.state.access
    bench.api.state.access = object()
    with pytest.raises(TypeError):
        access(request_of(bench, ""))
