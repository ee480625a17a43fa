"""A5, A6, A7, A25: forged tokens, other sites, too little right, guessed passwords; against the real server."""

from __future__ import annotations

import base64
import hmac
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.acceptance.exam.conftest import making_servers, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.exam.conftest import Server

WORDS = "four words will do"
ROLES = ("viewer", "operator", "approver", "admin")
SCOPES = ("read", "deliver", "operate", "approve", "admin")
SECONDS_MAX = 60.0
# What each route wants at least, as the security page of the documents says it; whatever is not here wants a viewer.
OPERATORS = re.compile(
    r"/api/v1/(incidents|silences|maintenance|checks|pause|resume|alerts|notifications)\b.*|/alert|/incident|/resolve"
)
APPROVERS = re.compile(r"/api/v1/approvals/.*")
ADMINS = re.compile(r"(/api/v1/(users|invitations)|(/api/v1)?/(tokens|setup-link|audit)|/people)\b.*")
# Forms of pages, which the description of the API does not name.
FORMS = [("POST", path) for path in ("/people", "/people/invite", "/people/password", "/tokens", "/setup-link")]
FORMS += [("POST", path) for path in ("/welcome/telegram", "/welcome/telegram/end")]
FORMS.append(("POST", "/account/password"))
ANYBODY = {"/api/v1/me", "/api/v1/me/password", "/account/password"}
OPEN = {"/-/healthy", "/-/ready", "/health", "/metrics", "/login"}
FILLED = {
    "incident_id": "INC-1",
    "approval_id": "INC-1-x",
    "silence_id": "SIL-99",
    "token_id": "TOK-99",
    "source": "alertmanager",
    "word": "x-1",
    "name": "nobody",
}


