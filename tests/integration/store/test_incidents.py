"""Placement: one trouble, one incident, whoever is faster, however often it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.alert import Alert, JournalEntry
from lamplighter.domain.incident import BadMove, Incident, State
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Wanted
from lamplighter.store import SqlStore

Journaled = Callable[[Alert], JournalEntry]
Placed = Callable[..., Incident | None]
Maker = Callable[..., Alert]


def _event(incident: Incident, key: str, at: datetime, moment: Moment = Moment.STATE) -> Event:
    return Event(incident.id, key, at, moment, Crew.HEALER, "as told", {"n": 1})


def _moved(store: SqlStore, incident: Incident, at: datetime, *states: State) -> Incident:
    for state in states:
        key = f"{incident.run}:{state}"
        incident = store.incidents.move(incident.id, state, _event(incident, key, at), resolution="done", by="ann")
    return incident


def test_a_first_alert_opens_an_incident(store: SqlStore, placed: Placed, alert: Maker, now: datetime) -> None:
    incident = placed(alert())
    assert incident is not None
    assert (incident.id, incident.state, incident.title) == ("INC-1", State.RECEIVED, "web is down")
    assert incident.opened_at == now
    assert incident.alert == alert()
    assert store.incidents.load("INC-1") == incident
    (event,) = store.incidents.timeline("INC-1")
    assert (event.moment, event.crew, event.key) == (Moment.OPENED, Crew.MONITOR, "placed:1")
    assert event.data["labels"] == alert().labels
    assert store.journal.unplaced(10) == []


def test_the_same_trouble_joins(store: SqlStore, placed: Placed, alert: Maker) -> None:
    placed(alert())
    joined = placed(alert())
    assert joined is not None
    assert (joined.id, joined.alert_count) == ("INC-1", 2)
    assert [event.moment for event in store.incidents.timeline("INC-1")] == [Moment.OPENED, Moment.JOINED]


def test_a_return_on_probation_reopens(store: SqlStore, placed: Placed, alert: Maker, now: datetime) -> None:
    incident = placed(alert())
    assert incident is not None
    closed = _moved(store, incident, now, State.RESOLVED)
    assert (closed.closed_at, closed.resolution, closed.resolved_by) == (now, "done", "ann")
    again = placed(alert(minute=1), now + timedelta(minutes=2))
    assert again is not None
    assert (again.id, again.state, again.run, again.closed_at) == (incident.id, State.RECEIVED, 2, None)
    assert again.alert.starts_at == now + timedelta(minutes=1)
    assert again.workflow_id == "INC-1.2"
    assert store.incidents.timeline("INC-1")[-1].moment is Moment.REOPENED


def test_a_return_after_probation_opens_anew(store: SqlStore, placed: Placed, alert: Maker, now: datetime) -> None:
    incident = placed(alert())
    assert incident is not None
    _moved(store, incident, now, State.RESOLVED)
    later = placed(alert(minute=20), now + timedelta(minutes=20))
    assert later is not None
    assert later.id == "INC-2"


def test_a_clear_while_the_response_is_under_way_only_marks_it(
    store: SqlStore, placed: Placed, alert: Maker, now: datetime
) -> None:
    placed(alert())
    cleared = placed(alert(firing=False), now + timedelta(seconds=40))
    assert cleared is not None
    assert (cleared.state, cleared.signal_cleared_at) == (State.RECEIVED, now + timedelta(seconds=40))
    firing = placed(alert(minute=1), now + timedelta(minutes=1))
    assert firing is not None
    assert firing.signal_cleared_at is None


def test_a_clear_ends_an_incident_that_waits(store: SqlStore, placed: Placed, alert: Maker, now: datetime) -> None:
    incident = placed(alert())
    assert incident is not None
    _moved(store, incident, now, State.ANALYSING, State.NEEDS_HUMAN)
    ended = placed(alert(firing=False), now + timedelta(minutes=1))
    assert ended is not None
    assert (ended.state, ended.closed_at) == (State.SELF_CLEARED, now + timedelta(minutes=1))
    assert "cleared by itself" in ended.resolution
    moments = [event.moment for event in store.incidents.timeline(incident.id)]
    assert moments[-2:] == [Moment.CLEARED, Moment.CLOSED]
    assert store.incidents.board() == []


def test_a_resolved_message_for_nothing_is_suppressed_and_its_late_firing_too(
    store: SqlStore, placed: Placed, alert: Maker
) -> None:
    assert placed(alert(firing=False)) is None
    assert placed(alert()) is None
    assert store.incidents.counts() == {}
    assert store.journal.unplaced(10) == []


def test_a_forbidden_move_changes_nothing(store: SqlStore, placed: Placed, alert: Maker, now: datetime) -> None:
    incident = placed(alert())
    assert incident is not None
    with pytest.raises(BadMove, match="cannot go from received to executing"):
        _moved(store, incident, now, State.EXECUTING)
    assert store.incidents.load(incident.id) == incident
    assert len(store.incidents.timeline(incident.id)) == 1


def test_a_move_is_made_once_for_each_key(store: SqlStore, placed: Placed, alert: Maker, now: datetime) -> None:
    incident = placed(alert())
    assert incident is not None
    event = _event(incident, "k", now)
    store.incidents.move(incident.id, State.ANALYSING, event)
    store.incidents.move(incident.id, State.NEEDS_HUMAN, replace(event, key="k2"))
    again = store.incidents.move(incident.id, State.ANALYSING, event)
    assert again.state is State.NEEDS_HUMAN
    assert len(store.incidents.timeline(incident.id)) == 3


def test_a_merged_incident_lets_its_trouble_open_anew(
    store: SqlStore, placed: Placed, alert: Maker, now: datetime
) -> None:
    incident = placed(alert())
    assert incident is not None
    _moved(store, incident, now, State.MERGED)
    fresh = placed(alert(minute=1), now + timedelta(minutes=2))
    assert fresh is not None
    assert fresh.id == "INC-2"


def test_an_event_is_written_once_and_only_for_an_incident(
    store: SqlStore, placed: Placed, alert: Maker, now: datetime
) -> None:
    incident = placed(alert())
    assert incident is not None
    event = Event(
        incident.id, "g", now, Moment.GATHERED, Crew.ANALYST, "NUL \x00 and \ud800", {"x": [float("nan"), 2**80]}
    )
    store.incidents.record(event)
    store.incidents.record(replace(event, text="second"))
    kept = store.incidents.timeline(incident.id)[-1]
    assert (kept.text, kept.data) == ("NUL \ufffd and \ufffd", {"x": ["nan", str(2**80)]})
    for unknown in ("INC-99", "INC-01", "INC-1'--", "x", "INC-" + "9" * 40):
        with pytest.raises(LookupError):
            store.incidents.record(replace(event, incident_id=unknown, key="u"))
        assert store.incidents.load(unknown) is None


def test_incidents_are_listed_newest_first_in_pages(
    store: SqlStore, placed: Placed, alert: Maker, now: datetime
) -> None:
    for number in range(5):
        placed(alert(f"p{number}"))
    first = store.incidents.listed(limit=2)
    assert [incident.id for incident in first] == ["INC-5", "INC-4"]
    assert [incident.id for incident in store.incidents.listed(limit=2, before="INC-4")] == ["INC-3", "INC-2"]
    _moved(store, first[0], now, State.RESOLVED)
    assert [incident.id for incident in store.incidents.listed(Wanted(states=(State.RESOLVED,)))] == ["INC-5"]
    assert store.incidents.counts() == {State.RECEIVED: 4, State.RESOLVED: 1}
    with pytest.raises(LookupError):
        store.incidents.listed(before="tampered")


def test_a_component_is_named(store: SqlStore, placed: Placed, alert: Maker) -> None:
    placed(alert())
    store.incidents.set_component("INC-1", "web")
    incident = store.incidents.load("INC-1")
    assert incident is not None
    assert incident.component == "web"
    with pytest.raises(LookupError):
        store.incidents.set_component("INC-7", "web")


def test_a_fingerprint_of_any_length_is_placed(placed: Placed, alert: Maker) -> None:
    first = placed(alert("\U0001f4a5" * 5000 + "a"))
    other = placed(alert("\U0001f4a5" * 5000 + "b"))
    again = placed(alert("\U0001f4a5" * 5000 + "a"))
    assert first is not None
    assert other is not None
    assert again is not None
    assert (first.id, other.id, again.id) == ("INC-1", "INC-2", "INC-1")
