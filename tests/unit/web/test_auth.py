"""The gate as an ASGI application, without a server behind it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from lamplighter.domain.access import Right, Role, Via
from lamplighter.domain.access import Scope as TokenScope
from lamplighter.domain.account import ApiToken, Session
from lamplighter.settings.access import Oidc
from lamplighter.testing import FakeClock
from lamplighter.web.auth import UNPROVEN_BYTES_MAX, VOUCHED, Gate
from lamplighter.web.bearer import Bearers
from lamplighter.web.identity import COOKIE, CREDENTIAL_CHARACTERS_MAX, Identities, configured, digest
from lamplighter.web.rights import RECEIVER, Door, Rights
from lamplighter.web.session import PERSON, csrf_of

if TYPE_CHECKING:
    from tests.unit.web.conftest import MemoryPeople

TOKEN = "correct-horse"
SSO = Oidc.model_validate({"issuer": "https://id.home.lan", "client_id": "lamplighter"})
OPEN_PATHS = {"/-/healthy", "/-/ready", "/healthz", "/readyz", "/health", "/metrics"}
TABLE = {
    Door.OPEN: [*(f"GET {path}" for path in OPEN_PATHS), "GET /ping/{word}", "POST /ping/{word}", "HEAD /ping/{word}"],
    Door.SIGNED_IN: ["GET /me"],
    Right.SEE: ["GET /x", "GET /incidents", "WEBSOCKET /live"],
    Right.OPERATE: ["POST /x"],
    Right.SWITCH: ["POST /api/v1/pause", "POST /api/v1/resume"],
    Right.DELIVER: [f"POST {RECEIVER}"],
}


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def gate(app: ASGIApp, people: object = None, proving: Sequence[str] = (), clock: FakeClock | None = None) -> Gate:
    store: Any = people
    return Gate(
        app, Identities(TOKEN, Bearers("k" * 64), store, clock or FakeClock(), oidc=SSO), Rights(TABLE), proving
    )


async def ask(method: str, path: str, headers: list[tuple[bytes, bytes]] | None = None) -> httpx.Response:
    transport: Any = httpx.ASGITransport(app=gate(behind))
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
        return await client.request(method, path, headers=headers)


def bearer(token: str = TOKEN) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {token}".encode())]


async def test_who_is_known_but_asks_for_what_is_not_in_the_table_gets_no_further() -> None:
    assert (await ask("GET", "/nowhere", bearer())).status_code == 404
    other = await ask("DELETE", "/x", bearer())
    assert (other.status_code, other.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("path", sorted(OPEN_PATHS))
async def test_an_open_path_wants_nothing(path: str) -> None:
    assert (await ask("GET", path)).status_code == 204


@pytest.mark.parametrize("path", ["/", "//metrics", "/METRICS", "/api/v1/status", "/health/x"])
async def test_any_other_path_wants_the_token(path: str) -> None:
    refused = await ask("GET", path)
    assert refused.status_code == 401
    assert refused.json()["fix"]
    assert (await ask("GET", path, bearer())).status_code == 404


async def test_a_slash_too_many_opens_nothing() -> None:
    assert (await ask("GET", "/metrics/")).status_code == 401
    assert (await ask("GET", "/x/")).status_code == 401
    assert (await ask("GET", "/x/", bearer())).status_code == 204, "the router leads on from here"


async def test_the_password_of_basic_auth_is_the_token_whoever_the_user_is() -> None:
    for user in ("", "admin", "anyone"):
        value = base64.b64encode(f"{user}:{TOKEN}".encode())
        assert (await ask("GET", "/x", [(b"authorization", b"Basic " + value)])).status_code == 204
    swapped = base64.b64encode(f"{TOKEN}:{TOKEN}x".encode())
    assert (await ask("GET", "/x", [(b"authorization", b"Basic " + swapped)])).status_code == 401


@pytest.mark.parametrize(
    "value", [b"", b"Bearer", b"Basic *", b"Basic \xff", b"Bearer \xff\xfe", b"Digest correct-horse"]
)
async def test_rubbish_is_no_credential(value: bytes) -> None:
    assert (await ask("GET", "/x", [(b"authorization", value)])).status_code == 401


async def test_a_long_credential_is_not_looked_at() -> None:
    long = "a" * (CREDENTIAL_CHARACTERS_MAX + 1)
    assert (await ask("GET", "/x", bearer(long))).status_code == 401


@pytest.mark.parametrize(
    "origin", [b"http://evil.lan", b"null", b"", b"http://[", b"http://lamp.lan:81", b"http://lamp.lan.evil"]
)
async def test_a_change_that_another_site_asks_for_is_refused(origin: bytes) -> None:
    refused = await ask("POST", "/x", [*bearer(), (b"origin", origin)])
    assert refused.status_code == 403
    assert refused.json()["code"] == "cross-site"
    assert (await ask("GET", "/x", [*bearer(), (b"origin", origin)])).status_code == 204


async def test_our_own_origin_may_change_things() -> None:
    own = [*bearer(), (b"origin", b"http://lamp.lan"), (b"sec-fetch-site", b"same-origin")]
    assert (await ask("POST", "/x", own)).status_code == 204
    assert (await ask("POST", "/x", [*bearer(), (b"sec-fetch-site", b"cross-site")])).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
async def test_a_heartbeat_is_pinged_without_the_token(method: str) -> None:
    assert (await ask(method, "/ping/backup-0123")).status_code == 204
    assert (await ask(method, "/pings")).status_code == 401


async def proving(path: str, headers: list[tuple[bytes, bytes]], body: bytes = b"{}") -> tuple[int, bool]:
    seen: list[bool] = []

    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope[VOUCHED])
        await behind(scope, receive, send)

    transport: Any = httpx.ASGITransport(app=gate(noting, SimpleNamespace(), proving=["cloudwatch"]))
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
        answer = await client.post(path, headers=headers, content=body)
    return answer.status_code, bool(seen and seen[0])


async def test_a_receiver_that_proves_its_sender_is_told_whether_the_token_was_there() -> None:
    assert await proving("/api/v1/alerts/cloudwatch", []) == (204, False)
    assert await proving("/api/v1/alerts/cloudwatch", bearer()) == (204, True)
    assert await proving("/api/v1/alerts/cloudwatch", bearer("wrong")) == (204, False)
    assert await proving("/api/v1/alerts/cloudwatch", [], b"x" * (UNPROVEN_BYTES_MAX + 1)) == (413, False)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/alerts/grafana",
        "/api/v1/alerts/cloudwatch/",
        "/api/v1/alerts/cloudwatch/x",
        "/api/v1/alerts/CLOUDWATCH",
    ],
)
async def test_no_other_path_is_such_a_receiver(path: str) -> None:
    assert await proving(path, []) == (401, False)


@dataclass
class Visitor:
    """A browser or a program before the gate, and what the gate let through."""

    people: MemoryPeople
    seen: list[Scope] = field(default_factory=list)

    async def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            self.seen.append(scope)
            await behind(scope, receive, send)

        transport: Any = httpx.ASGITransport(app=gate(noting, self.people))
        async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.request(method, path, headers=named)

    def session(self, role: Role) -> str:
        secret = secrets.token_hex(8)
        now = FakeClock().now()
        session = Session(digest(secret), "ann", role, Via.OIDC, configured(SSO), now, now + timedelta(hours=1))
        self.people.open_sessions[session.digest] = session
        return f"{COOKIE}={secret}"

    def token(self, *scopes: TokenScope, text: str = "lmp_abc") -> str:
        token = ApiToken("TOK-1", "ci", digest(text), frozenset(scopes), "ann", FakeClock().now())
        self.people.tokens[token.digest] = token
        return f"Bearer {text}"


@pytest.fixture
def visitor(people: MemoryPeople) -> Visitor:
    return Visitor(people)


async def test_the_data_folders_token_asks_the_store_nothing(visitor: Visitor) -> None:
    assert (await visitor.ask("POST", "/api/v1/alerts/grafana", authorization=f"Bearer {TOKEN}")).status_code == 204
    assert visitor.people.questions == 0


async def test_a_session_may_do_what_its_role_may(visitor: Visitor) -> None:
    cookie = visitor.session(Role.VIEWER)
    assert (await visitor.ask("GET", "/x", cookie=cookie)).status_code == 204
    assert visitor.seen[0][PERSON].name == "ann"
    assert csrf_of(visitor.seen[0])
    refused = await visitor.ask("POST", "/x", cookie=cookie, origin="http://lamp.lan")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await visitor.ask("GET", "/x", cookie=f"{COOKIE}=other")).status_code == 401


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://evil.lan"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}]
)
async def test_a_session_changes_nothing_unless_the_browser_says_that_our_page_asked(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    cookie = visitor.session(Role.ADMIN)
    refused = await visitor.ask("POST", "/x", cookie=cookie, **headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "cross-site")
    assert (await visitor.ask("POST", "/x", cookie=cookie, origin="http://lamp.lan")).status_code == 204


async def test_a_token_may_do_what_its_scopes_say(visitor: Visitor) -> None:
    bears = visitor.token(TokenScope.DELIVER)
    assert (await visitor.ask("POST", "/api/v1/alerts/grafana", authorization=bears)).status_code == 204
    assert (await visitor.ask("GET", "/x", authorization=bears)).status_code == 403
    assert (await visitor.ask("GET", "/me", authorization=bears)).status_code == 204


async def test_a_browser_is_shown_where_to_sign_in_and_a_program_is_not(visitor: Visitor) -> None:
    sent = await visitor.ask("GET", "/incidents?status=all", accept="text/html")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2Fincidents%3Fstatus%3Dall")
    assert (await visitor.ask("GET", "/", accept="text/html")).headers["location"] == "/login"
    assert (await visitor.ask("GET", "/incidents", accept="application/json")).status_code == 401
    wrong = await visitor.ask("GET", "/incidents", accept="text/html", authorization="Basic Og==")
    assert wrong.status_code == 401
    assert "www-authenticate" in wrong.headers


async def test_a_store_that_is_away_lets_nobody_in_but_the_owner(visitor: Visitor) -> None:
    cookie = visitor.session(Role.ADMIN)
    visitor.people.away = True
    away = await visitor.ask("GET", "/x", cookie=cookie)
    assert (away.status_code, away.json()["code"]) == (503, "store-unavailable")
    assert (await visitor.ask("GET", "/x", authorization=f"Bearer {TOKEN}")).status_code == 204


async def test_the_switch_is_pressed_without_a_store_by_whoever_was_known_lately(visitor: Visitor) -> None:
    cookie, own = visitor.session(Role.OPERATOR), "http://lamp.lan"
    clock = FakeClock()
    door = gate(behind, visitor.people, clock=clock)

    async def ask(method: str, path: str, cookie: str = cookie, origin: str = own) -> int:
        transport: Any = httpx.ASGITransport(app=door)
        async with httpx.AsyncClient(transport=transport, base_url=own) as client:
            return (await client.request(method, path, headers={"cookie": cookie, "origin": origin})).status_code

    viewer = visitor.session(Role.VIEWER)
    assert [await ask("GET", "/x"), await ask("GET", "/x", cookie=viewer)] == [204, 204]
    visitor.people.away = True
    assert await ask("POST", "/api/v1/pause") == 204
    assert await ask("POST", "/api/v1/pause", origin="http://evil.lan") == 403
    assert await ask("POST", "/api/v1/pause", cookie=viewer) == 403
    assert await ask("POST", "/api/v1/pause", cookie=f"{COOKIE}=other") == 503
    assert [await ask("POST", "/api/v1/resume"), await ask("POST", "/x"), await ask("GET", "/x")] == [503, 503, 503]
    clock.advance(601)
    assert await ask("POST", "/api/v1/pause") == 503


async def test_who_the_store_knows_no_longer_is_not_remembered(visitor: Visitor) -> None:
    cookie, own = visitor.session(Role.OPERATOR), "http://lamp.lan"
    transport: Any = httpx.ASGITransport(app=gate(behind, visitor.people))
    async with httpx.AsyncClient(transport=transport, base_url=own, headers={"cookie": cookie, "origin": own}) as one:
        assert (await one.get("/x")).status_code == 204
        visitor.people.open_sessions.clear()
        assert (await one.get("/x")).status_code == 401
        visitor.people.away = True
        assert (await one.post("/api/v1/pause")).status_code == 503


async def opened(people: MemoryPeople, path: str, **headers: str) -> list[str]:
    """What the server is told when a socket is asked for; `accept` stands for the app behind the gate."""
    told: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "websocket.accept"})

    async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
        told.append(message["type"])

    async def receive() -> Any:  # noqa: ANN401 - an ASGI message
        return {"type": "websocket.connect"}

    named = [(name.encode(), value.encode()) for name, value in {"host": "lamp.lan", **headers}.items()]
    scope = {"type": "websocket", "path": path, "headers": named, "query_string": b""}
    await gate(app, people)(scope, receive, send)
    return told


async def test_a_socket_wants_a_person_of_our_own_page(visitor: Visitor) -> None:
    cookie = visitor.session(Role.VIEWER)
    own = "http://lamp.lan"
    assert await opened(visitor.people, "/live", cookie=cookie, origin=own) == ["websocket.accept"]
    assert await opened(visitor.people, "/live", origin=own) == ["websocket.close"]
    assert await opened(visitor.people, "/live", cookie=cookie) == ["websocket.close"]
    assert await opened(visitor.people, "/live", cookie=cookie, origin="http://evil.lan") == ["websocket.close"]
    assert await opened(visitor.people, "/other", cookie=cookie, origin=own) == ["websocket.close"]
