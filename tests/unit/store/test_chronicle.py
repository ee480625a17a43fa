from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lamplighter.domain.alert import Alert, AlertStatus, JournalEntry
from lamplighter.domain.course import after, opened
from lamplighter.domain.incident import Incident
from lamplighter.domain.member import Link
from lamplighter.domain.placement import Clears, Joins, Opens, Placed, Placement
from lamplighter.domain.timeline import Moment
from lamplighter.store.chronicle import (
    JOINED_EVENTS_MAX,
    REPEATED_EVENTS_MAX,
    closed_event,
    merged_events,
    placed_events,
)

NOW = datetime(2026, 3, 4, tzinfo=UTC)
ALERT = Alert("am", "f", AlertStatus.FIRING, {"alertname": "Down"}, {}, NOW)


def _placed(placement: Placement) -> Placed:
    return Placed(JournalEntry(7, NOW, ALERT, {"truncated": "3"}), placement)


@pytest.fixture
def incident() -> Incident:
    return replace(opened(_placed(Opens("new:7", "nobody", "critical", "web")), NOW), id="INC-1")


def test_an_opening_says_all_that_the_alert_said(incident: Incident) -> None:
    (event,) = placed_events(None, incident, _placed(Opens("INC-1", "nobody", "critical", "web")), NOW)
    assert (event.moment, event.key, event.text) == (Moment.OPENED, "placed:7", "nobody")
    assert event.data["labels"] == ALERT.labels
    assert (event.data["truncated"], event.data["component"]) == ("3", "web")


@pytest.mark.parametrize(
    ("alerts", "members", "link", "told"),
    [
        (REPEATED_EVENTS_MAX + 1, 1, Link.SAME_TROUBLE, 1),
        (REPEATED_EVENTS_MAX + 2, 1, Link.SAME_TROUBLE, 0),
        (9999, JOINED_EVENTS_MAX + 1, Link.SAME_RULE, 1),
        (9999, JOINED_EVENTS_MAX + 2, Link.SAME_RULE, 0),
    ],
)
def test_repeats_and_joins_are_told_up_to_their_bounds(
    incident: Incident, alerts: int, members: int, link: Link, told: int
) -> None:
    present = replace(incident, alert_count=alerts, member_count=members)
    events = list(placed_events(incident, present, _placed(Joins("INC-1", "again", link)), NOW))
    assert len(events) == told


def test_an_end_is_told_however_much_came_before(incident: Incident) -> None:
    long = replace(incident, alert_count=9999)
    over = _placed(Clears("INC-1", "it ended"))
    assert [event.moment for event in placed_events(long, after(long, over, NOW), over, NOW)] == [Moment.CLEARED]
    part = _placed(Clears("INC-1", "one of them ended", over=False))
    assert list(placed_events(long, after(long, part, NOW), part, NOW)) == []
    assert closed_event(long, over, NOW).key == "closed:7"


def test_a_root_that_moves_and_flapping_that_begins_are_told_beside(incident: Incident) -> None:
    moved = replace(incident, trouble="am:g", component="db", flapping=True)
    joins = _placed(Joins("INC-1", "web needs db", Link.DEPENDS, "db", leads=True))
    events = list(placed_events(incident, moved, joins, NOW))
    assert [event.moment for event in events] == [Moment.JOINED, Moment.ROOT_MOVED, Moment.FLAPPING]
    assert "from web to db" in events[1].text
    assert (events[1].data["from"], events[1].data["to"]) == ("web", "db")
    assert Moment.FLAPPING not in [event.moment for event in placed_events(moved, moved, joins, NOW)]


def test_a_merging_is_told_on_both(incident: Incident) -> None:
    lost = replace(incident, id="INC-2")
    joins = _placed(Joins("INC-1", "db explains both", Link.DEPENDS))
    on_lost, on_kept = merged_events(lost, incident, joins, NOW)
    assert (on_lost.incident_id, on_kept.incident_id) == ("INC-2", "INC-1")
    assert on_lost.key == on_kept.key
    assert "merged into INC-1: db explains both" in on_lost.text
