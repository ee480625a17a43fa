"""Retention: what is old goes, what is open stays with all that is its own, and what is shown keeps its text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lamplighter.domain.alert import Alert, BadAlert, Delivery
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.incident import State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.silence import Matcher, Op, Silence
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Keeping
from lamplighter.store import SqlStore
from lamplighter.store.retention import ALERTS_IN_FLIGHT

Maker = Callable[..., Alert]
Bench = Any  # conftest's Correlating, which importlib mode does not let tests import
DAY = 86_400.0
SHORT = Keeping(journal_seconds=DAY, incident_seconds=DAY)
ROUNDS_MAX = 200


def _prune(store: SqlStore, keeping: Keeping, now: datetime) -> int:
    """Until nothing is left to do."""
    removed = 0
    for _ in range(ROUNDS_MAX):
        once = store.retention.prune(keeping, now)
        removed += once
        if not once:
            return removed
    raise AssertionError("it never ends")


def _count(store: SqlStore, table: str) -> int:
    with store._database.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())  # noqa: S608 - our own tables


def _end(store: SqlStore, incident_id: str, at: datetime) -> None:
    event = Event(incident_id, "end", at, Moment.CLOSED, Crew.HEALER, "over")
    store.incidents.move(incident_id, State.RESOLVED, event)


def test_old_journal_rows_go_and_what_waits_stays(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    correlating.run(alert("a"), alert("b"))
    asyncio.run(store.journal.append(Delivery((alert("waits"),)), "am", now))
    assert store.retention.prune(SHORT, now) == 0
    assert _prune(store, SHORT, now + timedelta(days=2)) >= 2
    assert [entry.alert.fingerprint for entry in store.journal.unplaced(10)] == ["waits"]
    assert len(store.journal.alerts()) == 1
    assert [incident.alert.fingerprint for incident, _ in store.incidents.board()] == ["a", "b"]


def test_the_journal_is_bounded_in_rows(store: SqlStore, correlating: Bench, alert: Maker, now: datetime) -> None:
    correlating.run(*(alert("a") for _ in range(300)))
    keeping = Keeping(journal_rows_max=100)
    assert store.retention.prune(keeping, now, rows_max=50) == 50
    _prune(store, keeping, now)
    assert _count(store, "journal") == 100


def test_a_body_is_kept_while_anything_shows_it(
    store: SqlStore, url: str, correlating: Bench, alert: Maker, now: datetime
) -> None:
    keeping = Keeping(journal_rows_max=10)
    correlating.run(alert("shown"))
    rounds = 13 if url.startswith("postgres") else 3
    for round_number in range(rounds):
        correlating.run(*(alert(f"x{round_number}-{n}", firing=False) for n in range(2000)))
        _prune(store, keeping, now)
    assert _count(store, "journal") == 10
    assert _count(store, "bodies") <= (1 + 2000 if rounds == 3 else 1 + ALERTS_IN_FLIGHT + 2000)
    ((incident, members),) = type(correlating)(store).store.incidents.board()
    assert incident.alert == members[0].alert == alert("shown")


def test_a_closed_incident_goes_with_all_that_is_its_own(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    correlating.run(alert("old"), alert("open"))
    _end(store, "INC-1", now)
    store.dossiers.keep_evidence("INC-1", 1, ())
    store.approvals.ask(Approval("a1", "INC-1", "h", "s", now, now, ApprovalState.EXPIRED))
    _prune(store, SHORT, now + timedelta(days=2))
    assert store.incidents.load("INC-1") is None
    assert store.incidents.timeline("INC-1") == []
    assert store.incidents.members("INC-1") == []
    assert [_count(store, name) for name in ("dossiers", "approvals", "events", "members")] == [0, 0, 1, 1]
    assert [incident.id for incident, _ in store.incidents.board()] == ["INC-2"]
    assert set(store.incidents.recall([alert("old").trouble, alert("open").trouble])) == {alert("open").trouble}


def test_an_incident_with_an_open_question_or_action_stays(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    correlating.run(alert("asked"), alert("acting"), alert("done"))
    for number in (1, 2, 3):
        _end(store, f"INC-{number}", now)
    store.approvals.ask(Approval("a1", "INC-1", "h", "s", now, now + timedelta(days=9), ApprovalState.PENDING))
    for number, name in ((2, "begun"), (3, "ended")):
        attempt = Attempt(
            name,
            f"INC-{number}",
            "h",
            "policy",
            "docker",
            "restart",
            f"t{number}",
            "web",
            {},
            AttemptState.PLANNED,
            now,
        )
        store.ledger.plan(attempt, approval_id="")
    store.ledger.start("ended", {}, now)
    store.ledger.end("ended", AttemptState.DONE, "", now)
    _prune(store, SHORT, now + timedelta(days=2))
    assert [store.incidents.load(f"INC-{number}") is None for number in (1, 2, 3)] == [False, False, True]
    assert store.ledger.load("ended") is not None
    _prune(store, SHORT, now + timedelta(days=9))
    assert store.ledger.load("ended") is None
    assert store.ledger.load("begun") is not None


def test_closed_incidents_are_bounded_in_number_oldest_first(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    correlating.run(*(alert(f"f{n}") for n in range(8)))
    for number in range(1, 8):
        _end(store, f"INC-{number}", now + timedelta(minutes=number))
    _prune(store, Keeping(incidents_max=3), now + timedelta(hours=1))
    assert [incident.id for incident in store.incidents.listed()] == ["INC-8", "INC-7", "INC-6", "INC-5"]


def test_ended_silences_and_old_dead_letters_go(store: SqlStore, now: datetime) -> None:
    matchers = (Matcher("a", Op.EQUAL, "b"),)
    ended = store.silences.put(Silence("", matchers, now, now + timedelta(hours=1), "ann", "swap"))
    coming = store.silences.put(replace(ended, id="", ends_at=now + timedelta(days=30)))
    for _ in range(3):
        asyncio.run(store.journal.append(Delivery(bad=(BadAlert("r", "p"),)), "s", now))
    _prune(store, Keeping(dead_letters_max=2), now + timedelta(days=8))
    assert store.silences.listed(now=now, ended_too=True) == [coming]
    assert len(store.journal.dead_letters(10)) == 2


def test_an_incident_number_is_never_given_twice(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    correlating.run(alert("a"))
    _end(store, "INC-1", now)
    _prune(store, SHORT, now + timedelta(days=2))
    fresh = type(correlating)(store)
    assert set(fresh.run(alert("b"), at=now + timedelta(days=2)).ids.values()) == {"INC-2"}


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_new_file_gives_its_space_back(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime, tmp_path: Path
) -> None:
    for part in range(4):
        correlating.run(*(alert(f"f{part}-{n}", firing=False, summary="x" * 500) for n in range(2000)))

    def pages() -> int:
        with store._database.reading() as connection:
            return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())

    before = pages()
    _prune(store, Keeping(journal_rows_max=10), now)
    assert pages() < before / 2
