"""A store of the release before: it opens, keeps its incidents, and they are placed into as before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from lamplighter.domain.alert import Alert, AlertStatus, Delivery
from lamplighter.domain.incident import State
from lamplighter.domain.member import Link
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Wanted
from lamplighter.store import SqlStore, schema, tables
from lamplighter.store.engine import Database, parsed
from lamplighter.store.sqlite_file import prepare_file
from lamplighter.store.values import packed

Maker = Callable[..., Alert]

INCIDENT = """
INSERT INTO incidents (number, open_key, trouble, title, state, severity, alert, opened_at, updated_at, run, component,
    alert_count, signal_cleared_at, closed_at, resolution, resolved_by)
VALUES (:number, :open_key, :trouble, 'web is down', :state, 'critical', :alert, :at, :at, 1, 'web', 7, :cleared,
    :closed, '', '')
"""

OTHERS = (
    "INSERT INTO events VALUES (1, 1, 'placed:1', :at, 'opened', 'Monitor', 'new', '{}')",
    "INSERT INTO deliveries (source, received_at, alert_count, bad_count, truncated_count) VALUES ('am', :at, 1, 1, 3)",
    "INSERT INTO bodies VALUES ('d', :payload)",
    "INSERT INTO journal VALUES (1, 1, 'am', 'f9', 'alertmanager:f9', :at, 'd', NULL, NULL, NULL, NULL)",
    "INSERT INTO dead_letters (delivery_id, received_at, source, reason, payload) VALUES (1, :at, 'am', 'bad', '{}')",
    "INSERT INTO episodes VALUES ('alertmanager:f1', :at, 'firing', NULL)",
)


def _rows(alert: Maker, at: str) -> list[dict[str, Any]]:
    """One open, one cleared but open, one resolved."""
    state = {1: "received", 2: "verifying", 3: "resolved"}
    return [
        {
            "number": number,
            "open_key": None if number == 3 else f"alertmanager:f{number}",
            "trouble": f"alertmanager:f{number}",
            "state": state[number],
            "alert": packed(alert(f"f{number}", component="web")),
            "at": at,
            "cleared": at if number == 2 else None,
            "closed": at if number == 3 else None,
        }
        for number in (1, 2, 3)
    ]


@pytest.fixture
def old_url(empty_url: str, alert: Maker) -> str:
    database = Database(parsed(empty_url))
    if database.path is not None:
        prepare_file(database.path)
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.set_main_option("path_separator", "os")
    at = "2026-03-04 05:06:07.890123"
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for row in _rows(alert, at):
            connection.execute(text(INCIDENT), row)
        payload = packed(alert("f9", component="db"))
        for statement in OTHERS:
            connection.execute(text(statement), {"at": at, "payload": payload})
        if not database.is_sqlite:
            for sequence in ("incidents_number_seq", "journal_seq_seq", "events_seq_seq"):
                connection.execute(text(f"SELECT setval('{sequence}', 3)"))
    database.close()
    return empty_url


def test_a_store_of_the_release_before_opens_and_keeps_its_incidents(
    old_url: str, opened: Callable[..., SqlStore], alert: Maker, now: datetime
) -> None:
    store = opened(old_url)
    with store._database.reading() as connection:
        context = MigrationContext.configure(connection)
        assert context.get_current_revision() == schema.HEAD
        assert compare_metadata(context, tables.metadata) == []
    first, second, third = reversed(store.incidents.listed())
    assert (first.id, first.state, first.title, first.component) == ("INC-1", State.RECEIVED, "web is down", "web")
    assert (first.alert, first.alert_count, first.member_count, first.edition) == (
        alert("f1", component="web"),
        7,
        1,
        1,
    )
    assert (second.signal_cleared_at, third.closed_at) == (now, now)
    board = {incident.id: held for incident, held in store.incidents.board()}
    assert set(board) == {"INC-1", "INC-2"}
    (member,) = board["INC-1"]
    assert (member.trouble, member.link, member.count, member.firing) == ("alertmanager:f1", Link.OPENED, 7, True)
    assert board["INC-2"][0].alert.status is AlertStatus.RESOLVED
    assert [event.text for event in store.incidents.timeline("INC-1")] == ["new"]
    assert [one.id for one in store.incidents.listed(Wanted(text="webdown"))] == ["INC-3", "INC-2", "INC-1"]
    past = store.incidents.recall(["alertmanager:f3", "alertmanager:f1"])
    assert past["alertmanager:f3"].last_closed == third
    assert past["alertmanager:f1"].episode is not None
    assert len(store.journal.dead_letters(10)) == 1
    (entry,) = store.journal.unplaced(10)
    assert (entry.alert.fingerprint, entry.extra) == ("f9", {"truncated": "3"})


def test_a_store_of_the_release_before_is_written_to_as_a_new_one(
    old_url: str, opened: Callable[..., SqlStore], alert: Maker, now: datetime
) -> None:
    store = opened(old_url)
    assert asyncio.run(store.journal.append(Delivery((alert("f1", component="web"),)), "am", now)) > 1
    end = Event("INC-3", "again", now + timedelta(minutes=1), Moment.REOPENED, Crew.PERSON, "not over")
    assert store.incidents.reopen("INC-3", end).run == 2
    assert len(store.incidents.board()) == 3
    with store._database.reading() as connection:
        if store._database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
