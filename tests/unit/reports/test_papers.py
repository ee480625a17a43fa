"""The papers of an incident: whose events, which facts, which names, and how a time is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.topology import Edge
from lamplighter.reports.findings import findings_of
from lamplighter.reports.papers import Papers, brought, run_of
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, incident


def event(key: str, moment: Moment, seq: int = 1) -> Event:
    return Event("INC-9", key, NOON, moment, Crew.ANALYST, "text", {}, seq)


def test_events_are_those_of_the_newest_response() -> None:
    events = (event("1:diagnosed", Moment.DIAGNOSED, 1), event("2:diagnosed", Moment.DIAGNOSED, 2))
    papers = Papers(incident(run=2), NOON, events=events)
    assert [one.seq for one in papers.told(Moment.DIAGNOSED)] == [2]
    assert [one.seq for one in papers.told(Moment.DIAGNOSED, run=1)] == [1]
    assert papers.last(Moment.ASKED) is None


def test_a_key_without_a_number_belongs_to_the_first_response() -> None:
    assert [run_of(event(key, Moment.STATE)) for key in ("3:x", "comment:1", "k1", "")] == [3, 1, 1, 1]


def test_what_the_monitoring_began_or_ended_belongs_to_the_response_that_it_names() -> None:
    for key, moment in (("placed:7", Moment.REOPENED), ("closed:7", Moment.CLOSED), ("root:7", Moment.ROOT_MOVED)):
        assert run_of(replace(event(key, moment), data={"run": 2})) == 2
    assert run_of(replace(event("placed:7", Moment.OPENED), data={"run": "2"})) == 1


def test_a_response_that_ends_with_a_person_is_told_by_its_state_and_not_as_closed() -> None:
    ended = replace(event("1:closed", Moment.CLOSED), data={"state": "needs_human"})
    assert brought(ended) == "needs_human"
    assert brought(replace(ended, data={"state": "resolved"})) == ""
    assert brought(replace(ended, moment=Moment.STATE, data={"state": "analysing"})) == "analysing"


def test_facts_are_had_by_their_ids_and_names_begin_with_the_own() -> None:
    papers = Papers(incident(), NOON, findings_of(incident(), diagnosis()), edges=(Edge("phone", "shop"),))
    assert [fact.id for fact in papers.facts(("f3", "f99", "f1"))] == ["f3", "f1"]
    assert papers.names == ("shop", "nas", "phone")


def test_a_time_is_told_in_the_zone_of_the_site_and_with_its_day_where_it_is_not_today() -> None:
    papers = Papers(incident(), NOON, zone=ZoneInfo("Europe/Berlin"))
    assert papers.clock(NOON) == "13:00:00"
    assert papers.clock(NOON - timedelta(days=3)) == "2026-01-02 13:00:00"
