"""Batches of placements: all or nothing, in order, once, and never on a look that does not hold any more."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lamplighter.domain.alert import Alert, AlertStatus, Delivery, Episode, JournalEntry
from lamplighter.domain.board import Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import Joins, Opens, Placed, Reopens
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.topology import Edge
from lamplighter.ports import Applied, Fenced, StoreUnavailable
from lamplighter.store import SqlStore
from lamplighter.store.chronicle import JOINED_EVENTS_MAX, REPEATED_EVENTS_MAX

Maker = Callable[..., Alert]
Opened = Callable[..., SqlStore]
Bench = Any  # conftest's Correlating, which importlib mode does not let tests import


def _end(store: SqlStore, incident_id: str, at: datetime, to: State = State.RESOLVED) -> Incident:
    event = Event(incident_id, f"end:{to}:{at.isoformat()}", at, Moment.CLOSED, Crew.HEALER, "over")
    return store.incidents.move(incident_id, to, event)


def _moments(store: SqlStore, incident_id: str) -> list[Moment]:
    return [event.moment for event in store.incidents.timeline(incident_id)]


def _same(store: SqlStore, board: Board) -> bool:
    """Whether a board that is built anew is the one that was carried along."""

    def seen(members: Iterable[Member]) -> dict[str, Member]:
        # The board's own words may still bear the provisional names of the batch that they were said in.
        return {one.trouble: replace(one, reason="") for one in members}

    stored = {incident.id: (incident, seen(held)) for incident, held in store.incidents.board()}
    carried = {name: (board.incident(name), seen(board.members(name))) for name in board.ids()}
    return stored == carried


def test_a_batch_is_placed_in_order_and_the_board_is_what_is_stored(
    store: SqlStore, correlating: Bench, alert: Maker
) -> None:
    first = alert("a", component="web")
    applied = correlating.run(first, alert("b"), first, alert("c", component="web", name="Slow"))
    assert applied.ids == {"new:1": "INC-1", "new:2": "INC-2"}
    assert {name: (one.alert_count, one.member_count) for name, one in applied.incidents.items()} == {
        "INC-1": (3, 2),
        "INC-2": (1, 1),
    }
    assert store.incidents.load("INC-1") == applied.incidents["INC-1"]
    assert _same(store, correlating.board)
    assert [member.alert.fingerprint for member in store.incidents.members("INC-1")] == ["a", "c"]
    assert [member.count for member in store.incidents.members("INC-1")] == [2, 1]
    assert [store.journal.outcome(seq)[:2] for seq in (1, 2, 3, 4)] == [  # type: ignore[index]  # they are placed
        ("opens", "INC-1"),
        ("opens", "INC-2"),
        ("joins", "INC-1"),
        ("joins", "INC-1"),
    ]
    assert store.journal.outcome(5) is None
    assert store.journal.unplaced(10) == []


def test_no_word_that_is_kept_bears_a_provisional_name(store: SqlStore, correlating: Bench, alert: Maker) -> None:
    correlating.run(alert("a"), alert("a"))
    said = [event.text for event in store.incidents.timeline("INC-1")]
    said += [entry["reason"] for entry in store.journal.alerts()]
    said += [member.reason for member in store.incidents.members("INC-1")]
    assert "same trouble as INC-1" in " ".join(said)
    assert not any("new:" in words for words in said)


def test_a_batch_that_was_placed_already_changes_nothing(
    store: SqlStore, correlating: Bench, opened: Opened, url: str, alert: Maker, now: datetime
) -> None:
    correlating.run(alert("a"))
    assert store.incidents.apply((), (), {}, now) == Applied()
    late = type(correlating)(opened(url))
    correlating.run(alert("b"))
    before = store.incidents.timeline("INC-2")
    entry = Placed(_entry(2, alert("b")), Opens("new:2", "nobody", "critical"))
    with pytest.raises(StoreUnavailable, match="meanwhile"):
        late.store.incidents.apply((entry,), (), {}, now)
    assert store.incidents.timeline("INC-2") == before
    assert store.incidents.load("INC-3") is None


def _entry(seq: int, alert: Alert) -> JournalEntry:
    return JournalEntry(seq, alert.starts_at, alert)


def test_repeats_grow_neither_timeline_nor_members(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    for _ in range(3):
        correlating.run(*(alert("a") for _ in range(40)))
    incident = store.incidents.load("INC-1")
    assert incident is not None
    assert incident.alert_count + sum(one.times for one in correlating.board.heard()) == 120
    store.incidents.count(correlating.board.heard(), now)
    assert store.incidents.members("INC-1")[0].count == 120
    assert _moments(store, "INC-1").count(Moment.JOINED) == REPEATED_EVENTS_MAX


def test_joined_events_are_bounded_and_members_are_not(store: SqlStore, correlating: Bench, alert: Maker) -> None:
    alerts = [alert(f"f{n}", component="web", name=f"Rule{n}") for n in range(JOINED_EVENTS_MAX + 30)]
    correlating.run(*alerts)
    assert len(store.incidents.members("INC-1")) == JOINED_EVENTS_MAX + 30
    assert _moments(store, "INC-1").count(Moment.JOINED) == JOINED_EVENTS_MAX


def test_an_incident_that_changed_meanwhile_makes_the_batch_stale_and_writes_nothing(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    correlating.run(alert("a"), alert("b"))
    store_journal(store, alert("a"), alert("c"))
    placed = correlating.decide()
    _end(store, "INC-1", now)
    applied = correlating.record(placed)
    assert applied.stale == {"INC-1"}
    assert not applied.ids
    assert len(store.journal.unplaced(10)) == 2
    assert store.incidents.load("INC-3") is None
    correlating.board.drop("INC-1")
    correlating.board.settled({})
    again = type(correlating)(store)
    assert again.record(again.decide(now + timedelta(minutes=1)), now + timedelta(minutes=1)).stale == frozenset()
    assert store.journal.unplaced(10) == []


def store_journal(store: SqlStore, *alerts: Alert) -> None:
    asyncio.run(store.journal.append(Delivery(alerts), "alertmanager", alerts[0].starts_at))


def test_a_trouble_that_another_incident_holds_by_now_makes_the_batch_stale(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    store_journal(store, alert("a"))
    seen = correlating.decide()
    touched = correlating.board.touched()
    other = type(correlating)(store)
    store_journal(store, alert("b"))
    assert not other.record(other.decide()).stale
    store_journal(store, alert("a"))
    (entry,) = store.journal.unplaced(1)
    late = Placed(entry, seen[0].placement, seen[0].episode)
    assert store.incidents.apply((late,), touched, {}, now).stale == {"INC-1"}
    assert len(store.journal.unplaced(10)) == 1


def test_two_threads_open_one_incident_for_each_trouble(
    store: SqlStore, opened: Opened, url: str, correlating: Bench, alert: Maker
) -> None:
    other = opened(url)
    for round_number in range(10):
        store_journal(store, alert(f"r{round_number}"), alert(f"r{round_number}"))
        first, second = store.journal.unplaced(2)
        start = threading.Barrier(2)

        def apply(which: SqlStore, entry: JournalEntry, start: threading.Barrier = start) -> Applied:
            opens = Opens(f"new:{entry.seq}", "nobody works on it", "critical")
            component = entry.alert.labels["container"]
            member = Member(
                opens.incident_id, entry.alert.trouble, entry.alert, component, Link.OPENED, "new", entry.received_at
            )
            start.wait(timeout=60)
            return which.incidents.apply((Placed(entry, opens),), (member,), {}, entry.received_at)

        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(apply, (store, other), (first, second)))
        (won,) = [one for one in results if one.ids]
        (lost,) = [one for one in results if not one.ids]
        assert lost.stale == set(won.ids.values())
        late = type(correlating)(store)
        assert not late.record(late.decide()).stale
        incident = store.incidents.load(next(iter(lost.stale)))
        assert incident is not None
        assert incident.alert_count == 2
    assert store.incidents.counts() == {State.RECEIVED: 10}


def test_two_incidents_that_prove_to_be_one_are_merged(
    store: SqlStore, alert: Maker, correlating: Bench, now: datetime
) -> None:
    graph = Graph([Edge("api", "db"), Edge("shop", "db")])
    correlating.board.survey(graph)
    correlating.run(alert("a", component="api"), alert("b", component="shop"))
    assert set(correlating.board.ids()) == {"INC-1", "INC-2"}
    correlating.run(alert("c", component="db", name="DatabaseDown"), at=now + timedelta(minutes=1))
    survivor, lost = store.incidents.load("INC-1"), store.incidents.load("INC-2")
    assert survivor is not None
    assert lost is not None
    assert (lost.state, lost.merged_into, lost.closed_at) == (State.MERGED, "INC-1", now + timedelta(minutes=1))
    assert (survivor.member_count, survivor.alert_count, survivor.component) == (3, 3, "db")
    assert len(store.incidents.members("INC-1")) == 3
    assert store.incidents.members("INC-2") == []
    assert Moment.MERGED in _moments(store, "INC-1")
    assert _moments(store, "INC-2")[-1] is Moment.MERGED
    assert Moment.ROOT_MOVED in _moments(store, "INC-1")
    assert _same(store, correlating.board)


def test_what_is_opened_and_absorbed_in_one_batch_is_never_written(
    store: SqlStore, alert: Maker, correlating: Bench
) -> None:
    correlating.board.survey(Graph([Edge("api", "db"), Edge("shop", "db")]))
    api, shop = alert("a", component="api"), alert("b", component="shop")
    applied = correlating.run(api, shop, alert("c", component="db", name="DatabaseDown"), shop)
    assert set(applied.ids.values()) == {"INC-1"}
    assert store.incidents.counts() == {State.RECEIVED: 1}
    assert {entry["incident"] for entry in store.journal.alerts()} == {"INC-1"}
    incident = store.incidents.load("INC-1")
    assert incident is not None
    assert (incident.member_count, incident.alert_count) == (3, 4)
    assert _same(store, correlating.board)


def test_a_return_on_probation_reopens_and_holds_its_trouble_again(
    store: SqlStore, alert: Maker, correlating: Bench, now: datetime
) -> None:
    correlating.run(alert("a"))
    closed = _end(store, "INC-1", now)
    assert (closed.edition, store.incidents.board()) == (2, [])
    correlating.board.drop("INC-1")
    later = now + timedelta(minutes=2)
    correlating.run(alert("a", minute=1), at=later)
    again = store.incidents.load("INC-1")
    assert again is not None
    assert (again.state, again.run, again.edition, again.closed_at) == (State.RECEIVED, 2, 2, None)
    assert [incident.id for incident, held in store.incidents.board() if held] == ["INC-1"]
    assert _moments(store, "INC-1")[-1] is Moment.REOPENED


def test_a_reopening_of_what_was_opened_again_meanwhile_is_stale(
    store: SqlStore, alert: Maker, correlating: Bench, now: datetime
) -> None:
    correlating.run(alert("a"))
    _end(store, "INC-1", now)
    correlating.board.drop("INC-1")
    store_journal(store, alert("a", minute=1))
    placed = correlating.decide(now + timedelta(minutes=2))
    assert isinstance(placed[0].placement, Reopens)
    store.incidents.reopen("INC-1", Event("INC-1", "by-hand", now, Moment.REOPENED, Crew.PERSON, "not over"))
    assert correlating.record(placed).stale == {"INC-1"}


def test_a_clear_that_ends_an_incident_lets_its_troubles_go(
    store: SqlStore, alert: Maker, correlating: Bench, now: datetime
) -> None:
    correlating.run(alert("a"))
    _end(store, "INC-1", now, State.NEEDS_HUMAN)
    fresh = type(correlating)(store)
    fresh.run(alert("a", firing=False), at=now + timedelta(minutes=1))
    incident = store.incidents.load("INC-1")
    assert incident is not None
    assert incident.state is State.SELF_CLEARED
    (member,) = store.incidents.members("INC-1")
    assert (member.firing, member.count) == (False, 2)
    assert _moments(store, "INC-1")[-2:] == [Moment.CLEARED, Moment.CLOSED]
    assert store.incidents.board() == []


def test_what_is_known_of_a_trouble_is_recalled(
    store: SqlStore, alert: Maker, correlating: Bench, now: datetime
) -> None:
    correlating.run(alert("a"))
    trouble = alert("a").trouble
    _end(store, "INC-1", now)
    past = store.incidents.recall([trouble, "alertmanager:never"])
    assert set(past) == {trouble}
    assert past[trouble].episode == Episode(trouble, now, AlertStatus.FIRING, None, 1.0, now)
    assert past[trouble].last_closed == store.incidents.load("INC-1")
    assert store.incidents.recall([]) == {}


def test_a_merged_incident_is_none_that_a_trouble_returns_to(
    store: SqlStore, alert: Maker, correlating: Bench, now: datetime
) -> None:
    correlating.run(alert("a"))
    _end(store, "INC-1", now, State.MERGED)
    assert store.incidents.recall([alert("a").trouble])[alert("a").trouble].last_closed is None


def test_flapping_is_said_once_when_it_begins(store: SqlStore, alert: Maker, correlating: Bench, now: datetime) -> None:
    correlating.run(alert("a"))
    for minute in (1, 2):
        (entry,) = _journaled(store, alert("a", minute=minute))
        flapping = Joins("INC-1", "it flaps", Link.SAME_TROUBLE, flapping=True)
        store.incidents.apply((Placed(entry, flapping),), (), {"INC-1": 1}, now + timedelta(minutes=minute))
    incident = store.incidents.load("INC-1")
    assert incident is not None
    assert incident.flapping
    assert _moments(store, "INC-1").count(Moment.FLAPPING) == 1


def _journaled(store: SqlStore, *alerts: Alert) -> Sequence[JournalEntry]:
    store_journal(store, *alerts)
    return store.journal.unplaced(len(alerts))


def test_a_token_that_is_not_valid_any_more_writes_nothing(
    store: SqlStore, alert: Maker, correlating: Bench, now: datetime
) -> None:
    store_journal(store, alert("a"))
    token = store.leases.take("placing", "one", 60)
    store.leases.release("placing", "one")
    newer = store.leases.take("placing", "two", 60)
    placed = correlating.decide()
    for stale_token in (token, newer + 1):
        with pytest.raises(Fenced):
            correlating.record(placed, token=stale_token)
    assert store.incidents.counts() == {}
    assert len(store.journal.unplaced(10)) == 1
    assert correlating.record(placed, now, token=newer).ids


def test_long_and_strange_fingerprints_stay_apart_and_are_found_again(
    store: SqlStore, alert: Maker, correlating: Bench
) -> None:
    names = ["\U0001f4a5" * 5000 + end for end in "ab"] + ["nul\x00"]
    correlating.run(*(alert(name, component=f"c{n}") for n, name in enumerate(names)))
    fresh = type(correlating)(store)
    fresh.run(*(alert(name, component=f"c{n}") for n, name in enumerate(names)))
    assert store.incidents.counts() == {State.RECEIVED: 3}
    assert [incident.alert_count for incident, _ in store.incidents.board()] == [2, 2, 2]


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_20000_repeats_grow_no_table_but_the_journal(
    store: SqlStore, alert: Maker, correlating: Bench, tmp_path: Path
) -> None:
    for _ in range(10):
        correlating.run(*(alert("a") for _ in range(2000)))
    with store._database.reading() as connection:
        tables = ("bodies", "members", "episodes", "incidents", "events")
        sizes = [connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in tables]  # noqa: S608 - five names
    assert sizes == [1, 1, 1, 1, 1 + REPEATED_EVENTS_MAX]


def _stream(alert: Maker, seed: int) -> Iterator[tuple[Alert, ...]]:
    """Batches in which few parts come and go, late, twice and in the wrong order too."""
    chance = random.Random(seed)  # noqa: S311 - the same stream for each run, nothing secret
    for minute in range(25):
        told = []
        for _ in range(chance.randint(1, 6)):
            name, part = chance.choice("abcdef"), chance.choice(["", "web", "web", "api"])
            begun = max(0, minute - chance.choice([0, 0, 0, 1, 4]))
            one = alert(name + part, firing=chance.random() < 0.5, minute=begun, component=part, name=f"Rule-{name}")
            told.append(one)
        yield tuple(told)


@pytest.mark.parametrize("seed", range(6))
def test_what_has_cleared_may_leave_the_board_and_every_alert_still_goes_where_it_went(
    correlating: Bench, forgetful: Bench, alert: Maker, now: datetime, seed: int
) -> None:
    for minute, told in enumerate(_stream(alert, seed)):
        at = now + timedelta(minutes=minute, seconds=40)
        one, other = correlating.run(*told, at=at), forgetful.run(*told, at=at)
        assert not other.stale
        assert one == other
        if minute % 7 == 6:
            for bench in (correlating, forgetful):
                for incident, _ in bench.store.incidents.board()[:1]:
                    ended = _end(bench.store, incident.id, at)
                    bench.board.settled({}, {ended.id: ended})
    rows = [[dict(row) for row in bench.store.journal.alerts(limit=500)] for bench in (correlating, forgetful)]
    assert rows[0] == rows[1]
    assert {row["placement"] for row in rows[0]} >= {"opens", "joins", "clears", "suppresses"}
    assert forgetful.store.incidents.board() == correlating.store.incidents.board()
