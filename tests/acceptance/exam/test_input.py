"""B1 to B7, B11, B16: rubbish at the doors is refused with words or taken whole; it never breaks the server."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.acceptance.exam.conftest import Payloads, Server

WEBHOOK = "/api/v1/alerts/alertmanager"
MIB = 1024**2
BAD_IDS = [
    "x; rm -rf /",
    "../",
    "..%2f..%2fetc%2fpasswd",
    "INC-1%0a",
    "INC-1\u202e",
    "-rf",
    "--help",
    "INC-0x1",
    "INC--1",
]
BAD_IDS += [
    "INC-" + "9" * 5000,
    "INC-1.5",
    "INC-1e3",
    "inc-1",
    "%00",
    "INC-\u0661",
    "'; DROP TABLE incidents;--",
    "*",
    "%",
]


def is_problem(answer: httpx.Response) -> None:
    """Every error says what it is, and what to do."""
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert set(found) == {"type", "title", "status", "detail", "instance", "code", "fix"}
    assert found["status"] == answer.status_code
    assert found["fix"]
    assert found["code"]
    assert found["detail"]


def stored(server: Server) -> tuple[int, ...]:
    """How many deliveries, alerts, bodies and dead letters there are, read from outside."""
    with closing(sqlite3.connect(f"file:{server.data}/lamplighter.db?mode=ro", uri=True)) as database:
        tables = ("deliveries", "journal", "bodies", "dead_letters")
        return tuple(database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables)  # noqa: S608 - own names


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"hello",
        b"null",
        b"[]",
        b"42",
        b'"text"',
        b"{",
        b"{}",
        b'{"alerts": null}',
        b'{"alerts": {}}',
        b'{"alerts": "all"}',
        b'{"alerts": 1}',
        b'{"alerts": [], "truncatedAlerts": -1}',
        b'{"alerts": [], "truncatedAlerts": "many"}',
        b'{"alerts": []}{"alerts": []}',
        b'{"alerts": []}\n{"alerts": []}\n',
        b"\x00\x01\x02\xff",
        b'{"alerts": [NaN]}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"alerts": ' + b"[" * 100_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_cannot_be_read_is_400_and_stores_nothing(server: Server, body: bytes) -> None:
    before = stored(server)
    answer = server.client.post(WEBHOOK, content=body)
    assert answer.status_code == 400, answer.text
    is_problem(answer)
    assert stored(server) == before


def test_a_byte_order_mark_is_read_over(server: Server, make: Payloads) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(make.body(make.alert("Marked"))).encode()
    assert server.client.post(WEBHOOK, content=body).json()["received"] == 1


def test_of_five_alerts_the_bad_one_goes_to_the_dead_letters_with_its_reason(server: Server, make: Payloads) -> None:
    alerts = [make.alert(f"Batch{n}") for n in range(5)]
    alerts[2]["labels"] = {"alertname": 7}
    answer = server.send(*alerts)
    assert answer.status_code == 202
    assert (answer.json()["received"], answer.json()["dead_letters"]) == (4, 1)
    with closing(sqlite3.connect(f"file:{server.data}/lamplighter.db?mode=ro", uri=True)) as database:
        reason = database.execute("SELECT reason FROM dead_letters ORDER BY id DESC LIMIT 1").fetchone()[0]
    assert "alerts[2].labels" in reason


def strange_alerts(make: Payloads) -> list[dict[str, Any]]:
    """One strange thing in each; all of them may be in one delivery."""
    base = make.alert
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    return [
        base(status="pending"),
        base(status=None),
        base(status=1),
        {},
        {"status": "firing"},
        base(labels={}) | {"labels": {}},
        base(labels={"": "empty name"}),
        base(labels={"n": 1}),
        base(labels={"n": None}),
        base(labels={"n": {"a": "b"}}),
        base(labels={"n": deep}),
        base(labels={"big": "v" * 100_000}),
        base(labels={f"n{i}": "v" for i in range(10_000)}),
        base(labels={"nul\u0000name": "x"}),
        base(labels={"host": "a\u0000b\u202ec\u200bd"}),
        base(labels={"host": "\ud800 half"}),
        base(startsAt="0001-01-01T00:00:00Z"),
        base(startsAt="9999-12-31T23:59:59Z"),
        base(startsAt="9999-12-31T23:59:59-14:00"),
        base(startsAt="0001-01-01T00:00:00+14:00"),
        base(startsAt="2026-01-01T00:00:00"),
        base(startsAt="2026-01-01T00:00:00.123456789Z"),
        base(startsAt="tomorrow"),
        base(startsAt=""),
        base(startsAt=None),
        base(startsAt=1700000000),
        base(startsAt="2026-02-30T00:00:00Z"),
        base(startsAt="+292277026596-12-04T15:30:08Z"),
        base(status="resolved", endsAt="2020-01-01T00:00:00Z"),
        base(endsAt="2026-01-02T00:00:00Z"),
        base(status="resolved", endsAt="never"),
        base(annotations={"summary": 5}),
        base(annotations=None),
        base(annotations="text"),
        base(fingerprint="../../x"),
        base(fingerprint="f" * 100_000),
        base(fingerprint=5),
        base(generatorURL="javascript:alert(1)"),
        base(generatorURL="data:text/html,x"),
        base(generatorURL="http://[::1"),
        base(generatorURL="http://user:pass@host/" + "a" * 50_000),
    ]


def test_every_strange_alert_is_taken_or_set_aside_alone_and_together(server: Server, make: Payloads) -> None:
    alerts = strange_alerts(make)
    for each in alerts:
        answer = server.client.post(WEBHOOK, content=json.dumps(make.body(each)))
        assert answer.status_code == 202, answer.text
        assert answer.json()["received"] + answer.json()["dead_letters"] == 1
    answer = server.client.post(WEBHOOK, content=json.dumps(make.body(*alerts)))
    assert answer.json()["received"] + answer.json()["dead_letters"] == len(alerts)
    assert server.is_ready()


def test_strange_words_round_the_alerts_do_no_harm(server: Server, make: Payloads) -> None:
    for more in (
        {"version": "3"},
        {"version": 4},
        {"status": "pending"},
        {"groupLabels": None},
        {"groupKey": "k" * 100_000},
        {"groupKey": "\u0000\ud800"},
        {"unknown": {"deep": [1, 2, {"x": None}]}},
        {"externalURL": "javascript:alert(1)"},
        {"truncatedAlerts": 10**12},
    ):
        assert server.client.post(WEBHOOK, content=json.dumps(make.body(make.alert("Round"), **more))).is_success, more
    without = {key: value for key, value in make.body(make.alert("Round")).items() if key != "groupKey"}
    assert server.client.post(WEBHOOK, content=json.dumps(without)).is_success


def test_a_million_keys_and_duplicate_keys_do_not_stop_it(server: Server, make: Payloads) -> None:
    many = ",".join(f'"k{n}":1' for n in range(250_000))
    assert server.client.post(WEBHOOK, content=f'{{{many},"alerts":[]}}').status_code == 202
    twice = f'{{"alerts": 1, "alerts": [{json.dumps(make.alert("Twice"))}]}}'
    assert server.client.post(WEBHOOK, content=twice).json()["received"] == 1


def test_a_dry_run_shows_how_it_was_read_and_stores_nothing(server: Server, make: Payloads) -> None:
    before = stored(server)
    body = json.dumps(make.body(make.alert("Dry"), make.alert("Dry", status="pending"), truncatedAlerts=3))
    for path in (f"{WEBHOOK}?dry_run=1", f"{WEBHOOK}?dry_run=true", "/alert?dry_run=1"):
        answer = server.client.post(path, content=body).json()
        assert answer["status"] == "dry run", path
        assert [each["labels"]["alertname"] for each in answer["alerts"]] == ["Dry"]
        assert "alerts[1].status" in answer["bad"][0]
        assert answer["truncated"] == 3
    assert server.client.post(f"{WEBHOOK}?dry_run=perhaps", content=body).status_code == 422
    assert stored(server) == before


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "GZIP", "gzip, gzip", "identity, gzip", "unknown"])
def test_a_compressed_body_is_415(server: Server, coding: str) -> None:
    before = stored(server)
    answer = server.client.post(WEBHOOK, content=b"\x1f\x8b\x08", headers={"content-encoding": coding})
    assert answer.status_code == 415
    is_problem(answer)
    assert stored(server) == before


def test_a_body_over_the_limit_is_413_and_nothing_of_it_is_stored(server: Server, make: Payloads) -> None:
    before = stored(server)
    body = json.dumps(make.body(*(make.alert(f"Big{n}", annotations={"text": "x" * 1000}) for n in range(4500))))
    assert len(body) > 4 * MIB
    answer = server.client.post(WEBHOOK, content=body)
    assert answer.status_code == 413
    is_problem(answer)
    assert stored(server) == before


def test_five_thousand_alerts_are_taken_whole_and_one_more_is_refused_whole(server: Server, make: Payloads) -> None:
    before = stored(server)
    many = [make.alert("Many", labels={"n": str(n)}, status="resolved") for n in range(5001)]
    assert server.send(*many).status_code == 400
    assert stored(server) == before
    assert server.send(*many[:5000]).json()["received"] == 5000
    assert stored(server)[1] == before[1] + 5000


def request_head(server: Server, *lines: str, path: str = WEBHOOK) -> bytes:
    head = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {server.token}", *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode()


@pytest.mark.parametrize("path", [WEBHOOK, "/alert", "/api/v1/pause", "/api/v1/approvals/INC-1-x/approve"])
def test_a_chunked_body_without_end_is_cut_off(server: Server, exchange: Callable[..., bytes], path: str) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    head = request_head(server, "Transfer-Encoding: chunked", "Content-Type: application/json", path=path)
    got = exchange(server.port, [head, *[chunk] * 1600])
    assert b" 413 " in got[:20]
    assert server.is_ready()


@pytest.mark.parametrize("path", ["/api/v1/pause", "/api/v1/approvals/INC-1-x/deny", "/api/v1/incidents/INC-1/resolve"])
def test_a_large_body_at_the_other_doors_is_413_too(server: Server, path: str) -> None:
    answer = server.client.post(path, content=b'{"reason": "' + b"x" * (5 * MIB) + b'"}')
    assert answer.status_code == 413, answer.text
    is_problem(answer)


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: -1",),
        ("Content-Length: ten",),
        ("Content-Length: " + "9" * 5000,),
        ("Content-Length: 99999999999999999999",),
        ("Content-Length: 3", "Content-Length: 4"),
        ("Content-Length: 3", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: gzip, chunked",),
        ("Bad Header: x", "Content-Length: 0"),
    ],
)
def test_a_wrong_length_is_4xx(server: Server, exchange: Callable[..., bytes], lines: tuple[str, ...]) -> None:
    got = exchange(server.port, [request_head(server, *lines), b"{}\r\n"])
    assert got[9:10] == b"4", got[:200]
    assert server.is_ready()


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing(server: Server, exchange: Callable[..., bytes]) -> None:
    before = stored(server)
    for _ in range(5):
        exchange(server.port, [request_head(server, "Content-Length: 1000"), b'{"alerts": ['], read=False)
    assert server.is_ready()
    assert stored(server) == before


@pytest.mark.parametrize("bad", BAD_IDS, ids=lambda bad: bad[:20])
def test_an_id_that_is_none_is_404_or_422_everywhere(server: Server, bad: str) -> None:
    for method, path in (
        ("GET", "/api/v1/incidents/{}"),
        ("GET", "/api/v1/incidents/{}/timeline"),
        ("POST", "/api/v1/incidents/{}/resolve"),
        ("GET", "/api/v1/approvals/{}"),
        ("POST", "/api/v1/approvals/{}/approve"),
        ("POST", "/api/v1/approvals/{}/deny"),
        ("GET", "/incidents/{}"),
        ("POST", "/api/v1/alerts/{}"),
    ):
        answer = server.client.request(
            method, path.format(bad), json={"resolution": "x"} if "resolve" in path else None
        )
        assert answer.status_code in {404, 405, 422, 307}, (path, answer.text)
        if answer.status_code != 307:
            is_problem(answer)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=201",
        "limit=1e3",
        "limit=99999999999999999999",
        "limit=true",
        "limit=",
        "limit=%D9%A1",
        "state=good",
        "state=",
        "cursor=INC-x",
        "cursor=' OR 1=1",
        "cursor=INC-1%0a",
        "cursor=%00",
    ],
)
def test_a_wrong_query_is_422(server: Server, query: str) -> None:
    answer = server.client.get(f"/api/v1/incidents?{query}")
    assert answer.status_code == 422, answer.text
    is_problem(answer)


def test_a_cursor_that_nobody_gave_is_refused(server: Server) -> None:
    assert server.client.get(f"/api/v1/incidents?cursor=INC-{'9' * 18}").status_code == 422
    assert server.client.get(f"/api/v1/incidents?cursor={'A' * 60}").status_code == 400
    assert server.client.get(f"/api/v1/incidents/INC-{'9' * 18}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b'{"duration": true}',
        b'{"duration": -1}',
        b'{"duration": "0s"}',
        b'{"duration": "forever"}',
        b'{"duration": 1e400}',
        b'{"duration": NaN}',
        b'{"duration": "9999999999999d"}',
        b'{"reason": 5}',
        b'{"reason": "\\ud800"}',
        b'{"reason": "' + b"x" * 501 + b'"}',
        b'{"\\ud800": 1}',
        b'{"surprise": 1}',
        b"\xff\xfe",
        b"[" * 50_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_wrong_body_at_pause_is_422_and_presses_nothing(server: Server, body: bytes) -> None:
    answer = server.client.post("/api/v1/pause", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    is_problem(answer)
    assert server.client.get("/api/v1/status").json()["paused"] == ""


def test_every_4xx_of_the_framework_is_a_problem_too(server: Server) -> None:
    for method, path in (("GET", "/nowhere"), ("PUT", "/api/v1/status"), ("DELETE", "/api/v1/incidents/INC-1")):
        is_problem(server.client.request(method, path))
    for method in ("OPTIONS", "TRACE", "PATCH"):
        assert server.client.request(method, "/api/v1/pause").status_code == 405


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = PLAIN | st.lists(PLAIN, max_size=3) | st.dictionaries(st.text(), PLAIN | st.lists(PLAIN, max_size=2), max_size=3)
ALERT = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["firing", "resolved"]) | JSON,
        "labels": st.dictionaries(st.text(), st.text(), max_size=4) | JSON,
        "annotations": st.dictionaries(st.text(), st.text(), max_size=4) | JSON,
        "startsAt": st.datetimes().map(lambda at: at.isoformat() + "Z") | JSON,
        "endsAt": st.datetimes().map(lambda at: at.isoformat() + "Z") | JSON,
        "generatorURL": st.text() | JSON,
        "fingerprint": st.text() | JSON,
    },
)
UNHURRIED = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@UNHURRIED
@given(
    body=st.dictionaries(st.sampled_from(["alerts", "groupKey", "truncatedAlerts", "version"]), JSON | st.lists(ALERT))
)
def test_no_json_at_the_receiver_is_a_5xx(server: Server, body: dict[str, Any]) -> None:
    answer = server.client.post(f"{WEBHOOK}?dry_run=1", content=json.dumps(body))
    assert answer.status_code in {202, 400}, answer.text


@UNHURRIED
@given(alerts=st.lists(ALERT, max_size=3))
def test_no_alert_is_lost_between_taken_and_set_aside(server: Server, alerts: list[dict[str, Any]]) -> None:
    answer = server.send(*alerts)
    assert answer.status_code == 202
    assert answer.json()["received"] + answer.json()["dead_letters"] == len(alerts)


@UNHURRIED
@given(path=st.text(min_size=1, max_size=40), body=JSON, method=st.sampled_from(["GET", "POST", "PUT", "HEAD"]))
def test_no_path_and_no_body_is_a_5xx(server: Server, path: str, body: object, method: str) -> None:
    encoded = "".join(f"%{byte:02x}" for byte in path.encode())
    for prefix in ("/", "/api/v1/incidents/", "/api/v1/approvals/", "/api/v1/approvals/x/approve?"):
        answer = server.client.request(method, f"{prefix}{encoded}", content=json.dumps(body))
        assert answer.status_code < 500, (prefix, path)


def test_after_all_this_the_server_is_ready(server: Server) -> None:
    assert server.is_ready()
    assert server.metric("lamplighter_store_up") == 1
