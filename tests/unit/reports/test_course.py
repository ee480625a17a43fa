"""The stages of a response and the ways between them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.course import course_of, is_policy_yes, legs_of
from lamplighter.testing import NOON
from tests.unit.reports.conftest import papers, story


def test_the_stages_are_told_in_their_order() -> None:
    names = [one.name for one in course_of(papers(), 1)]
    stages = ["the alert began", "received", "diagnosed", "asked", "approved", "acted", "verified", "closed"]
    assert names == stages


def test_a_refusal_is_no_approval() -> None:
    no = Event("INC-9", "1:answered", NOON + timedelta(minutes=1), Moment.ANSWERED, Crew.PERSON, "no", {}, 20)
    names = [one.name for one in course_of(papers(events=(*story()[:9], no)), 1)]
    assert names[-1] == "answered"


def test_the_last_action_and_the_last_look_count() -> None:
    later = replace(story()[12], key="1:acted:2", at=NOON + timedelta(hours=1), seq=30)
    course = course_of(papers(events=(*story(), later)), 1)
    assert next(one.cites for one in course if one.name == "acted") == ("t30",)


def test_a_further_response_begins_with_its_own_first_event() -> None:
    again = Event("INC-9", "2:analysing", NOON + timedelta(hours=2), Moment.STATE, Crew.ANALYST, "", {}, 40)
    found = course_of(papers(events=(*story(), again)), 2)
    assert [(one.name, one.at) for one in found] == [("received", again.at)]


def test_a_response_that_hands_it_to_people_closes_nothing() -> None:
    ended = replace(story()[14], data={"state": "needs_human"})
    names = [one.name for one in course_of(papers(events=(*story()[:14], ended)), 1)]
    assert names[-1] == "handed to people"


def test_the_end_of_a_later_response_is_not_that_of_the_first() -> None:
    back = Event("INC-9", "placed:8", NOON + timedelta(hours=2), Moment.REOPENED, Crew.MONITOR, "", {"run": 2}, 40)
    over = Event("INC-9", "closed:9", NOON + timedelta(hours=3), Moment.CLOSED, Crew.MONITOR, "", {"run": 2}, 41)
    whole = papers(events=(*story(), back, over))
    assert course_of(whole, 1)[-1].cites == ("t15",)
    assert [one.cites for one in course_of(whole, 2)] == [("t40",), ("t41",)]


def test_the_ways_between_take_what_they_took() -> None:
    legs = legs_of(course_of(papers(), 1))
    assert [(leg.name, leg.seconds) for leg in legs[:2]] == [
        ("the alert began → received", 40.0),
        ("received → diagnosed", 4.0),
    ]


def test_policy_says_yes_by_a_state_and_a_person_by_an_answer() -> None:
    yes = Event("INC-9", "1:approved", NOON, Moment.STATE, Crew.COUNCIL, "", {"state": "approved"})
    assert is_policy_yes(yes)
    assert not is_policy_yes(replace(yes, moment=Moment.ANSWERED))
