"""B1 to B16 at every receiver: a body is refused and leaves nothing, or every alert of it is read or set aside.

What must hold: rubbish never makes a 5xx; a refusal says which key is wrong and stores nothing; whatever was read is
bounded, in a sane time, free of what steers a terminal, and bears no link but http; a dry run says what would be read
and stores nothing. An attacker would put the wrong kind at every place, sizes at every text, and times at the edges.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.bad_input.naughty import NAUGHTY
from tests.acceptance.bad_input.receivers import RECEIVERS, Receiver, ago, value_at, with_value
from tests.acceptance.exam.conftest import wait_until

if TYPE_CHECKING:
    import httpx

    from tests.acceptance.exam.conftest import Server

Stored = Callable[["Server"], dict[str, int]]
Problems = Callable[["httpx.Response"], dict[str, Any]]
KIB, MIB = 1024, 1024**2
STRIDE = 5
BATCHES = [one for one in RECEIVERS if not one.single]
AT_ALL = pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda one: one.name)


def having(part: str) -> pytest.MarkDecorator:
    """Every receiver whose body has such a place."""
    found = [one for one in RECEIVERS if getattr(one, part)]
    return pytest.mark.parametrize("receiver", found, ids=lambda one: one.name)


def nested(depth: int) -> Any:  # noqa: ANN401 - JSON
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def posted(server: Server, receiver: Receiver, body: object, *, dry: bool = False) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return server.client.post(
        receiver.path, params={"dry_run": 1} if dry else None, content=content, headers=receiver.headers
    )


def fits(alert: dict[str, Any], source: str) -> None:
    """Whatever came, this is what every alert that was read keeps to."""
    assert alert["source"] in {source, "alertmanager" if source == "grafana" else source}
    assert alert["status"] in {"firing", "resolved"}
    starts = datetime.fromisoformat(alert["starts_at"])
    assert datetime(1970, 1, 1, tzinfo=UTC) <= starts <= datetime.now(UTC) + timedelta(days=1, minutes=1)
    assert alert["ends_at"] is None or datetime.fromisoformat(alert["ends_at"]) >= starts
    assert alert["ends_at"] is None or alert["status"] == "resolved"
    assert alert["labels"]
    for values, bytes_max in ((alert["labels"], 4 * KIB), (alert["annotations"], 16 * KIB)):
        assert len(values) <= 200
        for name, value in values.items():
            assert name.strip()
            assert len(name.encode()) <= 256
            assert len(value.encode()) <= bytes_max
            assert safe(name + value), (ascii(name), ascii(value))
    assert 1 <= len(alert["fingerprint"]) <= 128
    assert alert["generator_url"] == "" or alert["generator_url"].lower().startswith(("http://", "https://"))
    assert len(alert["generator_url"]) <= 4 * KIB
    assert safe(alert["generator_url"] + alert["group_key"])


def safe(text: str) -> bool:
    return not any(
        (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) <= 0x9F or 0xD800 <= ord(c) <= 0xDFFF or c in "\u202e\u2066"
        for c in text
    )


def read_dry(answer: httpx.Response, receiver: Receiver, problem: Problems) -> list[dict[str, Any]]:
    """What a dry run read; none where the body was refused, which is then a problem with words."""
    if answer.status_code != 202:
        assert answer.status_code in {400, 401}, (answer.status_code, answer.text[:300])
        problem(answer)
        return []
    found = answer.json()
    assert found["status"] == "dry run"
    for alert in found["alerts"]:
        fits(alert, receiver.source)
    assert all(reason and len(reason) <= 600 and safe(reason) for reason in found["bad"])
    return list(found["alerts"])


@AT_ALL
def test_the_right_body_is_read_as_one_alert_and_taken(server: Server, receiver: Receiver, problem: Problems) -> None:
    body = receiver.fresh()
    assert len(read_dry(posted(server, receiver, body, dry=True), receiver, problem)) == 1
    taken = posted(server, receiver, body).json()
    assert (taken["received"], taken["dead_letters"]) == (1, 0)


RUBBISH = [b"", b" \n", b"hello", b"null", b"42", b"true", b'"text"', b"{", b"\x00\x01\x02\xff", b"\xff\xfe{\x00}\x00"]
RUBBISH += [b"{'a': 1}", b'{"a": NaN}', b'{"a": 1,}', b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000, b"[" * 500_000]
RUBBISH += [b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"<xml/>", b"a=1&b=2", b"1" * 10_000, b"-" * 100]


@AT_ALL
def test_b1_b3_what_is_no_json_is_refused_and_leaves_nothing(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored
) -> None:
    before = stored(server)
    lines = json.dumps(receiver.fresh()).encode() + b"\n" + json.dumps(receiver.fresh()).encode()
    for body in (*RUBBISH, lines):
        answer = posted(server, receiver, body)
        assert answer.status_code in {400, 401}, (body[:20], answer.status_code, answer.text[:200])
        problem(answer)
    assert stored(server) == before


@AT_ALL
def test_b1_a_byte_order_mark_is_read_over(server: Server, receiver: Receiver, problem: Problems) -> None:
    body = b"\xef\xbb\xbf" + json.dumps(receiver.fresh()).encode()
    assert len(read_dry(posted(server, receiver, body, dry=True), receiver, problem)) == 1


@AT_ALL
def test_b2_bombs_and_bodies_without_bound_are_refused_whole(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored
) -> None:
    before = stored(server)
    bomb = gzip.compress(b" " * (20 * MIB))
    answer = server.client.post(receiver.path, content=bomb, headers={"content-encoding": "gzip"})
    assert answer.status_code == 415
    problem(answer)
    large = receiver.changed((*receiver.item, "padding"), "x" * (9 * MIB))
    answer = posted(server, receiver, large)
    assert answer.status_code == 413
    problem(answer)
    assert stored(server) == before


WRONG_LENGTHS = [
    "Content-Length: -1",
    "Content-Length: ten",
    "Content-Length: 99999999999999999999",
    "Content-Length: 3, 4",
]
WRONG_LENGTHS += [
    "Content-Length: 3\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Content-Length: 2.5",
]


@AT_ALL
def test_b2_a_wrong_length_is_refused_with_and_without_the_token(
    server: Server, receiver: Receiver, exchange: Callable[..., bytes], stored: Stored
) -> None:
    before = stored(server)
    for line in WRONG_LENGTHS:
        for token in (f"Authorization: Bearer {server.token}", "X: y"):
            head = f"POST {receiver.path} HTTP/1.1\r\nHost: x\r\n{token}\r\n{line}\r\n\r\n"
            got = exchange(server.port, [head.encode(), b"{}\r\n"])
            assert got[9:10] == b"4", (line, got[:200])
    assert stored(server) == before


@pytest.mark.parametrize("name", ["grafana", "cloudwatch-raw", "manual"])
def test_b2_chunks_without_end_are_cut_off(server: Server, name: str, exchange: Callable[..., bytes]) -> None:
    path = next(one.path for one in RECEIVERS if one.name == name)
    chunk = b"40000\r\n" + b" " * 0x40000 + b"\r\n"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    assert b" 413 " in exchange(server.port, [head.encode(), *[chunk] * 400])[:20]
    assert server.is_ready()


@AT_ALL
def test_b3_many_keys_and_the_same_key_twice_do_no_harm(server: Server, receiver: Receiver, problem: Problems) -> None:
    wide = receiver.changed((*receiver.item, "padding"), {f"k{n}": 1 for n in range(100_000)})
    read_dry(posted(server, receiver, wide, dry=True), receiver, problem)
    text = json.dumps(receiver.fresh())
    cut = text.index("{") + 1
    read_dry(
        posted(server, receiver, (text[:cut] + '"x": 1, "x": {}, ' + text[cut:]).encode(), dry=True), receiver, problem
    )
    assert server.is_ready()


WRONG: list[Any] = [None, True, 0, -1, 1.5, 10**30, -(10**30), 1e308, "", " ", [], {}, [[]], {"a": {"b": [1]}}]
WRONG += [
    "x" * (100 * KIB),
    "nul\x00\x1b[31m\u202e\ud800",
    nested(600),
    ["a"] * 3_000,
    {f"k{n}": n for n in range(3_000)},
]
WRONG += ["2026-01-01T00:00:00Z", "javascript:alert(1)", False, "-1", "1e999"]


@AT_ALL
def test_b4_b7_b16_every_wrong_kind_at_every_place_is_read_or_refused(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored
) -> None:
    before = stored(server)
    for number, place in enumerate(receiver.leaves):
        # Each place meets every fifth value, and each value many places; the long form lets all meet all.
        for value in WRONG[number % STRIDE :: STRIDE]:
            read_dry(posted(server, receiver, receiver.changed(place, value), dry=True), receiver, problem)
    missing(server, receiver, problem)
    assert stored(server) == before


@AT_ALL
@pytest.mark.soak
def test_every_wrong_kind_meets_every_place(server: Server, receiver: Receiver, problem: Problems) -> None:
    for place in receiver.leaves:
        for value in WRONG:
            read_dry(posted(server, receiver, receiver.changed(place, value), dry=True), receiver, problem)


def missing(server: Server, receiver: Receiver, problem: Problems) -> None:
    """Leave out each key in turn."""
    for place in receiver.leaves[1:]:
        body = receiver.fresh()
        inner = value_at(body, place[:-1])
        if isinstance(inner, dict):
            del inner[place[-1]]
            read_dry(posted(server, receiver, body, dry=True), receiver, problem)


def refused(server: Server, receiver: Receiver, body: object, problem: Problems, stored: Stored) -> str:
    """The reason why one bad alert was not taken: 400 where it is all there is, otherwise a dead letter."""
    before = stored(server)
    answer = posted(server, receiver, body)
    if receiver.single:
        found = problem(answer)
        assert answer.status_code == 400
        assert stored(server) == before
        return str(found["detail"])
    assert answer.status_code == 202, answer.text
    assert (answer.json()["received"], answer.json()["dead_letters"]) == (0, 1)
    assert stored(server)["dead_letters"] == before["dead_letters"] + 1
    assert stored(server)["journal"] == before["journal"]
    return str(server.client.get("/api/v1/dead-letters?limit=1").json()["dead_letters"][0]["reason"])


@AT_ALL
@pytest.mark.parametrize("word", ["pending", "FIRINGS", "", "firing\x00", "x" * 50_000, 7, None])
def test_b4_a_status_that_nobody_knows_is_never_guessed(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored, word: object
) -> None:
    if receiver.source == "cloudevents" and (word in ("", None) or isinstance(word, int)):
        pytest.skip("there the type's last word says it, and without one an event fires")
    if receiver.name == "manual" and word is None:
        pytest.skip("a report that says nothing of it is a report of trouble")
    refused(server, receiver, receiver.changed(receiver.status, word), problem, stored)


@having("starts")
@pytest.mark.parametrize(
    "text",
    [
        "tomorrow",
        "",
        "2026-02-30T00:00:00Z",
        "2026-01-01",
        "24:00",
        "+292277026596-12-04T15:30:08Z",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_b5_what_is_no_time_is_refused(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored, text: str
) -> None:
    assert receiver.starts is not None
    if not text and receiver.source not in {"alertmanager", "grafana"}:
        pytest.skip("an empty time is no time at all, and then it began when it came")
    refused(server, receiver, receiver.changed(receiver.starts, text), problem, stored)


@having("starts")
@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "2999-01-01T00:00:00Z"])
def test_b5_what_begins_in_another_century_is_refused(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored, text: str
) -> None:
    assert receiver.starts is not None
    refused(server, receiver, receiver.changed(receiver.starts, text, over=False), problem, stored)


@having("starts")
@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00"),
        ("0001-01-01T00:00:00+14:00", "1970-01-01T00:00:00"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00"),
        ("2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123"),
        ("2026-01-01 00:00:00", "2026-01-01T00:00:00"),
    ],
)
def test_b5_times_at_the_edges_are_read_in_utc(
    server: Server, receiver: Receiver, problem: Problems, text: str, read: str
) -> None:
    assert receiver.starts is not None
    body = receiver.changed(receiver.starts, text, over=False)
    found = read_dry(posted(server, receiver, body, dry=True), receiver, problem)
    assert found[0]["starts_at"].startswith(read)


@having("ends")
def test_b6_an_end_before_the_start_is_no_end_and_what_fires_has_none(
    server: Server, receiver: Receiver, problem: Problems
) -> None:
    assert receiver.starts is not None
    assert receiver.ends is not None
    backwards = receiver.changed(receiver.starts, "2026-01-02T00:00:00Z")
    backwards = with_value(backwards, receiver.ends, "2026-01-01T00:00:00Z")
    assert read_dry(posted(server, receiver, backwards, dry=True), receiver, problem)[0]["ends_at"] is None
    fires = receiver.changed(receiver.ends, ago(1), over=False)
    found = read_dry(posted(server, receiver, fires, dry=True), receiver, problem)[0]
    assert (found["status"], found["ends_at"]) == ("firing", None)


@having("labels")
@pytest.mark.parametrize(
    "labels",
    [
        {"": "empty name"},
        {" ": "blank name"},
        {"n" * 5_000: "long name"},
        {"nul\x00": "x"},
        {"\u202e": "x"},
        {f"n{n}": "v" for n in range(10_000)},
        [],
        "text",
        7,
    ],
    ids=lambda labels: ascii(labels)[:20],
)
def test_b7_names_of_labels_that_cannot_be_kept_are_refused(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored, labels: object
) -> None:
    assert receiver.labels is not None
    own = value_at(receiver.body, receiver.labels)
    whole = {**own, **labels} if isinstance(labels, dict) else labels
    if whole in ([], 7, "text") and receiver.source in {"alertmanager", "grafana"}:
        body = receiver.fresh()
        value_at(body, receiver.item)["labels"] = whole
    else:
        body = receiver.changed(receiver.labels, whole)
    refused(server, receiver, body, problem, stored)


@having("texts")
def test_b7_b8_b10_naughty_texts_are_kept_bounded_and_harmless(
    server: Server, receiver: Receiver, problem: Problems
) -> None:
    texts = [*NAUGHTY, "v" * (100 * KIB), "é" * (60 * KIB)]
    for number, place in enumerate(receiver.texts):
        for text in texts[number :: len(receiver.texts)]:
            answer = posted(server, receiver, receiver.changed(place, text), dry=True)
            found = read_dry(answer, receiver, problem)
            if text.strip():
                assert len(found) == 1 or answer.status_code == 400, (place, ascii(text[:30]))


@having("link")
@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("javascript:alert(1)", False),
        ("JaVaScRiPt://x%0aalert(1)", False),
        (" javascript:alert(1)", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("file:///etc/passwd", False),
        ("vbscript:x", False),
        ("//evil.example", False),
        ("http://[::1", False),
        ("http://" + "a" * 5_000, False),
        ("http://x/\r\nSet-Cookie: a=b", False),
        ("https://xn--bcher-kva.example/?a=b&c=d#e", True),
        ("http://bücher.example/ü", True),
    ],
)
def test_b11_b12_only_links_that_a_browser_may_follow_are_kept(
    server: Server, receiver: Receiver, problem: Problems, link: str, *, kept: bool
) -> None:
    assert receiver.link is not None
    found = read_dry(posted(server, receiver, receiver.changed(receiver.link, link), dry=True), receiver, problem)
    assert found[0]["generator_url"] == (link if kept else "")


@having("link")
def test_b12_a_password_in_a_link_is_not_kept(server: Server, receiver: Receiver, problem: Problems) -> None:
    assert receiver.link is not None
    body = receiver.changed(receiver.link, "http://user:correct-horse-7@host.lan/x")
    answer = posted(server, receiver, body, dry=True)
    read_dry(answer, receiver, problem)
    assert "correct-horse-7" not in answer.text


@pytest.mark.parametrize("receiver", BATCHES, ids=lambda one: one.name)
def test_f41_the_third_of_five_is_bad_and_costs_only_itself(server: Server, receiver: Receiver, stored: Stored) -> None:
    before = stored(server)
    items = [value_at(receiver.fresh(), receiver.item) for _ in range(5)]
    inner_status = receiver.status[len(receiver.item) :]
    items[2] = with_value(items[2], inner_status, "pending")
    answer = posted(server, receiver, with_value(receiver.body, receiver.item[:-1], items))
    assert answer.status_code == 202, answer.text
    assert (answer.json()["received"], answer.json()["dead_letters"]) == (4, 1)
    after = stored(server)
    assert (after["journal"], after["dead_letters"]) == (before["journal"] + 4, before["dead_letters"] + 1)
    letter = server.client.get("/api/v1/dead-letters?limit=1").json()["dead_letters"][0]
    assert letter["source"] == receiver.source
    assert "[2]" in letter["reason"]


@pytest.mark.parametrize("receiver", BATCHES, ids=lambda one: one.name)
def test_more_alerts_than_a_body_may_hold_are_refused_whole(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored
) -> None:
    before = stored(server)
    item = value_at(receiver.fresh(), receiver.item)
    answer = posted(server, receiver, with_value(receiver.body, receiver.item[:-1], [item] * 5_001))
    assert answer.status_code in {400, 413}
    problem(answer)
    assert stored(server) == before


@AT_ALL
def test_a_dry_run_stores_nothing_and_says_what_the_true_run_does(
    server: Server, receiver: Receiver, problem: Problems, stored: Stored
) -> None:
    before = stored(server)
    body = receiver.fresh()
    for word in ("1", "true", "yes", "on"):
        answer = server.client.post(receiver.path, params={"dry_run": word}, json=body)
        assert len(read_dry(answer, receiver, problem)) == 1
    for word in ("perhaps", "", "2"):
        answer = server.client.post(receiver.path, params={"dry_run": word}, json=body)
        assert answer.status_code == 422, (word, answer.text)
        problem(answer)
    assert stored(server) == before
    assert posted(server, receiver, body).json()["received"] == 1
    assert stored(server)["journal"] == before["journal"] + 1


def test_after_all_this_the_server_is_ready(server: Server) -> None:
    assert server.is_ready()
    assert server.metric("lamplighter_store_up") == 1


@pytest.mark.parametrize("count", [10**12, 2**63, 2**64, 10**30, 1.5, "3", True, -1, [3]])
@pytest.mark.parametrize("source", ["alertmanager", "grafana"])
def test_b16_a_count_of_what_was_left_out_may_be_anything(
    server: Server, problem: Problems, source: str, count: object
) -> None:
    receiver = next(one for one in RECEIVERS if one.name == source)
    for dry in (True, False):
        answer = posted(server, receiver, receiver.changed(("truncatedAlerts",), count), dry=dry)
        if answer.status_code != 202:
            problem(answer)
            assert answer.status_code == 400


@having("ends")
def test_b6_an_end_in_another_century_hides_no_later_trouble(server: Server, receiver: Receiver) -> None:
    assert receiver.starts is not None
    assert receiver.ends is not None
    title = f"Century {receiver.name}"
    ended = with_value(receiver.fresh(title), receiver.starts, ago(60))
    posted(server, receiver, with_value(ended, receiver.ends, "9999-12-31T23:59:59Z")).raise_for_status()
    again = with_value(receiver.fresh(title, over=False), receiver.starts, ago(1))
    posted(server, receiver, again).raise_for_status()
    assert placed(server, title) in {"opens", "joins"}


@having("starts")
def test_b5_what_began_in_the_future_and_ended_hides_no_true_trouble(server: Server, receiver: Receiver) -> None:
    """The clock of a sender was hours ahead, and was set right: what fires then is no late delivery."""
    assert receiver.starts is not None
    title = f"Ahead {receiver.name}"
    for over in (False, True):
        ahead = with_value(receiver.fresh(title, over=over), receiver.starts, ago(-120))
        posted(server, receiver, ahead).raise_for_status()
        placed(server, title)
    true = with_value(receiver.fresh(title, over=False), receiver.starts, ago(1))
    posted(server, receiver, true).raise_for_status()
    assert placed(server, title) in {"opens", "joins", "reopens"}


def placed(server: Server, title: str) -> str:
    """Where the newest alert of the last delivery went, as soon as it is placed."""

    def found() -> str:
        newest = server.client.get("/api/v1/alerts?limit=1").raise_for_status().json()["alerts"][0]
        return str(newest["placement"])

    return str(wait_until(f"the placing of {title}", found))
