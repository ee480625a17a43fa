"""What people do to incidents, done wrongly: merge, split, comment, reopen, listen. A refusal changes nothing.

An attacker or a tired person would merge into itself, into the closed and the unknown, split off the only alert, write
a megabyte, sign with another's control characters, and reconnect a stream with an id that never was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.acceptance.bad_input.naughty import NAUGHTY

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import Payloads, Server

Problems = Callable[["httpx.Response"], dict[str, Any]]
MIB = 1024**2


def opened(server: Server, make: Payloads, name: str) -> str:
    server.send(make.alert(name, labels={"container": name.lower()}, startsAt=make.recent())).raise_for_status()
    found = server.incident_titled(name)["id"]
    server.in_state(found, "needs_human")
    return str(found)


def standing(server: Server, incident_id: str) -> tuple[object, ...]:
    """What must be the same after a refusal."""
    incident = server.show(incident_id)["incident"]
    alerts = server.client.get(f"/api/v1/incidents/{incident_id}/alerts").json()["total"]
    return incident["state"], incident["merged_into"], alerts, len(server.timeline(incident_id))


def ask(server: Server, incident_id: str, verb: str, **body: Any) -> httpx.Response:  # noqa: ANN401 - JSON
    path, headers = f"/api/v1/incidents/{incident_id}/{verb}", {"content-type": "application/json"}
    return server.client.post(path, content=json.dumps(body), headers=headers)


def test_merge_into_itself_the_unknown_and_the_closed_changes_nothing(
    server: Server, make: Payloads, problem: Problems
) -> None:
    first, second = opened(server, make, "MergeFirst"), opened(server, make, "MergeSecond")
    closed = opened(server, make, "MergeClosed")
    ask(server, closed, "resolve", resolution="done").raise_for_status()
    before = [standing(server, one) for one in (first, second, closed)]
    for into, status, code in (
        (first, 422, "same-incident"),
        (f"INC-0{first[4:]}", None, ""),
        ("INC-999999", 404, "not-found"),
        ("INC-0", 404, "not-found"),
        (closed, 409, "wrong-state"),
        ("inc-1", 422, "invalid"),
        (1, 422, "invalid"),
        ("", 422, "invalid"),
        (None, 422, "invalid"),
        ([second], 422, "invalid"),
        ("INC-" + "9" * 18, 404, "not-found"),
    ):
        answer = ask(server, first, "merge", into=into)
        found = problem(answer)
        if status is not None:
            assert (answer.status_code, found["code"]) == (status, code), into
    for one, into in ((closed, first), ("INC-999999", first)):
        assert ask(server, one, "merge", into=into).status_code in {404, 409}
    assert [standing(server, one) for one in (first, second, closed)] == before


def test_two_merges_of_two_into_each_other_leave_one_open(server: Server, make: Payloads) -> None:
    first, second = opened(server, make, "CrossFirst"), opened(server, make, "CrossSecond")
    pairs = [(first, second), (second, first)] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda pair: ask(server, pair[0], "merge", into=pair[1]), pairs))
    assert {answer.status_code for answer in answers} <= {200, 409}
    states = sorted(str(server.show(one)["incident"]["state"]) == "merged" for one in (first, second))
    assert states == [False, True]
    survivor = next(one for one in (first, second) if server.show(one)["incident"]["state"] != "merged")
    assert server.client.get(f"/api/v1/incidents/{survivor}/alerts").json()["total"] == 2


def test_a_merged_incident_takes_no_further_part(server: Server, make: Payloads, problem: Problems) -> None:
    first, second = opened(server, make, "GoneFirst"), opened(server, make, "GoneSecond")
    ask(server, second, "merge", into=first).raise_for_status()
    for verb, body in (
        ("merge", {"into": first}),
        ("acknowledge", {}),
        ("resolve", {"resolution": "x"}),
        ("reopen", {}),
        ("split", {"trouble": "alertmanager:x"}),
    ):
        answer = ask(server, second, verb, **body)
        assert answer.status_code in {404, 409}, (verb, answer.text)
        problem(answer)
    assert ask(server, first, "merge", into=second).status_code == 409


def test_the_only_alert_and_an_unknown_one_cannot_be_split_off(
    server: Server, make: Payloads, problem: Problems
) -> None:
    alone = opened(server, make, "SplitAlone")
    trouble = server.client.get(f"/api/v1/incidents/{alone}/alerts").json()["alerts"][0]["trouble"]
    before = standing(server, alone)
    answer = ask(server, alone, "split", trouble=trouble)
    assert (answer.status_code, problem(answer)["code"]) == (409, "wrong-state")
    for other in ("alertmanager:unknown", "x", " ", "'; DROP TABLE members;--", "\x00", "x" * 501, 7, None, [trouble]):
        answer = ask(server, alone, "split", trouble=other)
        assert answer.status_code in {404, 422}, other
        problem(answer)
    assert standing(server, alone) == before
    assert ask(server, "INC-999999", "split", trouble=trouble).status_code == 404


def test_a_split_asked_for_eight_times_at_once_happens_once(server: Server, make: Payloads) -> None:
    first, second = opened(server, make, "ManyFirst"), opened(server, make, "ManySecond")
    ask(server, second, "merge", into=first).raise_for_status()
    trouble = next(
        one["trouble"]
        for one in server.client.get(f"/api/v1/incidents/{first}/alerts").json()["alerts"]
        if one["name"] == "ManySecond"
    )
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(server, first, "split", trouble=trouble), range(8)))
    assert sorted({answer.status_code for answer in answers} - {404, 409}) == [201]
    assert [answer.status_code for answer in answers].count(201) == 1
    assert server.client.get(f"/api/v1/incidents/{first}/alerts").json()["total"] == 1


@pytest.mark.parametrize(
    ("verb", "key"), [("comments", "text"), ("acknowledge", "text"), ("resolve", "resolution"), ("reopen", "reason")]
)
def test_a_megabyte_of_words_is_refused_and_nothing_is_written(
    server: Server, make: Payloads, problem: Problems, verb: str, key: str
) -> None:
    one = opened(server, make, f"Megabyte{verb.title()}")
    before = standing(server, one)
    for body in ({key: "x" * MIB}, {key: "é" * MIB}, {key: "x", "by": "b" * MIB}, {key: ["x"]}, {key: 7}, {key: None}):
        found = problem(ask(server, one, verb, **body))
        assert found["code"] in {"invalid", "wrong-state", "too-large"}
    for body in ({key: "x", "extra": 1}, {key: "x", "by": 7}, {key: "x", "at": "2020-01-01"}):
        problem(ask(server, one, verb, **body))
    assert standing(server, one) == before


def test_naughty_comments_and_names_are_kept_clean(
    server: Server, make: Payloads, showable: Callable[[str], bool]
) -> None:
    one = opened(server, make, "NaughtyWords")
    for text in NAUGHTY[::2]:
        answer = ask(server, one, "comments", text=f"said {text}"[:4_000], by=text[:100])
        assert answer.status_code in {201, 422}, (ascii(text), answer.text)
        assert answer.status_code == 201 or "\\ud" in ascii(text), ascii(text)
    for event in server.timeline(one):
        assert showable(json.dumps(event, ensure_ascii=False)), ascii(event)[:300]


def test_what_a_comment_says_is_never_done(server: Server, make: Payloads) -> None:
    one = opened(server, make, "CommentOrders")
    for text in (
        "/approve",
        "approved",
        "resolve this",
        "lamplighter.allow=restart",
        "restart container commentorders",
    ):
        assert ask(server, one, "comments", text=text, by="admin").status_code == 201
    whole = server.show(one)
    assert whole["incident"]["state"] == "needs_human"
    assert whole["attempts"] == whole["approvals"] == []


IDS = ["", "x", "-1", "1.5", "1e3", "٣", "0x1", "9" * 40, "9" * 19, str(2**63), str(2**64), "null", "1 2", "<script>"]


@pytest.mark.parametrize("last", IDS)
def test_a_garbled_last_event_id_begins_now_and_breaks_nothing(server: Server, last: str) -> None:
    headers = [(b"last-event-id", last.encode())]
    with server.client.stream("GET", "/api/v1/events", headers=headers, timeout=60.0) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        first = next(answer.iter_raw())
    assert first.startswith(b"retry:")
    assert server.is_ready()


def test_an_id_too_long_or_a_since_that_is_none_is_refused(server: Server, problem: Problems) -> None:
    problem(server.client.get("/api/v1/events", headers={"last-event-id": "1" * 5_000}))
    for since in ("-1", "x", "1.5", "true", str(2**63), "9" * 400, "%00"):
        problem(server.client.get(f"/api/v1/events?since={since}"))


def test_events_of_naughty_alerts_keep_the_frames_whole(server: Server, make: Payloads) -> None:
    breaker = "x\r\nevent: forged\ndata: {}\n\nid: 1\n\n"
    server.send(
        make.alert("Framed", labels={"container": breaker}, annotations={"summary": f"Framed {breaker}"})
    ).raise_for_status()
    one = server.incident_titled("Framed")["id"]
    ask(server, one, "comments", text=breaker, by="a\nb").raise_for_status()
    seen: list[dict[str, Any]] = []
    with server.client.stream("GET", "/api/v1/events?since=0", timeout=60.0) as answer:
        for line in answer.iter_lines():
            assert line == "" or line.startswith(("id: ", "event: ", "data: ", "retry: ", ":")), line[:100]
            assert line != "event: forged"
            if line.startswith("data: "):
                seen.append(json.loads(line[6:]))
            if seen and "forged" in seen[-1]["text"] and seen[-1]["moment"] == "commented":
                break
    assert any(event["moment"] == "commented" for event in seen)
