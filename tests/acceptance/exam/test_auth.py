"""A1, A6: nothing but the open paths answers without the token, and nothing acts for another site."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.acceptance.exam.conftest import Server

OPEN = {"/-/healthy", "/-/ready", "/healthz", "/readyz", "/health", "/metrics"}
SIGN_IN = ("POST", "/login")
UNKNOWN = ["/", "/docs", "/redoc", "/openapi.json", "/.env", "/-/", "/-/healthy/", "/metrics/", "//metrics", "/api"]
FORMS = (
    *("/people", "/people/invite", "/people/password", "/tokens", "/setup-link", "/account/password"),
    *("/welcome/telegram", "/welcome/telegram/end"),
)
UNKNOWN += ["/api/v1/alerts/other", "/assets/page.css", "/incidents/INC-1", "/metrics/../api/v1/status", "/health/x"]
ELSEWHERE = "http://evil.example"


def routes(server: Server) -> list[tuple[str, str]]:
    paths = server.client.get("/api/v1/openapi.json").raise_for_status().json()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]


def filled(path: str) -> str:
    return (
        path.replace("{incident_id}", "INC-1").replace("{approval_id}", "INC-1-x").replace("{source}", "alertmanager")
    )


def without_token(server: Server, method: str, path: str, **headers: str) -> Any:  # noqa: ANN401 - httpx's response
    request = server.client.build_request(method, path, headers=headers)
    if "authorization" not in {name.lower() for name in headers}:
        del request.headers["authorization"]
    return server.client.send(request)


def test_every_route_but_the_open_paths_wants_the_token(server: Server) -> None:
    known = routes(server)
    assert len(known) > 15
    tried = [
        *known,
        *(("GET", path) for path in UNKNOWN),
        *(("POST", path) for path in FORMS),
        ("POST", "/nowhere"),
        ("DELETE", "/api/v1/incidents"),
    ]
    for method, path in tried:
        answer = without_token(server, method, filled(path))
        if path in OPEN:
            assert answer.status_code == 200, path
        elif (method, path) == SIGN_IN:
            assert answer.status_code in {401, 415}, "whoever is not known may try to sign in"
        else:
            assert answer.status_code == 401, (method, path)
            assert answer.json()["code"] == "unauthorized"


def test_the_open_paths_are_exactly_these(server: Server) -> None:
    for path in OPEN:
        assert without_token(server, "GET", path).status_code == 200
        assert without_token(server, "POST", path).status_code in {401, 405}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer wrong",
        "Basic",
        "Basic Og==",
        "Basic !!!",
        "Digest {token}",
        "Token {token}",
        "{token}",
        "Bearer {token}x",
        "Bearer {half}",
        "Bearer ÿþ",
        "Basic {half}",
        "bearer\t{token}",
        "Bearer {token},{token}",
    ],
)
def test_a_wrong_credential_is_401(server: Server, header: str) -> None:
    half = server.token[: len(server.token) // 2]
    given = header.format(token=server.token, half=half).encode("latin-1")
    answer = server.client.get("/api/v1/status", headers=[(b"authorization", given)])
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers
    assert server.token not in answer.text


@pytest.mark.parametrize("name", ["token", "access_token", "authorization", "api_key"])
def test_a_token_in_the_url_counts_for_nothing(server: Server, name: str) -> None:
    answer = without_token(server, "GET", f"/api/v1/status?{name}={server.token}")
    assert answer.status_code == 401
    assert server.token not in answer.text
    assert without_token(server, "GET", "/api/v1/status", cookie=f"token={server.token}").status_code == 401


def test_the_token_works_as_bearer_and_as_basic_password(server: Server) -> None:
    basic = base64.b64encode(f"anyone:{server.token}".encode()).decode()
    for header in (f"Bearer {server.token}", f"bearer  {server.token}", f"Basic {basic}", f"basic {basic}"):
        assert without_token(server, "GET", "/api/v1/status", authorization=header).status_code == 200


def test_a_header_of_a_megabyte_is_refused_and_the_server_lives(server: Server, exchange: Callable[..., bytes]) -> None:
    request = b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + b"a" * 1024**2 + b"\r\n\r\n"
    got = exchange(server.port, [request])
    assert not got or got.split(b" ", 2)[1].startswith(b"4")
    assert server.is_ready()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": ELSEWHERE},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://["},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "file://"},
        {"origin": ELSEWHERE, "content-type": "text/plain"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": f"{ELSEWHERE}:x", "sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/pause", "/api/v1/approvals/INC-1-x/approve", "/api/v1/alerts/alertmanager"])
def test_a_post_that_another_site_made_is_403(server: Server, path: str, headers: dict[str, str]) -> None:
    answer = server.client.post(path, content=b"{}", headers=headers)
    assert answer.status_code == 403, answer.text
    assert answer.json()["code"] == "cross-site"
    assert server.client.get("/api/v1/status").json()["paused"] == ""


def test_our_own_pages_and_programs_may_post(server: Server) -> None:
    own = {"origin": f"http://127.0.0.1:{server.port}", "sec-fetch-site": "same-origin"}
    assert server.client.post("/api/v1/resume", headers=own).status_code == 200
    assert server.client.post("/api/v1/resume").status_code == 200


def test_a_wide_answer_never_allows_another_origin(server: Server) -> None:
    answer = server.client.get("/api/v1/status", headers={"origin": ELSEWHERE})
    assert "access-control-allow-origin" not in answer.headers
