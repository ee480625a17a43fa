"""A1 and A2: nobody comes in without the token or a proof that stands for it, and a proof holds once, for one body.

What must hold: every route that the API lists answers 401 without the right token, wherever else the token is put; the
open paths are the documented ones, `/ping/` words, and receivers whose gate suffices, for POST alone. An HMAC binds one
body to one time; a copy of a delivery that was taken is refused. No secret reaches the log, a metric or an answer.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import hmac
import inspect
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.domain import heartbeat
from lamplighter.integrations.grafana import gate as grafana_gate
from lamplighter.integrations.pagerduty import gate as pagerduty_gate
from lamplighter.web import cursors, identity
from tests.acceptance.bad_input.conftest import CONFIGURATION, SOURCES
from tests.acceptance.bad_input.receivers import RECEIVERS

if TYPE_CHECKING:
    import httpx

    from tests.acceptance.exam.conftest import Server

Stored = Callable[["Server"], dict[str, int]]
Problems = Callable[["httpx.Response"], dict[str, Any]]
SECRET = "hmac-secret-of-the-contact-point"
ROUTING_KEY = "routing-key-0123456789abcdef"
SIGNATURE, TIMESTAMP = "X-Grafana-Alerting-Signature", "X-Grafana-Time"
GRAFANA = "/api/v1/alerts/grafana"
OPEN = {"/-/healthy", "/-/ready", "/healthz", "/readyz", "/health", "/metrics"}
# Where people and their buttons prove who they are by other means than the token; those have attacks of their own.
DOORS = {"/login", "/act/x-1"}
PROVING = {"/api/v1/alerts/cloudwatch", "/api/v1/alerts/pagerduty"}
ELSEWHERE = ("token", "access_token", "authorization", "api_key", "bearer", "password")


@pytest.fixture(scope="module")
def configuration() -> dict[str, Any]:
    grafana = {"hmac_secret": SECRET, "signature_header": SIGNATURE, "timestamp_header": TIMESTAMP}
    sources = {**SOURCES, "grafana": grafana, "pagerduty": {"routing_key": ROUTING_KEY}}
    return {**CONFIGURATION, "sources": sources}


@pytest.fixture(scope="module", autouse=True)
def nothing_told(server: Server) -> Iterator[None]:
    """Whatever the tests of this file send: no secret is in the log or in a metric."""
    yield
    told = server.log + server.client.get("/metrics").text
    for secret in (server.token, SECRET, ROUTING_KEY):
        assert secret not in told
        assert base64.b64encode(secret.encode()).decode().rstrip("=") not in told


def body_of(name: str) -> dict[str, Any]:
    return dict(next(one for one in RECEIVERS if one.name == name).fresh())


def bare(server: Server, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
    """A request that bears no token unless the headers say so."""
    request = server.client.build_request(method, path, headers=headers, **more)
    if "authorization" not in {name.lower() for name in headers or {}}:
        del request.headers["authorization"]
    return server.client.send(request)


def routes(server: Server) -> list[tuple[str, str]]:
    """Every method and path that the API lists, and a path for each configured source."""
    paths = server.client.get("/api/v1/openapi.json").raise_for_status().json()["paths"]
    found: list[tuple[str, str]] = []
    for path, methods in paths.items():
        sources = sorted({one.source for one in RECEIVERS} | {"nobody"}) if "{source}" in path else [""]
        for source in sources:
            filled = path.replace("{source}", source).replace("{incident_id}", "INC-1").replace("{name}", "Backups")
            for name in ("approval_id", "silence_id", "token_id", "word"):
                filled = filled.replace(f"{{{name}}}", "x-1")
            found += [(method.upper(), filled) for method in methods if filled not in DOORS]
    assert not [path for _, path in found if "{" in path], "a new parameter that this test does not fill in"
    return found


def wrong_headers(token: str) -> list[dict[str, str]]:
    basic = base64.b64encode(f"{token}:".encode()).decode()
    given = ["", "Bearer", "Bearer wrong", f"Bearer {token[:-1]}", f"Bearer {token}x", f"Basic {basic}", token]
    return [{"authorization": one} for one in given] + [{"cookie": f"token={token}"}, {"x-api-key": token}]


def test_a1_every_listed_route_wants_the_token(server: Server, problem: Problems) -> None:
    known = routes(server)
    assert len(known) > 35
    for method, path in known:
        answer = bare(server, method, path)
        if path in OPEN:
            assert answer.status_code == 200, path
            continue
        found = problem(answer)
        assert answer.status_code == 401, (method, path)
        assert found["code"] in ({"forged"} if path in PROVING and method == "POST" else {"unauthorized"}), path
        assert "www-authenticate" in answer.headers or found["code"] == "forged"


def test_a1_no_route_takes_a_wrong_or_misplaced_token(server: Server, stored: Stored) -> None:
    before = stored(server)
    for method, path in routes(server):
        if path in OPEN:
            continue
        for headers in wrong_headers(server.token):
            assert bare(server, method, path, headers).status_code == 401, (method, path, headers)
        query = "&".join(f"{name}={server.token}" for name in ELSEWHERE)
        answer = bare(server, method, f"{path}?{query}", json={"token": server.token})
        assert answer.status_code == 401, (method, path)
        assert server.token not in answer.text
    assert stored(server) == before


def test_a1_paths_that_nobody_listed_want_the_token_too(server: Server) -> None:
    for path in (
        "/",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/incidents",
        "/incidents/INC-1",
        "/alerts",
        "/silences",
        "/checks",
    ):
        assert bare(server, "GET", path).status_code == 401, path
    for path in (
        "/assets/page.css",
        "/-/",
        "//metrics",
        "/metrics/",
        "/ping",
        "/pingx",
        "/-/ready/x",
        "/health/../api/v1/status",
    ):
        assert bare(server, "GET", path).status_code == 401, path
    for path in ("/incidents/INC-1/resolve", "/silences", "/maintenance", "/checks/run", "/api/v1/alerts/cloudwatch/"):
        assert bare(server, "POST", path).status_code == 401, path
    for path in sorted(PROVING):
        for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS"):
            assert bare(server, method, path).status_code == 401, (method, path)


def test_a1_a_ping_word_opens_its_own_door_and_no_other(server: Server) -> None:
    url = next(one["ping_url"] for one in server.client.get("/api/v1/checks").json()["checks"] if one["ping_url"])
    word = url.rpartition("/")[2]
    assert len(word) >= 24
    for method in ("GET", "HEAD", "POST"):
        assert bare(server, method, f"/ping/{word}").status_code == 200
    for wrong in (
        word[:-1],
        f"{word}x",
        word.upper(),
        word.swapcase(),
        "backups",
        "%00",
        "x" * 5_000,
        "../api/v1/status",
    ):
        if wrong != word:
            assert bare(server, "GET", f"/ping/{wrong}").status_code in {404, 401, 422}, wrong
    for path in (
        f"/ping/{word}/x",
        "/ping//api/v1/status",
        "/ping/%2e%2e/api/v1/status",
        f"/ping/{word}/../../api/v1/status",
    ):
        answer = bare(server, "GET", path)
        assert answer.status_code in {401, 404}, path
        assert "incidents" not in answer.text
    assert bare(server, "GET", "/api/v1/checks", {"authorization": f"Bearer {word}"}).status_code == 401


def test_a1_a_gate_that_suffices_lets_in_its_own_sender_and_nobody_else(
    server: Server, stored: Stored, problem: Problems
) -> None:
    event = {**body_of("pagerduty"), "routing_key": ROUTING_KEY}
    assert bare(server, "POST", "/api/v1/alerts/pagerduty", json=event).status_code == 202
    before = stored(server)
    for key in (
        "",
        ROUTING_KEY[:-1],
        ROUTING_KEY + "x",
        ROUTING_KEY.upper(),
        None,
        7,
        [ROUTING_KEY],
        {"x": ROUTING_KEY},
        True,
    ):
        answer = bare(server, "POST", "/api/v1/alerts/pagerduty", json={**event, "routing_key": key})
        assert problem(answer)["code"] == "forged", key
        assert answer.status_code == 401
    for source in ("alertmanager", "grafana", "garden", "uptime_kuma", "manual", "cloudevents"):
        assert bare(server, "POST", f"/api/v1/alerts/{source}", json=event).status_code == 401
    for name in ("cloudwatch-raw", "cloudwatch-event"):
        assert bare(server, "POST", "/api/v1/alerts/cloudwatch", json=body_of(name)).status_code == 401
    assert stored(server) == before


def test_a1_without_the_token_nothing_large_and_nothing_without_length_is_read(
    server: Server, problem: Problems
) -> None:
    large = json.dumps({**body_of("pagerduty"), "padding": "x" * (2 * 1024**2)}).encode()
    for path in sorted(PROVING):
        answer = bare(server, "POST", path, content=large)
        assert (answer.status_code, problem(answer)["code"]) == (413, "too-large")
        answer = bare(server, "POST", path, content=iter([b"{}"]))
        assert (answer.status_code, problem(answer)["code"]) == (413, "too-large")


@pytest.mark.parametrize(
    "module", [identity, grafana_gate, pagerduty_gate, heartbeat, cursors], ids=lambda one: one.__name__
)
def test_a1_secrets_are_compared_in_constant_time(module: Any) -> None:  # noqa: ANN401 - a module
    tree = ast.parse(inspect.getsource(module))
    calls = [
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    assert "compare_digest" in calls
    named = {"token", "_token", "_secret", "_routing_key", "wanted", "signature", "seal", "given"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            words = {getattr(inner, "id", getattr(inner, "attr", "")) for inner in ast.walk(node)}
            assert not words & named, ast.unparse(node)


def signed(body: bytes, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """The headers that Grafana would send."""
    stamp = str(int(time.time() if at is None else at))
    mac = hmac.new(secret.encode(), stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {SIGNATURE: mac, TIMESTAMP: stamp}


def delivery(title: str = "") -> bytes:
    return json.dumps(next(one for one in RECEIVERS if one.name == "grafana").fresh(title)).encode()


def test_a2_the_right_signature_is_taken_and_its_copy_is_not(server: Server, stored: Stored, problem: Problems) -> None:
    body = delivery()
    headers = signed(body)
    assert server.client.post(f"{GRAFANA}?dry_run=1", content=body, headers=headers).status_code == 202
    assert server.client.post(GRAFANA, content=body, headers=headers).status_code == 202
    before = stored(server)
    for again in (headers, {name.lower(): value for name, value in headers.items()}):
        answer = server.client.post(GRAFANA, content=body, headers=again)
        assert (answer.status_code, problem(answer)["code"]) == (401, "forged")
    assert stored(server) == before


def test_a2_what_was_refused_for_another_reason_may_come_again(server: Server, problem: Problems) -> None:
    body = b'{"alerts": "none"}'
    headers = signed(body)
    for _ in range(2):
        answer = server.client.post(GRAFANA, content=body, headers=headers)
        assert (answer.status_code, problem(answer)["code"]) == (400, "bad-signal")


def forgeries(body: bytes) -> list[dict[str, str]]:
    right = signed(body)
    mac, stamp, now = right[SIGNATURE], right[TIMESTAMP], time.time()
    bare_mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    macs = ["", mac[:-1], mac[:32], mac[1:], mac + "0", mac.upper(), f"sha256={mac}", "0" * 64, "x" * 64, bare_mac]
    macs += [mac[::-1], f"{mac},{mac}", "\xff" * 64, SECRET, base64.b64encode(bytes.fromhex(mac)).decode()]
    times = [now - 330, now - 3_600, now + 330, now + 86_400, 0, -1, 10**14]
    stamps = [
        "",
        " ",
        f"{stamp}.0",
        f"+{stamp}",
        f" {stamp}",
        f"0x{stamp}",
        "now",
        str(int(stamp) + 1),
        stamp + "0" * 400,
    ]
    return [
        {},
        {SIGNATURE: mac},
        {TIMESTAMP: stamp},
        *({SIGNATURE: one, TIMESTAMP: stamp} for one in macs if one != mac),
        *(signed(body, at) for at in times),
        *({SIGNATURE: mac, TIMESTAMP: one} for one in stamps if one.strip() != stamp),
        signed(body, secret="another secret"),
        signed(body, secret=""),
        signed(body + b" "),
        signed(b""),
    ]


def test_a2_a_missing_wrong_truncated_or_old_signature_is_401_and_stores_nothing(
    server: Server, stored: Stored, problem: Problems
) -> None:
    before = stored(server)
    body = delivery()
    for headers in forgeries(body):
        raw = [(name.encode(), value.strip().encode("latin-1")) for name, value in headers.items()]
        for path in (GRAFANA, f"{GRAFANA}?dry_run=1", "/api/v1/alerts/alertmanager", "/alert"):
            answer = server.client.post(path, content=body, headers=raw)
            assert (answer.status_code, problem(answer)["code"]) == (401, "forged"), headers
    assert stored(server) == before


def test_a2_a_changed_body_is_401(server: Server, stored: Stored, problem: Problems) -> None:
    before = stored(server)
    body = delivery()
    headers = signed(body)
    changed = [
        body + b" ",
        b" " + body,
        body[:-1],
        body.replace(b"front", b"store"),
        b"",
        b"{}",
        b"\xef\xbb\xbf" + body,
    ]
    changed += [body.replace(b"resolved", b"firing"), json.dumps(json.loads(body), indent=1).encode()]
    for one in changed:
        answer = server.client.post(GRAFANA, content=one, headers=headers)
        assert (answer.status_code, problem(answer)["code"]) == (401, "forged"), one[:40]
    assert stored(server) == before


def test_a2_the_signature_does_not_stand_for_the_token(server: Server) -> None:
    body = delivery()
    for path in (GRAFANA, "/api/v1/alerts/alertmanager", "/alert"):
        assert bare(server, "POST", path, signed(body), content=body).status_code == 401


def test_a2_true_deliveries_with_the_same_text_at_two_times_are_both_taken(server: Server) -> None:
    body = delivery()
    for at in (time.time() - 20, time.time() - 10):
        assert server.client.post(GRAFANA, content=body, headers=signed(body, at)).status_code == 202


def test_a2_of_eight_copies_at_once_one_is_taken(server: Server, stored: Stored) -> None:
    before = stored(server)
    rounds = 15
    with ThreadPoolExecutor(8) as pool:
        for _ in range(rounds):
            body = delivery()
            send = partial(server.client.post, GRAFANA, content=body, headers=signed(body))
            codes = [one.result().status_code for one in [pool.submit(send) for _ in range(16)]]
            assert codes.count(202) == 1
            assert set(codes) <= {202, 401, 503}
    assert stored(server)["journal"] == before["journal"] + rounds
