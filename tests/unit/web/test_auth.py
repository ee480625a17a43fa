"""The gate as an ASGI application, without a server behind it."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from lamplighter.web.auth import CREDENTIAL_CHARACTERS_MAX, OPEN_PATHS, UNPROVEN_BYTES_MAX, VOUCHED, TokenGate

TOKEN = "correct-horse"


async def behind(scope: Scope, receive: Receive, send: Send) -> None:
    del scope, receive
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def ask(method: str, path: str, headers: list[tuple[bytes, bytes]] | None = None) -> httpx.Response:
    transport: Any = httpx.ASGITransport(app=TokenGate(behind, TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="http://lamp.lan") as client:
        return await client.request(method, path, headers=headers)


def bearer(token: str = TOKEN) -> list[tuple[bytes, bytes]]:
    return [(b"authorization", f"Bearer {token}".encode())]


@pytest.mark.parametrize("path", sorted(OPEN_PATHS))
async def test_an_open_path_wants_nothing(path: str) -> None:
    assert (await ask("GET", path)).status_code == 204


@pytest.mark.parametrize("path", ["/", "/metrics/", "/METRICS", "/api/v1/status", "/health/x"])
async def test_any_other_path_wants_the_token(path: str) -> None:
    refused = await ask("GET", path)
    assert refused.status_code == 401
    assert refused.json()["fix"]
    assert (await ask("GET", path, bearer())).status_code == 204


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

    transport: Any = httpx.ASGITransport(app=TokenGate(noting, TOKEN, proving=["cloudwatch"]))
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
