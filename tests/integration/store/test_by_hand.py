"""What people do to incidents: reopen, merge, split, acknowledge, hold; each is done once, and placing notices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lamplighter.domain.alert import Alert
from lamplighter.domain.incident import BadMove, State
from lamplighter.domain.member import Link
from lamplighter.domain.placement import Heard
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Wanted
from lamplighter.store import SqlStore

Maker = Callable[..., Alert]
Bench = Any  # conftest's Correlating, which importlib mode does not let tests import


def _said(incident_id: str, key: str, at: datetime, moment: Moment = Moment.STATE) -> Event:
    return Event(incident_id, key, at, moment, Crew.PERSON, "ann says so", {"by": "ann"})


@pytest.fixture
def two(correlating: Bench, alert: Maker) -> Bench:
    """INC-1 with two troubles on web, INC-2 with one on db."""
    correlating.run(
        alert("a", component="web"), alert("b", component="web", name="Slow"), alert("c", component="db", name="Full")
    )
    return correlating


def test_a_closed_incident_is_opened_again_for_a_further_run(store: SqlStore, two: Bench, now: datetime) -> None:
    store.incidents.acknowledge("INC-1", "ann", _said("INC-1", "seen", now))
    store.incidents.move("INC-1", State.RESOLVED, _said("INC-1", "end", now), resolution="done", by="ann")
    again = store.incidents.reopen("INC-1", _said("INC-1", "again", now, Moment.REOPENED))
    assert (again.state, again.run, again.edition, again.closed_at) == (State.RECEIVED, 2, 3, None)
    assert (again.resolution, again.resolved_by) == ("", "")
    assert store.incidents.reopen("INC-1", _said("INC-1", "again", now)) == again
    assert again.acknowledged_by == ""
    assert {member.trouble for _, held in store.incidents.board(["INC-1"]) for member in held} == {
        "alertmanager:a",
        "alertmanager:b",
    }
    with pytest.raises(BadMove, match="open already"):
        store.incidents.reopen("INC-1", _said("INC-1", "more", now))
    with pytest.raises(LookupError):
        store.incidents.reopen("INC-9", _said("INC-9", "more", now))


def test_what_another_incident_holds_by_now_cannot_be_opened_again(
    store: SqlStore, two: Bench, alert: Maker, now: datetime
) -> None:
    store.incidents.move("INC-2", State.RESOLVED, _said("INC-2", "end", now))
    two.board.drop("INC-2")
    later = now + timedelta(minutes=30)
    two.run(alert("c", minute=30, component="db", name="Full"), at=later)
    assert store.incidents.load("INC-3") is not None
    before = store.incidents.load("INC-2")
    with pytest.raises(BadMove, match="another incident of the same trouble"):
        store.incidents.reopen("INC-2", _said("INC-2", "again", later))
    with pytest.raises(BadMove, match="another incident of the same trouble"):
        store.incidents.move("INC-2", State.RECEIVED, _said("INC-2", "again", later))
    assert store.incidents.load("INC-2") == before


def test_two_incidents_become_one(store: SqlStore, two: Bench, now: datetime) -> None:
    kept = store.incidents.merge("INC-2", "INC-1", _said("INC-2", "m", now, Moment.MERGED))
    assert (kept.id, kept.member_count, kept.alert_count, kept.edition) == ("INC-1", 3, 3, 2)
    lost = store.incidents.load("INC-2")
    assert lost is not None
    assert (lost.state, lost.merged_into, lost.edition, lost.resolved_by) == (State.MERGED, "INC-1", 2, "ann")
    moved = store.incidents.members("INC-1")[-1]
    assert (moved.alert.fingerprint, moved.link, moved.reason) == ("c", Link.BY_HAND, "ann says so")
    for name in ("INC-1", "INC-2"):
        assert store.incidents.timeline(name)[-1].moment is Moment.MERGED
    assert store.incidents.merge("INC-2", "INC-1", _said("INC-2", "m", now)) == kept
    assert [incident.id for incident in store.incidents.listed(Wanted(text="full"))] == ["INC-2", "INC-1"]


def test_what_must_not_be_merged_is_left(store: SqlStore, two: Bench, now: datetime) -> None:
    before = [store.incidents.load(name) for name in ("INC-1", "INC-2")]
    with pytest.raises(BadMove, match="into itself"):
        store.incidents.merge("INC-1", "INC-1", _said("INC-1", "m", now))
    with pytest.raises(LookupError):
        store.incidents.merge("INC-1", "INC-9", _said("INC-1", "m", now))
    for state in (State.ANALYSING, State.COUNCIL_REVIEW, State.APPROVED):
        store.incidents.move("INC-2", state, _said("INC-2", str(state), now))
    with pytest.raises(BadMove, match="something is being changed"):
        store.incidents.merge("INC-2", "INC-1", _said("INC-2", "m", now))
    store.incidents.move("INC-2", State.RESOLVED, _said("INC-2", "end", now))
    with pytest.raises(BadMove, match="only open"):
        store.incidents.merge("INC-1", "INC-2", _said("INC-1", "m", now))
    assert store.incidents.load("INC-1") == before[0]


def test_a_trouble_is_split_off_and_the_two_stay_apart(
    store: SqlStore, two: Bench, alert: Maker, now: datetime
) -> None:
    keys = ("WebDown@web", "Slow@web")
    event = _said("INC-1", "s", now, Moment.SPLIT)
    made = store.incidents.split("INC-1", "alertmanager:a", keys, event)
    assert (made.id, made.title, made.component, made.member_count) == ("INC-3", "web is down", "web", 1)
    assert store.incidents.load("INC-3") == made
    left = store.incidents.load("INC-1")
    assert left is not None
    assert (left.trouble, left.member_count, left.edition) == ("alertmanager:b", 1, 2)
    assert store.incidents.apart() == [tuple(sorted(keys))]
    assert store.incidents.split("INC-1", "alertmanager:a", keys, event) == made
    assert [member.link for member in store.incidents.members("INC-3")] == [Link.BY_HAND]
    assert store.incidents.timeline("INC-3")[0].moment is Moment.OPENED
    fresh = type(two)(store)
    fresh.run(alert("a", component="web"))
    again = store.incidents.load("INC-3")
    assert again is not None
    assert again.alert_count == 2


def test_what_cannot_be_split_is_left(store: SqlStore, two: Bench, now: datetime) -> None:
    with pytest.raises(BadMove, match="all there is"):
        store.incidents.split("INC-2", "alertmanager:c", ("x", "y"), _said("INC-2", "s", now))
    with pytest.raises(LookupError, match="no trouble"):
        store.incidents.split("INC-1", "alertmanager:c", ("x", "y"), _said("INC-1", "s", now))
    store.incidents.move("INC-1", State.RESOLVED, _said("INC-1", "end", now))
    with pytest.raises(BadMove, match="only an open"):
        store.incidents.split("INC-1", "alertmanager:a", ("x", "y"), _said("INC-1", "s", now))
    assert store.incidents.apart() == []


def test_whoever_has_it_is_noted_once(store: SqlStore, two: Bench, now: datetime) -> None:
    event = _said("INC-1", "ack", now, Moment.ACKNOWLEDGED)
    assert store.incidents.acknowledge("INC-1", "ann", event).acknowledged_by == "ann"
    assert store.incidents.acknowledge("INC-1", "bob", event).acknowledged_by == "ann"
    assert store.incidents.acknowledge("INC-1", "bob", replace(event, key="ack2")).acknowledged_by == "bob"
    with pytest.raises(LookupError):
        store.incidents.acknowledge("INC-9", "ann", event)


def test_a_response_is_held_and_released(store: SqlStore, two: Bench, now: datetime) -> None:
    store.incidents.hold("INC-1", "a storm", _said("INC-1", "held", now, Moment.HELD))
    incident = store.incidents.load("INC-1")
    assert incident is not None
    assert incident.held == "a storm"
    store.incidents.hold("INC-1", "")
    released = store.incidents.load("INC-1")
    assert released is not None
    assert released.held == ""
    assert store.incidents.timeline("INC-1")[-1].moment is Moment.HELD
    with pytest.raises(LookupError):
        store.incidents.hold("INC-9", "x")


def test_every_change_by_hand_is_seen_in_the_editions(store: SqlStore, two: Bench, now: datetime) -> None:
    assert store.incidents.editions() == {"INC-1": 1, "INC-2": 1}
    store.incidents.acknowledge("INC-1", "ann", _said("INC-1", "ack", now))
    store.incidents.hold("INC-1", "quiet")
    store.incidents.move("INC-1", State.ANALYSING, _said("INC-1", "on", now))
    assert store.incidents.editions() == {"INC-1": 1, "INC-2": 1}
    store.incidents.merge("INC-2", "INC-1", _said("INC-2", "m", now))
    assert store.incidents.editions() == {"INC-1": 2}


def test_events_of_all_incidents_are_followed(store: SqlStore, two: Bench, now: datetime) -> None:
    last = store.incidents.last_event_seq()
    assert len(store.incidents.events_after(0, 100)) == 3
    store.incidents.record(_said("INC-2", "x", now, Moment.COMMENTED))
    (event,) = store.incidents.events_after(last, 100)
    assert (event.incident_id, event.moment, event.seq) == ("INC-2", Moment.COMMENTED, last + 1)
    assert len(store.incidents.events_after(0, 2)) == 2
    assert store.incidents.events_after(last + 1, 100) == []


def test_an_incident_whose_lead_moved_during_an_action_gets_one_more_run(
    store: SqlStore, two: Bench, now: datetime
) -> None:
    with store._database.writing() as connection:
        connection.exec_driver_sql("UPDATE incidents SET again = TRUE, state = 'needs_human' WHERE number = 1")
    again = store.incidents.reopen("INC-1", _said("INC-1", "once more", now))
    assert (again.state, again.run, again.again) == (State.RECEIVED, 2, False)
    with pytest.raises(BadMove, match="open already"):
        store.incidents.reopen("INC-1", _said("INC-1", "and more", now))


def test_many_are_held_in_one_go_and_unknown_ones_are_left_out(store: SqlStore, two: Bench, now: datetime) -> None:
    held = [(name, "a storm", _said(name, "held", now, Moment.HELD)) for name in ("INC-1", "INC-9", "INC-2")]
    store.incidents.hold_all(held)
    assert [one.held for one in store.incidents.listed()] == ["a storm", "a storm"]
    assert [event.moment for event in store.incidents.timeline("INC-1")].count(Moment.HELD) == 1


def test_repeats_that_were_only_counted_are_added_to_both_counts(store: SqlStore, two: Bench, now: datetime) -> None:
    before = store.incidents.load("INC-1")
    assert before is not None
    later = now + timedelta(minutes=1)
    heard = [Heard("INC-1", "alertmanager:a", 7), Heard("INC-1", "alertmanager:b", 2), Heard("INC-9", "x", 3)]
    store.incidents.count(heard, later)
    after = store.incidents.load("INC-1")
    assert after is not None
    assert after.alert_count == before.alert_count + 9
    assert after.updated_at == later
    assert {member.trouble: member.count for member in store.incidents.members("INC-1")} == {
        "alertmanager:a": 8,
        "alertmanager:b": 3,
    }


def test_a_repeat_is_marked_placed_and_counted_once_it_is_due(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    for _ in range(20):
        correlating.run(alert("a", component="web"))
    known = store.incidents.load("INC-1")
    assert known is not None
    heard = correlating.board.heard()
    assert known.alert_count + sum(one.times for one in heard) == 20
    assert store.journal.unplaced(100) == []
    assert store.journal.outcome(20)[:2] == ("joins", "INC-1")
    store.incidents.count(heard, now)
    correlating.board.counted(heard)
    correlating.run(alert("a", component="web", summary="worse"))
    known = store.incidents.load("INC-1")
    assert known is not None
    assert known.alert_count == 21
    assert [member.count for member in store.incidents.members("INC-1")] == [21]


def test_a_split_of_two_troubles_of_one_key_is_remembered(
    store: SqlStore, correlating: Bench, alert: Maker, now: datetime
) -> None:
    correlating.run(alert("a", component="web"), alert("b", component="web"))
    made = store.incidents.split("INC-1", "alertmanager:b", ("WebDown@web",) * 2, _said("INC-1", "s", now))
    assert store.incidents.apart() == [("alertmanager:a", "alertmanager:b")]
    store.incidents.move(made.id, State.RESOLVED, _said(made.id, "end", now))
    later = now + timedelta(days=1)
    fresh = type(correlating)(store)
    fresh.run(alert("b", minute=24 * 60, component="web"), alert("c", component="web"), at=later)
    assert {member.trouble for member in store.incidents.members("INC-1")} == {"alertmanager:a", "alertmanager:c"}
