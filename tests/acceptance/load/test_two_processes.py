"""L2, F10, F11: two processes on one PostgreSQL. One places; killed, frozen, cut off: nothing is lost or done twice."""

from __future__ import annotations

import itertools
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.acceptance.exam.conftest import Server, Servers, wait_until
from tests.acceptance.load.conftest import Engine, Facts, Load, Whole, Workshop, alert

pytestmark = pytest.mark.postgres
PER_SECOND = 150
SHORT_SECONDS = 4
LONG_SECONDS = 300
LEASE_SECONDS = 3.0
PARTS = 12
# One that sleeps within a transaction holds the lease until the database ends its session, after half a minute.
TAKEN_OVER_SECONDS_MAX = 120.0
ENDED = {"resolved", "needs_human", "rejected", "rolled_back", "self_cleared", "merged"}
# 250 ms is the figure; a shared machine gets ten times that before it is called a hang.
P99_SECONDS_MAX = 2.5


@dataclass
class Pair:
    """Two whole apps with data folders of their own, one engine and one database."""

    one: Whole
    other: Whole
    engine: Engine
    facts: Facts

    @property
    def clients(self) -> Sequence[httpx.Client]:
        return self.one.client, self.other.client

    def placing(self) -> Whole:
        """Who has the lease, read from the database."""

        def found() -> Whole | None:
            holders = {row[0] for row in self.facts.rows("SELECT holder FROM leases WHERE ends_at > now()")}
            return next((whole for whole in (self.one, self.other) if whole.holder in holders), None)

        whole: Whole = wait_until("somebody places", found, TAKEN_OVER_SECONDS_MAX)
        return whole

    def beside(self, whole: Whole) -> Whole:
        return self.other if whole is self.one else self.one

    def incidents(self) -> list[dict[str, Any]]:
        return max(self.one.door.incidents(), self.other.door.incidents(), key=len)

    def all_ended(self) -> bool:
        found = self.incidents()
        return bool(found) and all(one["state"] in ENDED for one in found)


@dataclass
class Numbers:
    """Alerts about the parts, each about a trouble of its own; and that the parts are well again is never told."""

    counted: Iterator[int] = field(default_factory=itertools.count)

    def deliveries(self) -> Iterator[list[dict[str, Any]]]:
        for number in self.counted:
            yield [alert(number, f"Rule{number % 7}", container=f"part-{number % PARTS}")]


@pytest.fixture
def pair(workshop: Workshop, new_postgres_url: Callable[[], str]) -> Callable[..., Pair]:
    def begin(lease_seconds: float = LEASE_SECONDS, slow_seconds: float = 0.0) -> Pair:
        url = new_postgres_url()
        engine = workshop.engine(*(f"part-{n}" for n in range(PARTS)), slow_seconds=slow_seconds)
        wholes = [
            workshop.whole(
                engine,
                {
                    "store": {"url": url, "replica": f"replica-{n}"},
                    "autonomy": {
                        "mode": "auto",
                        "auto": ["restart container *"],
                        "limits": {"total": "1000/1h", "between": "0s", "per_target": "100/1h"},
                    },
                    "responses": {"storm_from": 100_000},
                },
                lease_seconds=lease_seconds,
            ).start()
            for n in range(2)
        ]
        return Pair(wholes[0], wholes[1], engine, Facts(url))

    return begin


def effects_are_right(pair: Pair) -> None:
    """At most one effect for each attempt that was recorded, and for each incident and run at most one attempt."""
    wait_until("the end of every response", pair.all_ended, 120)
    recorded = pair.facts.rows("SELECT target_name, count(*) FROM attempts WHERE started_at IS NOT NULL GROUP BY 1")
    allowed = dict(recorded)
    for name, count in pair.engine.effects.items():
        assert count <= allowed.get(name, 0), (pair.engine.effects, allowed)
    twice = "SELECT incident_id, plan_hash FROM attempts WHERE undo_of = '' GROUP BY 1, 2 HAVING count(*) > 1"
    assert pair.facts.rows(twice) == []
    # A part is well after its first restart, so that nothing but a second effect of one response brings a second.
    assert set(pair.engine.effects.values()) <= {1}, pair.engine.effects


def test_l2_two_receivers_of_which_one_places(pair: Callable[..., Pair], capsys: pytest.CaptureFixture[str]) -> None:
    both = pair()
    load = received(both, SHORT_SECONDS)
    with capsys.disabled():
        print(f" p99 {load.p99 * 1000:.0f} ms")  # noqa: T201
    placing = both.placing()
    # Whoever asks either of them gets the same answer.
    assert {one["id"] for one in both.one.door.incidents()} == {one["id"] for one in both.other.door.incidents()}
    assert both.placing() is placing


def received(both: Pair, seconds: int) -> Load:
    deliveries = itertools.islice(Numbers().deliveries(), seconds * PER_SECOND)
    load = Load(both.clients, deliveries, per_second=PER_SECOND, connections=8).run()
    assert load.refused == []
    assert load.unanswered == 0
    assert load.p99 < P99_SECONDS_MAX
    both.facts.hold(load.acknowledged, 60)
    effects_are_right(both)
    assert "Traceback" not in both.one.log + both.other.log
    return load


