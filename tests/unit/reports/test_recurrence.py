"""What was seen before: like enough, each incident once, the newest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lamplighter.domain.incident import State
from lamplighter.reports.recurrence import SAME_CAUSE, SAME_TROUBLE, SEEN_MAX, seen_before
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, incident, lesson


def test_a_lesson_of_the_same_trouble_tells_what_was_done_and_what_came_of_it() -> None:
    (seen,) = seen_before(incident(), None, [lesson(3, NOON)], [])
    assert (seen.incident_id, seen.at, seen.like) == ("INC-3", NOON, SAME_TROUBLE)
    assert (seen.done, seen.outcome, seen.seconds) == (("restart shop",), "resolved", 61.0)


def test_the_same_component_and_fault_is_like_it_too() -> None:
    lessons = [
        lesson(3, trouble="other"),
        lesson(4, trouble="other", component="nas"),
        lesson(5, trouble="x", fault="y"),
    ]
    assert [(one.incident_id, one.like) for one in seen_before(incident(), diagnosis(), lessons, [])] == [
        ("INC-3", SAME_CAUSE)
    ]
    assert seen_before(incident(), None, lessons, []) == ()


def test_the_incident_itself_was_not_seen_before() -> None:
    assert seen_before(incident(9), diagnosis(), [lesson(9)], [incident(9, State.RESOLVED)]) == ()


def test_an_incident_that_taught_twice_is_told_once_by_its_last_lesson() -> None:
    lessons = [lesson(3, NOON, outcome="failed"), lesson(3, NOON + timedelta(minutes=1), outcome="resolved")]
    assert [one.outcome for one in seen_before(incident(), None, lessons, [])] == ["resolved"]


def test_what_a_person_resolved_is_told_by_its_resolution() -> None:
    by_hand = incident(2, State.RESOLVED, NOON, closed_at=NOON + timedelta(minutes=5), resolution="a new disk")
    alone = incident(3, State.SELF_CLEARED, NOON - timedelta(days=1), closed_at=NOON - timedelta(hours=23))
    told = seen_before(incident(), None, [], [by_hand, alone])
    assert [(one.incident_id, one.done, one.outcome, one.seconds) for one in told] == [
        ("INC-2", ("a new disk",), "resolved", 300.0),
        ("INC-3", (), "self_cleared", 3600.0),
    ]


def test_open_incidents_and_other_troubles_are_left_out() -> None:
    assert seen_before(incident(), None, [], [incident(2), replace(incident(3, State.RESOLVED), trouble="x")]) == ()


def test_a_lesson_says_more_than_the_incident_that_taught_it() -> None:
    (one,) = seen_before(incident(), None, [lesson(3)], [incident(3, State.RESOLVED)])
    assert one.done == ("restart shop",)


def test_only_the_newest_are_told() -> None:
    lessons = [lesson(number + 10, NOON + timedelta(minutes=number)) for number in range(30)]
    told = seen_before(incident(), None, lessons, [])
    assert len(told) == SEEN_MAX
    assert told[0].incident_id == "INC-39"
