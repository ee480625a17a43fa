"""Deliveries as two Alertmanagers on a bad night make them: repeated, unacknowledged, out of order, partly broken."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.acceptance.signals.conftest import OPEN, Part, Stage, Stages, alert, payload, stamp, wait_until

NO_LINGER = struct.pack("ii", 1, 0)
SILENT = 11 * 60
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def stage(stages: Stages) -> Stage:
    parts = (Part("store"), Part("cache"))
    return stages.new(*parts, autonomy={"mode": "auto"}, responses={"storm_from": 10_000})


@contextmanager
def losing_acks(port: int, count: int) -> Iterator[tuple[int, list[bytes]]]:
    """A port before the server's. The first answers arrive, and are reset instead of passed on."""
    lost: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                inward, _ = listener.accept()
                with closing(inward), socket.create_connection(("127.0.0.1", port), timeout=20) as outward:
                    request = b""
                    while not request.endswith(b"}"):
                        request += inward.recv(65536)
                    outward.sendall(request)
                    answer = b"".join(iter(lambda: outward.recv(65536), b""))
                    if len(lost) < count:
                        lost.append(answer)
                        inward.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
                    else:
                        inward.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], lost
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def sent_until_heard(stage: Stage, port: int, body: dict[str, Any]) -> int:
    """Send as Alertmanager does, again and again until there is an answer; returns how often."""
    headers = {"Authorization": f"Bearer {stage.token}", "Connection": "close", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{port}/api/v1/alerts/alertmanager"
    for times in range(1, 6):
        with suppress(httpx.TransportError), httpx.Client(trust_env=False, timeout=20) as client:
            answer = client.post(url, content=json.dumps(body).encode(), headers=headers)
            assert answer.status_code == 202, answer.text
            return times
    pytest.fail("it was never heard")


def test_two_alertmanagers_whose_acks_are_lost_after_the_commit_make_one_incident_and_one_effect(stage: Stage) -> None:
    begun = stamp(stage.now())
    one = alert("StoreDown", labels={"container": "store", "severity": "warning"}, startsAt=begun)
    with losing_acks(stage.port, 2) as (port, lost):
        for name in ("am-0", "am-1"):
            more = {"groupKey": f'{{}}:{{replica="{name}"}}', "externalURL": f"http://{name}.lan"}
            assert sent_until_heard(stage, port, payload(one, **more)) == (3 if name == "am-0" else 1)
        assert [answer.split(b" ")[1] for answer in lost] == [b"202", b"202"]
    (incident,) = wait_until("the incident", lambda: stage.holders("StoreDown"))
    stage.in_state(incident["id"], "resolved")
    stage.settled()
    for _ in range(2):
        stage.send(one)
    stage.settled()
    assert stage.outside.effects.count("store") == 1
    assert len(stage.holders("StoreDown")) == 1
    assert stage.moments(incident["id"]).count("planned") == 1
    (member,) = stage.members(incident["id"])
    assert member["count"] == 4


FIRE_1, RESOLVE_1, FIRE_2, RESOLVE_2 = range(4)
WHOLE = (FIRE_1, RESOLVE_1, FIRE_2, RESOLVE_2)
UNENDED = (FIRE_1, RESOLVE_1, FIRE_2)


def episode(name: str, stage: Stage) -> list[dict[str, Any]]:
    """Two episodes of one trouble that lie behind."""
    now = stage.now()
    times = [stamp(now - timedelta(minutes=minutes)) for minutes in (9, 7, 5, 3)]
    labels = {"severity": "warning"}
    first, second = (alert(name, labels=labels, startsAt=start) for start in (times[0], times[2]))
    return [
        first,
        {**first, "status": "resolved", "endsAt": times[1]},
        second,
        {**second, "status": "resolved", "endsAt": times[3]},
    ]


def deliver(stage: Stage, name: str, order: Sequence[int], cuts: frozenset[int], pause_seconds: float) -> None:
    """Send the deliveries in this order, in bodies that end at the cuts, with time between them."""
    alerts = episode(name, stage)
    batch: list[dict[str, Any]] = []
    for place, number in enumerate(order):
        batch.append(alerts[number])
        if place in cuts or place == len(order) - 1:
            assert stage.send(*batch).status_code == 202
            stage.settled()
            assert len(listed(stage, name)) <= 1
            stage.later(pause_seconds)
            batch = []


def listed(stage: Stage, name: str) -> list[dict[str, Any]]:
    return list(stage.get(f"/api/v1/incidents?q={name}")["incidents"])


@st.composite
def deliveries(draw: st.DrawFn, episode: tuple[int, ...]) -> tuple[list[int], frozenset[int], float]:
    """An order of all deliveries, some of them twice; where bodies end; how much time passes after each."""
    again = draw(st.lists(st.sampled_from(episode), max_size=3))
    order = draw(st.permutations([*episode, *again]))
    cuts = draw(st.frozensets(st.integers(0, len(order) - 1)))
    return order, cuts, draw(st.sampled_from([0.0, 70.0]))


def orders(episode: tuple[int, ...]) -> Iterator[tuple[list[int], frozenset[int], float]]:
    for order in itertools.permutations(episode):
        yield list(order), frozenset(range(len(order))), 0.0


@pytest.fixture(scope="module")
def orderly(stages: Stages) -> Stage:
    return stages.new(responses={"storm_from": 10_000, "at_once": 50})


BOUNDED = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def test_in_whatever_order_two_ended_episodes_come_nothing_is_left_firing_and_in_the_end_nothing_open(
    orderly: Stage,
) -> None:
    def comes(drawn: tuple[list[int], frozenset[int], float]) -> None:
        name = f"Whole{next(NUMBERS):04d}x"
        deliver(orderly, name, *drawn)
        for incident in listed(orderly, name):
            assert not any(member["firing"] for member in orderly.members(incident["id"])), drawn
            assert incident["signal_cleared_at"] is not None, drawn

    for drawn in orders(WHOLE):
        comes(drawn)
    BOUNDED(given(deliveries(WHOLE))(comes))()
    # What came back within a minute counts as flapping, and is open until it has stayed away for ten.
    wait_until("every response", lambda: not under_way(orderly, "Whole"))
    time.sleep(2.5)
    orderly.later(SILENT)
    wait_until("the end of all", lambda: not still_open(orderly, "Whole"), 60)


def test_in_whatever_order_they_come_the_episode_that_has_not_ended_is_open_once(orderly: Stage) -> None:
    def comes(drawn: tuple[list[int], frozenset[int], float]) -> None:
        name = f"Unended{next(NUMBERS):04d}x"
        deliver(orderly, name, *drawn)
        (incident,) = listed(orderly, name)
        (member,) = orderly.members(incident["id"])
        assert member["firing"], drawn
        assert incident["signal_cleared_at"] is None, drawn
        assert incident["state"] in OPEN, drawn

    for drawn in orders(UNENDED):
        comes(drawn)
    BOUNDED(given(deliveries(UNENDED))(comes))()
    wait_until("every response", lambda: not under_way(orderly, "Unended"))
    assert all(one["state"] == "needs_human" or one["flapping"] for one in listed(orderly, "Unended"))
    # What came back within a minute counts as flapping, and is looked at when it has stood for ten.
    orderly.later(SILENT)
    wait_until("a look at all", lambda: all(one["state"] == "needs_human" for one in listed(orderly, "Unended")), 60)


@pytest.mark.soak
def test_in_a_thousand_random_orders_the_unended_episode_is_open_once(orderly: Stage) -> None:
    def comes(drawn: tuple[list[int], frozenset[int], float]) -> None:
        name = f"Long{next(NUMBERS):05d}x"
        deliver(orderly, name, *drawn)
        (incident,) = listed(orderly, name)
        assert incident["signal_cleared_at"] is None, drawn

    settings(BOUNDED, max_examples=1000)(given(deliveries(UNENDED))(comes))()


def still_open(stage: Stage, name: str) -> list[dict[str, Any]]:
    return list(stage.get(f"/api/v1/incidents?q={name}&status=open&limit=200")["incidents"])


def under_way(stage: Stage, name: str) -> list[dict[str, Any]]:
    """What is neither in the hands of people nor held because it flaps."""
    return [one for one in still_open(stage, name) if one["state"] != "needs_human" and not one["held"]]


def test_the_third_of_five_is_broken_four_are_stored_and_one_is_set_aside_with_the_reason(stage: Stage) -> None:
    alerts = [alert(f"Batch{number}") for number in range(5)]
    alerts[2] = {**alerts[2], "startsAt": "the day before yesterday"}
    before = len(stage.get("/api/v1/dead-letters")["dead_letters"])
    answer = stage.send(*alerts)
    assert (answer.status_code, answer.json()["received"], answer.json()["dead_letters"]) == (202, 4, 1)
    stage.settled()
    assert {one["alert"] for one in stage.journal()} >= {"Batch0", "Batch1", "Batch3", "Batch4"}
    letters = stage.get("/api/v1/dead-letters")["dead_letters"]
    assert len(letters) == before + 1
    assert any("startsAt" in json.dumps(letter) and "Batch2" in json.dumps(letter) for letter in letters)
    for number in (0, 1, 3, 4):
        assert len(stage.holders(f"Batch{number}")) == 1
    assert stage.holders("Batch2") == []
