"""The memory of recent alerts: bounded, and never trusted for an object that it does not hold."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from lamplighter.domain.alert import Alert, Delivery
from lamplighter.store import SqlStore
from lamplighter.store.bodies import digest_of
from lamplighter.store.recent import RecentAlerts

Maker = Callable[..., Alert]


def test_one_object_stands_for_each_body_and_the_oldest_is_forgotten(
    store: SqlStore, alert: Maker, now: datetime
) -> None:
    alerts = [alert(f"f{n}") for n in range(4)]
    asyncio.run(store.journal.append(Delivery((*alerts, alerts[0])), "am", now))
    entries = store.journal.unplaced(10)
    assert entries[0].alert is entries[4].alert
    recent = RecentAlerts(alerts_max=2)
    with store._database.reading() as connection:
        first = recent.read(connection, [digest_of(one) for one in alerts])
        assert len(recent) == 2
        again = recent.read(connection, [digest_of(alerts[3]), "no such body"])
    assert [first[digest_of(one)] for one in alerts] == alerts
    assert again == {digest_of(alerts[3]): first[digest_of(alerts[3])]}
    assert again[digest_of(alerts[3])] is first[digest_of(alerts[3])]


def test_an_alert_that_is_not_known_gets_its_body_written(store: SqlStore, alert: Maker) -> None:
    recent = RecentAlerts()
    one = alert("new")
    same = replace(one)
    with store._database.writing() as connection:
        digests = recent.digests_of(connection, [one, same, one])
        assert set(digests.values()) == {digest_of(one)}
        assert recent.read(connection, digests.values()) == {digest_of(one): one}
        kept = recent.read(connection, digests.values())[digest_of(one)]
        assert recent.digests_of(connection, [kept]) == {id(kept): digest_of(one)}
