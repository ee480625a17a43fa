"""Every route of the application against every role: the table is whole, and the gate keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from lamplighter.domain.access import LEAST_ROLE, SCOPE_RIGHTS, Right, Role, Scope
from lamplighter.domain.account import ApiToken
from lamplighter.web.auth import Gate
from lamplighter.web.identity import digest
from lamplighter.web.rights import SOCKET, TABLE, Door, Need, Rights

if TYPE_CHECKING:
    from tests.unit.web.conftest import Bench

ROUTES = {route: need for need, routes in TABLE.items() for route in routes}
# A question has a body, and changes nothing.
ANSWERING = {"POST /api/v1/incidents/{incident_id}/ask"}
PLACES = {
    "incident_id": "INC-1",
    "approval_id": "INC-1-x",
    "silence_id": "SIL-1",
    "token_id": "TOK-9",
    "verb": "comment",
}
PLACES |= {
    "source": "manual",
    "word": "nothing",
    "name": "page.css",
    "name:path": "Front / page",
    "file:path": "9/static/vue.js",
}


def registered(api: FastAPI) -> Iterator[str]:
    """Every route there is, as the table writes them; one whose kind is unknown here would go unseen, so it fails."""
    waiting = list(api.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, WebSocketRoute):
            yield f"{SOCKET} {route.path}"
        elif isinstance(route, Route | APIRoute):
            methods = set(route.methods or ())
            # Starlette answers HEAD for its own GET routes; FastAPI's own do not.
            methods -= set() if isinstance(route, APIRoute) else {"HEAD"}
            yield from (f"{method} {route.path}" for method in methods)
        elif isinstance(route, Mount):
            yield f"MOUNT {route.path}"
        else:
            inner = getattr(route, "original_router", None)
            assert inner is not None, f"a kind of route that this test does not know: {route!r}"
            waiting += inner.routes


def test_the_table_names_every_route_and_no_other(bench: Bench) -> None:
    there = set(registered(bench.api))
    assert len(there) > 60
    assert there - ROUTES.keys() == set(), "routes without a right"
    assert ROUTES.keys() - there == set(), "rights without a route"


def test_no_route_is_in_the_table_twice() -> None:
    listed = [route for routes in TABLE.values() for route in routes]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(("route", "need"), ROUTES.items(), ids=ROUTES)
def test_each_route_finds_its_own_entry(route: str, need: Need) -> None:
    method, _, path = route.partition(" ")
    assert Rights().of(method, filled(path)) == need


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/v1/incidents/INC-1/x/y", "/incidents\n", "/INCIDENTS", "//incidents"]
)
def test_what_is_not_in_the_table_needs_what_nobody_has(path: str) -> None:
    assert Rights().of("GET", path) is None


@pytest.mark.parametrize(
    "route", [route for route, need in ROUTES.items() if not route.startswith(("GET", "HEAD", SOCKET))]
)
def test_whatever_changes_something_wants_more_than_looking(route: str) -> None:
    assert (ROUTES[route] == Right.SEE) is (route in ANSWERING)
    if ROUTES[route] is Door.OPEN:
        assert route in {"POST /login", "POST /setup", "POST /invitation", "POST /ping/{word}", "POST /act/{word}"}


def filled(path: str) -> str:
    return re.sub(r"\{([^}]+)\}", lambda found: PLACES[found[1]], path)


WHO = ("nobody", *(role.word for role in Role), *(f"token:{scope}" for scope in Scope))


def expected(need: Need, who: str) -> bool:
    """Whether this person may pass, worked out anew from the roles and the scopes."""
    if isinstance(need, Door):
        return need is Door.OPEN or who != "nobody"
    if who.startswith("token:"):
        return need in SCOPE_RIGHTS[Scope(who.partition(":")[2])]
    return who != "nobody" and Role[who.upper()] >= LEAST_ROLE[need]


def headers_of(who: str, bench: Bench) -> dict[str, str]:
    if who == "nobody":
        return {}
    if not who.startswith("token:"):
        return {"cookie": bench.signed_in(Role[who.upper()], who), "origin": "http://lamp.lan"}
    text = f"lmp_{who}"
    scopes = frozenset({Scope(who.partition(":")[2])})
    bench.people.tokens[digest(text)] = ApiToken("TOK-1", who, digest(text), scopes, "ann", bench.clock.now())
    return {"authorization": f"Bearer {text}"}


@pytest.mark.parametrize("who", WHO)
async def test_the_gate_lets_everybody_through_to_exactly_what_the_table_says(bench: Bench, who: str) -> None:
    passed: list[str] = []

    async def behind(scope: AsgiScope, receive: Receive, send: Send) -> None:
        del receive
        passed.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    gate = Gate(behind, bench.access.identities, Rights())
    headers = headers_of(who, bench)
    transport = httpx.ASGITransport(app=gate)
    routes = [route for route in registered(bench.api) if not route.startswith(SOCKET)]
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan", headers=headers) as client:
        for route in routes:
            passed.clear()
            method, _, path = route.partition(" ")
            status = (await client.request(method, filled(path))).status_code
            may_pass = expected(ROUTES[route], who)
            assert bool(passed) is may_pass, (route, who, status)
            assert status == (204 if may_pass else 401 if who == "nobody" else 403), (route, who)
