"""The page of an incident: its way, its neighbours, and blocks in which what others say stays text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.access import Role
from lamplighter.domain.incident import State
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.topology import Edge
from lamplighter.reports.answers import reply_to
from lamplighter.reports.reply import Claim
from lamplighter.testing import NOON, firing
from lamplighter.web.console.hub import Key
from lamplighter.web.console.incident import PANES, IncidentView, neighbourhood, stages_of
from lamplighter.web.console.making import Maker
from lamplighter.web.problems import Problem
from tests.unit.reports.conftest import diagnosis, papers
from tests.unit.web.console.conftest import SCRIPT, Room, person


def moved(state: str) -> Event:
    return Event("INC-1", f"1:{state}", NOON, Moment.STATE, Crew.HEALER, "", {"state": state})


def test_the_way_tells_what_was_passed_and_what_was_not_needed(room: Room) -> None:
    incident = room.incidents.open(1, state=State.RESOLVED)
    said = [moved(state) for state in ("analysing", "council_review", "approved", "executing", "verifying", "resolved")]
    found = {stage.name: stage.standing for stage in stages_of(incident, said)}
    assert found["awaiting_approval"] == "skipped"
    assert found["executing"] == "done"
    assert found["resolved"] == "now"


def test_an_end_that_is_not_the_good_one_stands_at_the_end_of_the_way(room: Room) -> None:
    stages = stages_of(room.incidents.open(1, state=State.NEEDS_HUMAN), [])
    assert (stages[-1].name, stages[-1].standing) == ("needs_human", "now")
    assert [stage.standing for stage in stages_of(room.incidents.open(2, state=State.SCALING), [])].count("next") == 2


def test_neighbours_are_what_it_needs_and_what_needs_it() -> None:
    edges = [Edge("jellyfin", "nas"), Edge("jellyfin", "dns"), Edge("phone", "jellyfin"), Edge("a", "b")]
    near = neighbourhood(edges, "jellyfin")
    assert (near.needs, near.needed_by) == (("dns", "nas"), ("phone",))


def test_every_block_is_there_and_what_alerts_say_stays_text(room: Room, maker: Maker) -> None:
    room.incidents.open(1, firing(SCRIPT, container=SCRIPT))
    room.incidents.tell("INC-1", Moment.COMMENTED, SCRIPT)
    room.dossiers.found = diagnosis()
    made = IncidentView(maker).sheet(room.context, Key("incident", incident="INC-1", person=person()))
    assert tuple(made) == PANES
    whole = "".join(made.values())
    assert "<script" not in whole
    assert "<img" not in whole
    assert "What we know" in made["known"]
    assert "alert(1)" in made["story"]


def test_who_may_only_look_gets_no_forms(room: Room, maker: Maker) -> None:
    room.incidents.open(1)
    view = IncidentView(maker)
    made = view.sheet(room.context, Key("incident", incident="INC-1", person=person(Role.VIEWER)))["people"]
    assert "Only look" in made
    assert "<form" not in made
    assert "<form" in view.sheet(room.context, Key("incident", incident="INC-1", person=person()))["people"]


def test_an_incident_that_is_not_there_is_a_problem(room: Room, maker: Maker) -> None:
    with pytest.raises(Problem) as refused:
        IncidentView(maker).sheet(room.context, Key("incident", incident="INC-9", person=person()))
    assert refused.value.status == 404


def test_an_answer_is_text_and_links_only_to_what_it_shows(maker: Maker) -> None:
    view = IncidentView(maker)
    reply = replace(reply_to(papers(), "why?"), question=SCRIPT)
    hostile = replace(reply, answer=Claim(SCRIPT, ("f2", "f77")), next=(SCRIPT,), unused=(SCRIPT,), can_ask=(SCRIPT,))
    made = view.reply("INC-9", hostile)
    assert "<script" not in made
    assert "<img" not in made
    assert 'href="#fact-f2"' in made
    assert "f77" not in made
    assert "likely · 82 %" in made


def test_before_anything_is_asked_the_pane_is_there_and_empty(maker: Maker) -> None:
    made = IncidentView(maker).reply("INC-9", None)
    assert 'aria-live="polite"' in made
    assert "<section" not in made


def test_everybody_may_ask_and_only_who_may_operate_corrects(room: Room, maker: Maker) -> None:
    room.incidents.open(1, firing("Down", container="shop"), firing("Slow", container="web"))
    room.dossiers.found = diagnosis()
    view = IncidentView(maker)
    seen = view.sheet(room.context, Key("incident", incident="INC-1", person=person(Role.VIEWER)))
    assert 'data-act="ask"' in seen["ask"]
    assert 'data-act="correct"' not in seen["known"]
    assert "Why one incident?" in seen["alerts"]
    assert "postmortem" in seen["people"]
    mine = view.sheet(room.context, Key("incident", incident="INC-1", person=person()))["known"]
    assert 'data-act="correct"' in mine
    assert '<option value="nas">' in mine
