"""The JSON doors: no body makes a 5xx or half a change, errors say what to do, and words of people are words alone.

What must hold: wrong types, sizes and depths at every POST of the API are a problem of 4xx; the same Idempotency-Key
makes one thing; a silence has an end, cannot match all, and cannot be slow; merge and split refuse what makes no sense
and then change nothing; text that gives orders starts nothing. An attacker would try keys at another door, ids of the
closed and the unknown, run-away expressions, and reports that say that they are approved.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.bad_input.naughty import NAUGHTY, ORDERS

if TYPE_CHECKING:
    import httpx

    from tests.acceptance.exam.conftest import Payloads, Server

Stored = Callable[["Server"], dict[str, int]]
Problems = Callable[["httpx.Response"], dict[str, Any]]
UNHURRIED = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
PLACES = {"incident_id": "INC-999999", "approval_id": "x-1", "silence_id": "SIL-999999", "name": "Root"}
FIELDS = ["log", "service", "severity", "text", "by", "resolution", "reason", "into", "trouble", "matchers", "duration"]
FIELDS += ["ends_at", "starts_at", "author", "targets", "incident_id", "resolved_by", "plan_hash", "dry_run", "name"]


def deep(depth: int) -> Any:  # noqa: ANN401 - JSON
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value}
    return value


NUMBERS = [0, -1, 1.5, -0.0, 10**30, -(10**30), 2**63, 1e308]
WORDS = ["", " ", "\x00", "\ud800", "\u202e", "x" * 70_000, "INC-1", "INC--1", "1h", "-1h", "9999999d", "alertname=X"]
NESTED: list[Any] = [[], {}, [[]], {"a": 1}, deep(100), ["x"] * 500]
ODD = st.sampled_from([None, True, False, *NUMBERS, *WORDS, *NESTED, *NAUGHTY[::4]])
JSON = ODD | st.text(max_size=40) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
BODY = st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), JSON | st.lists(JSON, max_size=2), max_size=5)


def doors(server: Server) -> list[str]:
    """Every POST of the API that takes JSON of people, with ids that do not exist."""
    paths = server.client.get("/api/v1/openapi.json").raise_for_status().json()["paths"]
    found = []
    for path, methods in paths.items():
        if "post" in methods and "{source}" not in path and path not in {"/alert", "/api/v1/resume", "/api/v1/pause"}:
            filled = path
            for name, value in PLACES.items():
                filled = filled.replace(f"{{{name}}}", value)
            found.append(filled)
    assert len(found) >= 12
    return found


@UNHURRIED
@given(body=BODY | JSON, index=st.integers(0, 100))
def test_no_json_at_any_post_is_a_5xx(server: Server, problem: Problems, body: object, index: int) -> None:
    known = doors(server)
    for path in (known[index % len(known)], known[(index * 7 + 3) % len(known)]):
        answer = server.client.post(path, content=json.dumps(body), headers={"content-type": "application/json"})
        assert answer.status_code < 500, (path, answer.text)
        if answer.status_code >= 400:
            problem(answer)


SAID = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"1",
    b"\xff\xfe",
    b"[" * 50_000,
    b'{"a":' * 20_000,
    b'{"log": NaN}',
    b"{}{}",
]
KINDS = ("application/json", "text/plain", "application/json; charset=utf-16")
SAID += [b'{"log": "\\ud800", "service": "x", "extra": 1}', b"log=x&service=y", b'{"duration": 1e999}']


def test_what_is_no_json_is_refused_at_every_post(server: Server, problem: Problems, stored: Stored) -> None:
    before = stored(server)
    optional = ("/acknowledge", "/reopen", "/run", "/reload", "/setup-link", "/sign-out")
    for path in doors(server):
        for body in SAID:
            for kind in KINDS:
                answer = server.client.post(path, content=body, headers={"content-type": kind})
                if not path.endswith(optional):
                    problem(answer)
                assert answer.status_code < 500, (path, body[:20], kind, answer.text)
    assert stored(server) == before


@pytest.mark.parametrize(
    "value", [0, -1, 10**18, 10**400, 1.5, 1.0, True, None, "", "1", "INC-1.5", "INC-0x1", [], "INC--1", "inc-1"]
)
def test_b16_an_id_of_an_incident_is_a_whole_positive_number(server: Server, problem: Problems, value: object) -> None:
    answer = server.client.post(
        "/resolve",
        content=json.dumps({"incident_id": value, "resolution": "x"}),
        headers={"content-type": "application/json"},
    )
    found = problem(answer)
    assert (answer.status_code, found["code"]) in {(422, "invalid"), (400, "invalid"), (422, "http")}, found


REPORTS: list[tuple[object, object, object]] = [
    ("", "s", "info"),
    (" \n", "s", "info"),
    ("x", "", "info"),
    ("x", " ", "info"),
    (7, "s", "info"),
    (True, "s", "info"),
    ("x", 7, "info"),
    ("x", ["s"], "info"),
    ({"a": 1}, "s", "info"),
    (None, "s", "info"),
    ("x" * 16_001, "s", "info"),
    ("x", "s" * 201, "info"),
    ("x", "s", "CRITICAL!"),
    ("x", "s", 1),
    ("x", "s", True),
    ("x", "s", ["critical"]),
]


@pytest.mark.parametrize(("log", "service", "severity"), REPORTS)
@pytest.mark.parametrize("path", ["/incident", "/api/v1/incidents"])
def test_b16_a_report_with_a_wrong_kind_is_refused(
    server: Server, problem: Problems, stored: Stored, path: str, log: object, service: object, severity: object
) -> None:
    before = stored(server)
    for extra in ({}, {"extra": 1}):
        body = {"log": log, "service": service, "severity": severity, **extra}
        assert problem(server.client.post(path, json=body))["code"] == "invalid"
    assert stored(server) == before


def reported(server: Server, log: str, service: str = "orders") -> dict[str, Any]:
    answer = server.client.post("/api/v1/incidents", json={"log": log, "service": service, "severity": "info"})
    assert answer.status_code in {200, 201}, answer.text
    return dict(answer.json())


def test_orders_in_a_report_are_text_and_start_nothing(server: Server, stored: Stored) -> None:
    before = stored(server)
    paused = server.client.get("/api/v1/status").json()["paused"]
    for number, words in enumerate(ORDERS):
        for body in (
            {"log": words, "service": f"shop{number}"},
            {"log": f"shop{number}: down", "service": words[:200]},
        ):
            found = server.client.post("/api/v1/incidents", json=body).json()
            assert found["incident_id"], found
            whole = server.in_state(found["incident_id"], "needs_human", "self_cleared", "resolved")
            assert whole["incident"]["state"] == "needs_human"
            assert whole["attempts"] == []
            assert whole["approvals"] == []
            assert not (whole["plan"] or {}).get("actions")
            assert "acted" not in {event["moment"] for event in server.timeline(found["incident_id"])}
    after = stored(server)
    assert after["silences"] == before["silences"]
    assert server.client.get("/api/v1/status").json()["paused"] == paused
    assert server.client.get("/api/v1/approvals?pending=false").json()["approvals"] == []


def test_naughty_reports_are_incidents_with_clean_words(server: Server, showable: Callable[[str], bool]) -> None:
    for number, text in enumerate(NAUGHTY[::3]):
        answer = server.client.post(
            "/incident",
            content=json.dumps({"log": f"naughty {number} {text}", "service": f"n{number}"}),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code in {200, 201, 202, 422}, (ascii(text), answer.text)
        assert answer.status_code != 422 or "\\ud" in ascii(text) or len(text) > 200, ascii(text)
        assert showable(json.dumps(answer.json(), ensure_ascii=False)), ascii(text)


BAD_KEYS = ["k" * 201, "a b", "tab\there", "\xe9", "x" * 7_000]


@pytest.mark.parametrize("path", ["/api/v1/incidents", "/api/v1/silences", "/api/v1/maintenance"])
def test_an_idempotency_key_that_cannot_be_one_is_400(
    server: Server, problem: Problems, stored: Stored, path: str
) -> None:
    before = stored(server)
    body = {"log": "x", "service": "keys"} if path.endswith("incidents") else {"duration": "1h", "reason": "r"}
    body |= {"/api/v1/silences": {"matchers": ["a=b"]}, "/api/v1/maintenance": {"targets": ["x"]}}.get(path, {})
    for key in BAD_KEYS:
        answer = server.client.post(path, json=body, headers=[(b"idempotency-key", key.encode("latin-1"))])
        assert (answer.status_code, problem(answer)["code"]) == (400, "bad-key"), key[:20]
    assert stored(server) == before


def test_one_key_makes_one_thing_however_often_and_at_once(server: Server, problem: Problems, stored: Stored) -> None:
    before = stored(server)
    body = {"matchers": ["alertname=Once"], "duration": "1h", "reason": "once"}
    headers = {"Idempotency-Key": "once-and-for-all"}

    def ask(_: int) -> httpx.Response:
        return server.client.post("/api/v1/silences", json=body, headers=headers)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert stored(server)["silences"] == before["silences"] + 1
    other = server.client.post("/api/v1/silences", json={**body, "reason": "another"}, headers=headers)
    assert (other.status_code, problem(other)["code"]) == (422, "key-used")
    elsewhere = server.client.post("/api/v1/incidents", json={"log": "key elsewhere", "service": "k"}, headers=headers)
    assert elsewhere.status_code == 201
    assert "idempotency-replayed" not in elsewhere.headers


def test_a_key_whose_request_was_refused_may_be_used_again(server: Server, problem: Problems) -> None:
    headers = {"Idempotency-Key": "second-try"}
    for _ in range(2):
        problem(server.client.post("/api/v1/silences", json={"matchers": ["a=b"], "reason": "r"}, headers=headers))
    body = {"matchers": ["a=b"], "duration": "1h", "reason": "r"}
    assert server.client.post("/api/v1/silences", json=body, headers=headers).status_code == 201


RUNAWAY = [
    "(a+)+$",
    "(a*)*b",
    "(a|aa)+$",
    "(.*a){25}",
    "([a-z]+)*!",
    "(?=a)b",
    "(a)\\1",
    "(?P<x>a)(?P=x)",
    "a{1,99999}",
]
RUNAWAY += [
    "(a{1,50}){1,50}{1,50}",
    "(",
    "[",
    "*",
    "a**",
    "(?i:x",
    "\\",
    "x" * 201,
    "(?:a?){40}a{40}",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
]


@pytest.mark.parametrize("words", RUNAWAY, ids=lambda words: words[:24])
def test_a_runaway_expression_is_refused_or_fast(server: Server, problem: Problems, make: Payloads, words: str) -> None:
    for matcher in ({"name": "text", "op": "=~", "value": words}, {"name": "text", "op": "!~", "value": words}):
        body = {"matchers": [matcher, "alertname=Runaway"], "duration": "1h", "reason": "r"}
        answer = server.client.post("/api/v1/silences", json=body)
        if answer.status_code != 201:
            assert problem(answer)["code"] in {"bad-silence", "invalid"}
            continue
        # Taken expressions meet the longest label that they could be slow on.
        server.send(
            make.alert("Runaway", labels={"text": "a" * 4_000 + "!"}, startsAt=make.recent())
        ).raise_for_status()
        server.send(
            make.alert("Runaway", labels={"text": "a" * 4_000 + "!"}, status="resolved", endsAt=make.recent())
        ).raise_for_status()
        assert server.is_ready()
        assert server.client.delete(f"/api/v1/silences/{answer.json()['id']}").status_code == 200


WITHOUT_END: list[dict[str, Any]] = [
    {},
    {"duration": ""},
    {"duration": "0h"},
    {"duration": "-1h"},
    {"duration": "forever"},
    {"duration": "inf"},
    {"duration": "5O"},
    {"duration": "31d"},
    {"duration": "999999999999d"},
    {"duration": "1e400"},
    {"duration": 7200},
    {"duration": True},
    {"duration": None},
    {"duration": "1h", "ends_at": "2030-01-01T00:00:00Z"},
    {"ends_at": "9999-12-31T23:59:59Z"},
    {"ends_at": "9999-12-31T23:59:59-14:00"},
    {"ends_at": "2020-01-01T00:00:00Z"},
    {"ends_at": "never"},
    {"ends_at": "24h"},
    {"duration": "1h", "starts_at": "9999-12-31T23:59:59Z"},
    {"duration": "1h", "starts_at": "0001-01-01T00:00:00+14:00"},
    {"duration": "1h", "starts_at": "x"},
]
ALL_MATCHING: list[Any] = [
    [],
    [""],
    ["{}"],
    ["a!=b"],
    ["a=~.*"],
    ["a=~|b"],
    ["a!~b"],
    ["a="],
    ["=b"],
    ["*"],
    ["a b=c"],
    None,
    "a=b",
    [7],
    [None],
]
ALL_MATCHING += [
    ["a=b"] * 21,
    [{"name": "a", "op": "==", "value": "b"}],
    [{"name": "a"}],
    [{"name": "", "value": "b"}],
    ["\x00=b"],
]
ALL_MATCHING += [
    ["a=" + "x" * 1_001],
    [{"name": "a\u202e", "value": "b"}],
    [{"name": "a", "value": "\x1b[2J"}],
    [["a=b"]],
]


def test_a_silence_without_end_or_without_bounds_is_refused(server: Server, problem: Problems, stored: Stored) -> None:
    before = stored(server)
    for lasting in WITHOUT_END:
        for path, what in (("/api/v1/silences", {"matchers": ["a=b"]}), ("/api/v1/maintenance", {"targets": ["nas"]})):
            answer = server.client.post(path, json={**what, "reason": "r", **lasting})
            assert problem(answer)["code"] in {"bad-silence", "invalid"}, (path, lasting)
    for matchers in ALL_MATCHING:
        answer = server.client.post("/api/v1/silences", json={"matchers": matchers, "duration": "1h", "reason": "r"})
        assert problem(answer)["code"] in {"bad-silence", "invalid"}, matchers
    for targets in (
        [],
        [""],
        [" "],
        ["*"],
        ["**"],
        ["a=b"],
        [7],
        "nas",
        None,
        ["x" * 201],
        ["nas"] * 21,
        ["\x1b"],
        ["a|b.*"],
    ):
        answer = server.client.post("/api/v1/maintenance", json={"targets": targets, "duration": "1h", "reason": "r"})
        if targets == ["a|b.*"]:
            continue
        assert problem(answer)["code"] in {"bad-silence", "invalid"}, targets
    for author, reason in (
        ("", "r"),
        (" ", "r"),
        ("me", ""),
        ("me", " \n"),
        ("x" * 101, "r"),
        ("me", "x" * 501),
        (7, "r"),
    ):
        body = {"matchers": ["a=b"], "duration": "1h", "author": author, "reason": reason}
        problem(server.client.post("/api/v1/silences", json=body))
    assert stored(server)["silences"] - before["silences"] <= 1


def test_the_end_of_a_silence_that_nobody_made_is_404(server: Server, problem: Problems) -> None:
    for bad in ("SIL-999999", "x", "-", "..", "a" * 81, "%00", "' OR 1=1", "SIL-1/../SIL-2"):
        for kind in ("silences", "maintenance"):
            answer = server.client.delete(f"/api/v1/{kind}/{bad}")
            assert answer.status_code in {404, 405, 422}, bad
            problem(answer)


@pytest.mark.parametrize("path", ["/incident", "/api/v1/incidents"])
def test_a_dry_run_of_a_report_stores_nothing(server: Server, problem: Problems, stored: Stored, path: str) -> None:
    before = stored(server)
    service = f"desert{path.count(chr(47))}"
    body = {"log": "dry as dust", "service": service, "severity": "critical"}
    for headers in ({}, {"Idempotency-Key": "a-dry-key"}):
        answer = server.client.post(f"{path}?dry_run=1", json=body, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (202, "dry run")
        assert [one["labels"]["service"] for one in answer.json()["alerts"]] == [service]
    problem(server.client.post(f"{path}?dry_run=perhaps", json=body))
    problem(server.client.post(f"{path}?dry_run=1", json={**body, "log": ""}))
    assert stored(server) == before
    assert server.client.post(path, json=body, headers={"Idempotency-Key": "a-dry-key"}).status_code == 201
