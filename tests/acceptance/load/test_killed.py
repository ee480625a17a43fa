"""F2, F5 and the bounded queue: killed under load, locked and flooded. Whatever got 2xx is there; the rest was told."""

from __future__ import annotations

import itertools
import random
import signal
import sqlite3
import time
from contextlib import closing

import pytest

from tests.acceptance.exam.conftest import Server, Servers, wait_until
from tests.acceptance.load.conftest import Load, alert, facts_of

ROUNDS_SHORT = 5
ROUNDS_LONG = 200
# More rows at once than the queue before the journal takes.
FLOOD = 32
EACH = 5_000
READY_SECONDS_MAX = 90.0


def killed_again_and_again(server: Server, rounds: int) -> None:
    chance = random.Random(11)  # noqa: S311 - when to kill, no secret
    numbers = itertools.count()
    acknowledged: list[str] = []
    server.start()
    for _ in range(rounds):
        deliveries = ([alert(n, f"Rule{n % 9}", service=f"part-{n % 60}")] for n in numbers)
        with Load([server.client], deliveries, per_second=100, connections=6) as load:
            before = len(load.acknowledged)
            wait_until("some answers", lambda load=load, before=before: len(load.acknowledged) > before + 20)
            time.sleep(chance.uniform(0.0, 0.8))
            assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        acknowledged += load.acknowledged
        process = server.begin()
        wait_until("ready again", lambda p=process: p.poll() is not None or server.is_ready(), READY_SECONDS_MAX)
        assert process.poll() is None, server.log
    facts_of(server).hold(acknowledged)
    # I5: nothing is under way for ever.
    wait_until("the end of every response", lambda: not under_way(server), 120)
    server.send(alert(1 << 40, "Afterwards", service="later")).raise_for_status()
    server.incident_titled("Afterwards")
    assert "Traceback" not in server.log


def under_way(server: Server) -> int:
    counts = server.client.get("/api/v1/status").raise_for_status().json()["incidents"]
    return sum(n for state, n in counts.items() if state not in {"needs_human", "resolved", "self_cleared", "merged"})


def test_f2_killed_five_times_under_load(servers: Servers) -> None:
    killed_again_and_again(servers.new({"responses": {"storm_from": 100_000}}), ROUNDS_SHORT)


@pytest.mark.soak
def test_f2_killed_two_hundred_times_under_load(servers: Servers) -> None:
    killed_again_and_again(servers.new({"responses": {"storm_from": 100_000}}), ROUNDS_LONG)


def test_a_flood_past_the_bound_is_503_at_once_and_every_2xx_is_there(servers: Servers) -> None:
    """F5 as well: the flood comes while another process holds the database, so that nothing is written meanwhile."""
    server = servers.new({"responses": {"storm_from": 2, "at_once_in_storm": 1}}).start()
    firsts = range(0, FLOOD * EACH, EACH)
    deliveries = [[alert(n, service="flooded") for n in range(first, first + EACH)] for first in firsts]
    with closing(sqlite3.connect(server.data / "lamplighter.db", isolation_level=None, timeout=20)) as database:
        database.execute("BEGIN EXCLUSIVE")
        with Load([server.client], deliveries, connections=FLOOD) as load:
            wait_until("the bound", lambda: past_the_bound(load) or answered(load) == FLOOD, 60)
            database.execute("ROLLBACK")
            load.join()
    assert past_the_bound(load), [answer.text for answer in load.refused[:3]]
    assert load.unanswered == 0
    assert {answer.status_code for answer in load.refused} == {503}
    assert all(int(answer.headers["retry-after"]) > 0 for answer in load.refused)
    wait_until("ready again", server.is_ready, 60)
    assert server.client.get("/-/healthy").status_code == 200
    again = Load([server.client], [[alert(1 << 40, "Afterwards", service="later")]], connections=1).run()
    assert again.refused == []
    there = {row[0] for row in facts_of(server).rows("SELECT fingerprint FROM journal")}
    assert not {*load.acknowledged, *again.acknowledged} - there
    # A delivery is there whole or not at all, whatever was answered.
    assert (len(there) - 1) % EACH == 0
    assert "Traceback" not in server.log


def past_the_bound(load: Load) -> bool:
    return any("which is the limit" in answer.text for answer in load.refused)


def answered(load: Load) -> int:
    return len(load.seconds) + load.unanswered