@pytest.mark.soak
def test_l2_five_minutes_of_it(pair: Callable[..., Pair]) -> None:
    received(pair(), LONG_SECONDS)


def test_the_placing_process_is_killed_and_the_other_places_all(pair: Callable[..., Pair]) -> None:
    both = pair(slow_seconds=0.3)
    placing = both.placing()
    left = both.beside(placing)
    with Load(both.clients, Numbers().deliveries(), per_second=100, connections=6) as load:
        wait_until("work", lambda: len(load.acknowledged) > 40)
        placing.kill()
        wait_until("the other places", lambda: both.placing() is left, TAKEN_OVER_SECONDS_MAX)
        sent = len(load.acknowledged)
        wait_until("more alerts", lambda: len(load.acknowledged) > sent + 20)
        load.stop()
    both.facts.hold(load.acknowledged)
    # What the dead one had begun is its own to end when it comes back by its name.
    placing.start()
    effects_are_right(both)
    assert "Traceback" not in left.log


def test_f11_the_placing_process_sleeps_past_its_lease_and_wakes(pair: Callable[..., Pair]) -> None:
    frozen_and_thawed(pair(slow_seconds=0.3), 2 * LEASE_SECONDS)


@pytest.mark.soak
def test_f11_it_sleeps_a_minute_with_the_lease_as_it_is_shipped(pair: Callable[..., Pair]) -> None:
    frozen_and_thawed(pair(15.0, 0.3), 60)


def frozen_and_thawed(both: Pair, seconds: float) -> None:
    placing = both.placing()
    left = both.beside(placing)
    numbers = Numbers()
    with Load([left.client], numbers.deliveries(), per_second=100) as load:
        wait_until("work", lambda: len(load.acknowledged) > 30)
        placing.send(signal.SIGSTOP)
        try:
            began = time.monotonic()
            wait_until("the other places", lambda: both.placing() is left, seconds + TAKEN_OVER_SECONDS_MAX)
            time.sleep(max(0.0, seconds - (time.monotonic() - began)))
        finally:
            placing.send(signal.SIGCONT)
        sent = len(load.acknowledged)
        wait_until("more alerts", lambda: len(load.acknowledged) > sent + 100)
        load.stop()
    both.facts.hold(load.acknowledged)
    assert both.placing() is left
    effects_are_right(both)
    # The sleeper is well: it still receives, and what it takes is placed by the other.
    later = Load([placing.client], [[alert(1 << 40, "Later", container="part-1")]], connections=1).run()
    assert later.refused == []
    both.facts.hold(later.acknowledged)
    assert "Traceback" not in both.one.log + both.other.log


def test_f10_the_database_is_restarted_at_once_during_work(
    pair: Callable[..., Pair], postgres_restart: Callable[[], None]
) -> None:
    cut_off(pair(slow_seconds=0.3), postgres_restart, 2)


@pytest.mark.soak
def test_f10_it_is_restarted_twenty_times(pair: Callable[..., Pair], postgres_restart: Callable[[], None]) -> None:
    cut_off(pair(slow_seconds=0.3), postgres_restart, 20)


def cut_off(both: Pair, restart: Callable[[], None], rounds: int) -> None:
    numbers = Numbers()
    acknowledged: list[str] = []
    for _ in range(rounds):
        with Load(both.clients, numbers.deliveries(), per_second=60, connections=6) as load:
            wait_until("work", lambda load=load: len(load.acknowledged) > 40, 60)
            restart()
            cut = len(load.acknowledged)
            wait_until("work again", lambda load=load, cut=cut: len(load.acknowledged) > cut + 40, 60)
            load.stop()
        assert {answer.status_code for answer in load.refused} <= {503}
        assert all("retry-after" in answer.headers for answer in load.refused)
        acknowledged += load.acknowledged
    wait_until("both ready", lambda: both.one.door.ready() and both.other.door.ready(), 60)
    both.facts.hold(acknowledged)
    effects_are_right(both)
    for whole in (both.one, both.other):
        assert whole.process is not None
        assert whole.process.poll() is None


def test_two_real_servers_need_two_names_on_one_database(servers: Servers, new_postgres_url: Callable[[], str]) -> None:
    """The same as users run it: `lamplighter serve` twice, with data folders of their own."""
    url = new_postgres_url()
    pair: list[Server] = [servers.new({"store": {"url": url, "replica": f"replica-{n}"}}).start() for n in range(2)]
    deliveries = ([alert(n, f"Rule{n % 5}", service=f"part-{n % 10}")] for n in range(60))
    load = Load([server.client for server in pair], deliveries).run()
    assert load.refused == []
    facts = Facts(url)
    facts.hold(load.acknowledged)
    assert facts.one("SELECT count(*) FROM incidents") <= 10
    for server in pair:
        assert server.stop() == 0, server.log
        assert "Traceback" not in server.log