@dataclass
class Cast:
    """One server, and one person of each role and one token of each scope before it."""

    server: Server
    sessions: dict[str, httpx.Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    made: list[httpx.Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base = f"http://127.0.0.1:{self.server.port}"
        for role in ROLES:
            person = {"name": role, "password": WORDS, "role": role}
            assert self.server.client.post("/api/v1/users", json=person).status_code == 201
            browser = self.nobody()
            given = browser.post("/login", data={"username": role, "password": WORDS})
            assert given.status_code == 303, given.text
            self.sessions[role] = browser
        for scope in SCOPES:
            made = self.server.client.post("/api/v1/tokens", json={"name": scope, "scopes": [scope]})
            self.tokens[scope] = made.json()["token"]

    def nobody(self) -> httpx.Client:
        self.made.append(httpx.Client(base_url=self.base, timeout=SECONDS_MAX))
        return self.made[-1]

    def csrf(self, role: str) -> str:
        """What the pages of this session put into their forms."""
        page = self.sessions[role].get("/silences", headers={"accept": "text/html"}).text
        return re.findall(r'name="csrf" value="([0-9a-f]{64})"', page)[0]

    def jwt(self, role: str) -> str:
        given = self.nobody().post("/login", json={"username": role, "password": WORDS})
        return str(given.raise_for_status().json()["access_token"])

    def me(self, token: str) -> int:
        return self.nobody().get("/api/v1/me", headers={"authorization": f"Bearer {token}"}).status_code

    def paused(self) -> str:
        return str(self.server.client.get("/api/v1/status").json()["paused"])


@pytest.fixture(scope="module")
def cast(environment: dict[str, str]) -> Iterator[Cast]:
    with making_servers(environment) as made:
        server = made.new().start()
        whole = Cast(server)
        yield whole
        for client in whole.made:
            client.close()
        assert server.stop() == 0
        assert "Traceback" not in server.log
        for secret in (WORDS, server.token, *whole.tokens.values()):
            assert secret not in server.log


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def read(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def forged(claims: dict[str, Any], key: bytes, **header: Any) -> str:  # noqa: ANN401 - what a header may hold
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', **header})}.{part(claims)}"
    mark = hmac.digest(key, text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def test_a_forged_token_is_401_whatever_its_header_says(cast: Cast) -> None:
    good = cast.jwt("viewer")
    assert cast.me(good) == 200
    claims, mark = read(good), good.split(".")[2]
    own = (cast.server.data / "signing-key").read_text(encoding="utf-8").strip().encode()
    assert cast.me(forged(claims, own)) == 200, "so that what follows fails for its own reason"
    assert (cast.server.data / "signing-key").stat().st_mode & 0o777 == 0o600
    attempts = [
        f"{part({'alg': alg})}.{part(claims)}.{end}"
        for alg in ("none", "None", "nOnE", "HS512", "RS256", "ES256", "")
        for end in ("", mark)
    ]
    attempts += [
        forged(claims, b""),
        forged(claims, b"", kid="../../../../../../dev/null"),
        forged(claims, own, kid="../token"),
        forged(claims, own, kid="' UNION SELECT 'x"),
        forged(claims, own, jku=f"{cast.base}/api/v1/openapi.json"),
        forged(claims, own, x5u="http://evil.example/key"),
        forged(claims, own, jwk={"kty": "oct", "k": "AAAA"}),
        forged(claims, own, crit=["exp"]),
        forged(claims, cast.server.token.encode()),
        f"{good.split('.')[0]}.{part({**claims, 'role': 'admin'})}.{mark}",
        f"{good.split('.')[0]}.{part({**claims, 'sub': 'admin'})}.{mark}",
    ]
    for attempt in attempts:
        assert cast.me(attempt) == 401, attempt


def test_a_token_of_another_time_place_or_password_is_401_and_its_role_is_never_believed(cast: Cast) -> None:
    own = (cast.server.data / "signing-key").read_text(encoding="utf-8").strip().encode()
    claims, now = read(cast.jwt("viewer")), int(time.time())
    wrong: list[dict[str, Any]] = [
        {"exp": now - 1},
        {"nbf": now + 600},
        {"iat": now + 600},
        {"aud": "lamplighter-oidc"},
        {"aud": ["lamplighter-api", "x"]},
        {"iss": "evil"},
        {"stamp": "0"},
        {"sub": "nobody"},
    ]
    for change in wrong:
        assert cast.me(forged({**claims, **change}, own)) == 401, change
    for name in ("exp", "nbf", "iat", "aud", "iss", "sub", "stamp"):
        assert cast.me(forged({key: value for key, value in claims.items() if key != name}, own)) == 401, name
    lifted = {"authorization": f"Bearer {forged({**claims, 'role': 'admin'}, own)}"}
    assert cast.nobody().get("/api/v1/me", headers=lifted).json()["role"] == "viewer"
    assert cast.nobody().get("/api/v1/users", headers=lifted).status_code == 403


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {}},
        {"headers": {"origin": "http://evil.example"}},
        {"headers": {"origin": "null"}},
        {"headers": {"sec-fetch-site": "cross-site"}},
        {"headers": {"sec-fetch-site": "same-site", "origin": "own"}},
        {"headers": {"origin": "own"}},
        {"headers": {"origin": "own", "content-type": "text/plain"}, "content": '{"reason": "x"}'},
        {"headers": {"origin": "http://evil.example", "content-type": "text/plain"}, "content": '{"reason": "x"}'},
        {"headers": {"origin": "own"}, "data": {"csrf": "0" * 64}},
        {"headers": {"origin": "own", "x-csrf-token": "0" * 64}, "json": {}},
        {"headers": {"origin": "own", "x-csrf-token": "another"}, "json": {}},
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/approvals/INC-1-x/approve", "/api/v1/pause", "/incidents/INC-1/resolve"])
def test_another_site_does_nothing_in_a_session(cast: Cast, path: str, more: dict[str, Any]) -> None:
    given = {name: value.replace("own", cast.base) for name, value in more["headers"].items()}
    if given.get("x-csrf-token") == "another":
        given["x-csrf-token"] = cast.csrf("viewer")
    refused = cast.sessions["admin"].post(path, **{**more, "headers": given})
    assert refused.status_code == 403, refused.text
    assert refused.json()["code"] in {"cross-site", "no-csrf-token"}
    assert cast.paused() == ""


def test_our_own_pages_may_and_it_bears_the_name_of_the_person(cast: Cast) -> None:
    own = {"origin": cast.base, "x-csrf-token": cast.csrf("operator")}
    assert "operator" in cast.sessions["operator"].post("/api/v1/pause", json={}, headers=own).json()["paused"]
    assert cast.sessions["operator"].post("/api/v1/resume", headers=own).status_code == 200


def routes(cast: Cast) -> list[tuple[str, str]]:
    paths = cast.server.client.get("/api/v1/openapi.json").raise_for_status().json()["paths"]
    return sorted((method.upper(), path) for path, methods in paths.items() for method in methods)


def least(method: str, path: str) -> int:
    """The lowest role that may, as its place in ROLES; -1 for everybody."""
    if path in OPEN:
        return -1
    if path in ANYBODY:
        return 0
    if ADMINS.fullmatch(path):
        return 3
    # A question is posted, so that no log keeps it, and changes nothing.
    if method == "GET" or path == "/api/v1/incidents/{incident_id}/ask":
        return 0
    return 2 if APPROVERS.fullmatch(path) else 1 if OPERATORS.fullmatch(path) else 3


def answered(client: httpx.Client, method: str, path: str, **headers: str) -> int:
    """The status of a request that would do nothing even where it is let through: its body is none."""
    where = re.sub(r"\{([a-z_]+)[^}]*\}", lambda found: FILLED[found[1]], path)
    with client.stream(method, where, headers=headers, content=b"[]" if method == "POST" else None) as answer:
        return answer.status_code


def test_every_route_refuses_every_role_that_is_too_low(cast: Cast) -> None:
    known = routes(cast) + FORMS
    assert len(known) > 50
    marks = {role: cast.csrf(role) for role in ROLES}
    nobody = cast.nobody()
    for method, path in known:
        wants = least(method, path)
        if wants >= 0:
            assert answered(nobody, method, path) == 401, (method, path)
        if path in {"/login", "/api/v1/resume", "/api/v1/setup-link", "/api/v1/checks/{name}/run"}:
            lowest = ROLES[: max(0, wants)]
        else:
            lowest = ROLES
        for place, role in enumerate(lowest):
            headers = {"origin": cast.base, "x-csrf-token": marks[role]}
            status = answered(cast.sessions[role], method, path, **headers)
            assert (status == 403) is (place < wants), (method, path, role, status)


def test_a_token_does_nothing_beyond_its_scope(cast: Cast) -> None:
    beyond = {
        "read": ["POST /api/v1/pause", "POST /api/v1/approvals/INC-1-x/approve", "POST /api/v1/alerts/alertmanager"],
        "deliver": ["GET /api/v1/incidents", "GET /incidents", "GET /api/v1/tokens", "POST /api/v1/pause"],
        "operate": ["POST /api/v1/approvals/INC-1-x/approve", "POST /api/v1/users", "POST /api/v1/alerts/alertmanager"],
        "approve": ["POST /api/v1/pause", "POST /api/v1/tokens", "POST /api/v1/incidents"],
    }
    for scope, refused in beyond.items():
        bears = {"authorization": f"Bearer {cast.tokens[scope]}"}
        for route in refused:
            method, _, path = route.partition(" ")
            assert answered(cast.nobody(), method, path, **bears) == 403, (scope, route)
    assert answered(cast.nobody(), "GET", "/api/v1/users", authorization=f"Bearer {cast.tokens['admin']}") == 200


def test_an_id_of_something_else_opens_nothing(cast: Cast) -> None:
    """Too little right is told before anything is looked up, so that an id is not even confirmed."""
    opened = cast.server.client.post("/api/v1/incidents", json={"log": "web is down", "service": "web"})
    incident = opened.json()["incident_id"]
    own = {"origin": cast.base, "x-csrf-token": cast.csrf("viewer")}
    for known in (incident, "INC-999999", "INC-1%2F..%2F2"):
        refused = cast.sessions["viewer"].post(f"/api/v1/incidents/{known}/resolve", json={}, headers=own)
        assert refused.status_code in {403, 404}
        assert known.startswith("INC-1%") or refused.status_code == 403
    for path in ("/api/v1/approvals/INC-1-x/approve", f"/api/v1/approvals/{incident}/approve"):
        assert cast.sessions["operator"].post(path, json={}, headers=own).status_code == 403


def test_what_is_taken_away_is_gone_at_once(cast: Cast) -> None:
    admin = cast.server.client
    admin.post("/api/v1/users", json={"name": "gone", "password": WORDS, "role": "admin"}).raise_for_status()
    browser, bears = cast.nobody(), {"authorization": f"Bearer {cast.jwt('gone')}"}
    assert browser.post("/login", data={"username": "gone", "password": WORDS}).status_code == 303
    assert browser.get("/api/v1/users").status_code == 200
    admin.post("/api/v1/users/gone/role", json={"role": "viewer"}).raise_for_status()
    assert browser.get("/api/v1/users").status_code == 403
    assert cast.nobody().get("/api/v1/users", headers=bears).status_code == 403
    admin.delete("/api/v1/users/gone").raise_for_status()
    assert browser.get("/api/v1/me").status_code == 401
    assert cast.nobody().get("/api/v1/me", headers=bears).status_code == 401
    made = admin.post("/api/v1/tokens", json={"name": "gone", "scopes": ["read"]}).json()
    assert cast.me(made["token"]) == 200
    admin.delete(f"/api/v1/tokens/{made['id']}").raise_for_status()
    assert cast.me(made["token"]) == 401


def test_headers_of_a_proxy_that_is_not_configured_mean_nothing(cast: Cast) -> None:
    names = ("remote-user", "x-forwarded-user", "x-remote-user", "x-webauth-user", "x-forwarded-for", "forwarded")
    headers = {**dict.fromkeys(names, "admin"), "remote-groups": "admins", "x-original-url": "/-/healthy"}
    assert cast.nobody().get("/api/v1/me", headers=headers).status_code == 401


def test_a_name_that_nobody_has_is_answered_like_one_that_somebody_has(cast: Cast) -> None:
    program = cast.nobody()
    answers = [
        program.post("/login", json={"username": name, "password": "wrong words here"}) for name in ("viewer", "ghost")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    bodies = [answer.json() for answer in answers]
    assert bodies[0] == bodies[1]
    assert answers[0].headers.keys() == answers[1].headers.keys()


def test_a_password_of_a_megabyte_costs_nothing_and_is_refused(cast: Cast) -> None:
    program = cast.nobody()
    for name in ("viewer", "ghost"):
        as_json = program.post("/login", json={"username": name, "password": "a" * 1024**2})
        as_form = program.post("/login", data={"username": name, "password": "a" * 1024**2})
        assert {as_json.status_code, as_form.status_code} <= {413, 422}, (as_json.text, as_form.text)
    longest = program.post("/login", json={"username": "viewer", "password": "a" * 257})
    assert longest.status_code == 422
    assert cast.server.is_ready()


def test_brute_force_ends_with_429_and_takes_nobody_elses_way(environment: dict[str, str]) -> None:
    with making_servers(environment) as made, httpx.Client(timeout=SECONDS_MAX) as program:
        server = made.new().start()
        program.base_url = httpx.URL(f"http://127.0.0.1:{server.port}")
        defaults = [(name, word) for name in ("admin", "root", "user") for word in ("admin", "password", "root")]

        def attempt(name: str, password: str) -> httpx.Response:
            return program.post("/login", json={"username": name, "password": password})

        assert {attempt(name, word).status_code for name, word in defaults} == {401}, "there is no default password"
        person = {"name": "ann", "password": WORDS, "role": "viewer"}
        server.client.post("/api/v1/users", json=person).raise_for_status()
        tried = [attempt("ann", f"wrong words {number}") for number in range(15)]
        statuses = [answer.status_code for answer in tried]
        assert statuses == sorted(statuses), statuses
        assert set(statuses) == {401, 429}
        assert int(tried[-1].headers["retry-after"]) > 0
        assert attempt("ann", WORDS).status_code == 429, "the right password says nothing either"
        sprayed = {attempt(f"n{number}", "x").status_code for number in range(40)}
        assert 429 in sprayed, "an address that tries many names"
        assert server.client.get("/api/v1/status").status_code == 200
        assert server.stop() == 0


def test_sessions_and_the_setup_link_outlive_a_restart(environment: dict[str, str]) -> None:
    with making_servers(environment) as made:
        server = made.new().start()
        printed = re.compile(r"^Open (http://127\.0\.0\.1:\S+/setup\?t=\S+)$", re.MULTILINE)
        (first,) = wait_until("the set-up link", lambda: printed.findall(server.log))
        assert server.stop() == 0
        server.start()
        browser = httpx.Client(timeout=SECONDS_MAX)
        assert browser.get(first).status_code == 200
        form = {"t": first.partition("t=")[2], "username": "ann", "password": WORDS}
        assert browser.post(first.partition("?")[0], data=form).status_code == 303
        assert browser.get(first).status_code == 410
        bears = {
            "authorization": "Bearer "
            + httpx.post(f"http://127.0.0.1:{server.port}/login", json={"username": "ann", "password": WORDS}).json()[
                "access_token"
            ]
        }
        assert server.stop() == 0
        log = server.log
        server.start()
        assert browser.get(f"http://127.0.0.1:{server.port}/api/v1/me").json()["role"] == "admin"
        assert browser.get(f"http://127.0.0.1:{server.port}/api/v1/me", headers=bears).status_code == 200
        assert "/setup?t=" not in server.log.removeprefix(log), "somebody has an account"
        kept = (server.data / "lamplighter.db").read_bytes() + b"".join(
            file.read_bytes() for file in server.data.glob("lamplighter.db-wal")
        )
        for secret in (WORDS, form["t"], browser.cookies["lamplighter_session"]):
            assert secret.encode() not in kept
        browser.close()
        assert server.stop() == 0
