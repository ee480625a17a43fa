"""The list asks as the API does; the page of questions shows what an answer needs to know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import ValidationError

from lamplighter.domain.access import Role
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.incident import State
from lamplighter.domain.plan import Action, Plan, Risk, Target, Verb
from lamplighter.testing import NOON, firing
from lamplighter.web.console.hub import Key, keyed
from lamplighter.web.console.lists import ROWS, ApprovalList, IncidentList, Question, query_of
from lamplighter.web.console.making import Maker
from lamplighter.web.problems import Problem
from tests.unit.web.console.conftest import SCRIPT, Room, person


def shown(room: Room, maker: Maker, **asked: str) -> str:
    return IncidentList(maker).sheet(room.context, Key("incidents", keyed(asked)))["list"]


def test_the_open_ones_are_shown_where_no_status_is_named(room: Room, maker: Maker) -> None:
    room.incidents.open(1, firing("StillOpen"))
    room.incidents.open(2, firing("LongGone"), state=State.RESOLVED)
    assert "StillOpen" in shown(room, maker)
    assert "LongGone" not in shown(room, maker)
    assert "LongGone" in shown(room, maker, status="all")
    assert "Nothing is open" in shown(room, maker, status="closed", q="x") or "like that" in shown(room, maker, q="x")


def test_a_page_leads_to_the_next_and_back_to_the_newest(room: Room, maker: Maker) -> None:
    for number in range(1, ROWS + 3):
        room.incidents.open(number)
    first = shown(room, maker, status="open")
    assert first.count("<tr id=") == ROWS
    cursor = first.partition("cursor=")[2].partition('"')[0]
    following = shown(room, maker, status="open", cursor=cursor)
    assert following.count("<tr id=") == 2
    assert "newest" in following
    with pytest.raises(Problem):
        shown(room, maker, status="open", cursor=cursor, q="another question")


def test_a_word_that_is_no_filter_is_refused() -> None:
    assert query_of({"severity": "critical,warning"}).severity == ["critical", "warning"]
    with pytest.raises(ValidationError):
        query_of({"status": "fine"})


def test_what_alerts_say_stays_text(room: Room, maker: Maker) -> None:
    room.incidents.open(1, firing(SCRIPT, container=SCRIPT))
    made = IncidentList(maker).sheet(room.context, Key("incidents", keyed({"q": SCRIPT[:30], "status": "all"})))
    whole = made["list"] + made["filters"]
    assert "<script" not in whole
    assert "<img" not in whole


def question(state: ApprovalState = ApprovalState.PENDING) -> Approval:
    until = NOON + timedelta(minutes=15)
    return Approval("APP-1", "INC-1", "f" * 24, "may I restart it?", NOON, until, state, "robin", "because")


def test_a_question_is_answered_by_who_may_and_others_read_why_not(room: Room, maker: Maker) -> None:
    room.incidents.open(1, state=State.AWAITING_APPROVAL)
    room.asked = [question()]
    view = ApprovalList(maker)
    made = view.sheet(room.context, Key("approvals", person=person()))["waiting"]
    assert 'data-act="approve" data-key="a" data-approval="APP-1"' in made
    assert "aria-disabled" not in made
    refused = view.sheet(room.context, Key("approvals", person=person(Role.VIEWER)))["waiting"]
    assert "You cannot answer: robin is viewer" in refused
    assert refused.count('aria-disabled="true"') == 3


def test_old_answers_are_told_with_their_reason(room: Room, maker: Maker) -> None:
    room.asked = [question(ApprovalState.DENIED)]
    made = ApprovalList(maker).sheet(room.context, Key("approvals", person=person()))
    assert "Nothing waits" in made["waiting"]
    assert "because" in made["answered"]


def test_a_risky_plan_wants_the_name_typed() -> None:
    def asked(risk: Risk) -> Question:
        action = Action(Verb.RESTART, Target("docker", "container", "jellyfin", "id"), risk=risk)
        return Question(question(), None, Plan("INC-1", 1, "jellyfin", "x", 0.9, (action,)), "", None)

    assert asked(Risk.HIGH).typed == "jellyfin"
    assert asked(Risk.LOW).typed == ""


MIB = 1024**2


def raising(present: int, proposed: int) -> Plan:
    target = Target("docker", "container", "<b>jellyfin", "id")
    values = {"params": {"bytes": str(proposed)}, "present": {"bytes": str(present)}}
    actions = (Action(Verb.SET_MEMORY_LIMIT, target, **values), Action(Verb.START, target))
    return Plan("INC-1", 1, "jellyfin", "oom_killed", 0.9, actions)


def test_what_may_be_chosen_is_in_whole_mebibytes_inside_the_bounds() -> None:
    def most(present: int, proposed: int) -> tuple[int, int]:
        asked = Question(question(), None, raising(present, proposed), "", None)
        first, second = asked.choices
        assert (second.least, second.most) == (0, 0)
        return first.least, first.most

    assert most(64 * MIB, 128 * MIB) == (65, 128)
    assert most(64 * MIB + 1, 128 * MIB + 2) == (65, 128)
    assert most(64 * MIB - 1, 128 * MIB - 2) == (64, 127)
    assert most(10, 20) == (0, 0)


def test_a_plan_is_edited_by_who_may_answer_where_there_is_something_to_leave_out(room: Room, maker: Maker) -> None:
    room.incidents.open(1, state=State.AWAITING_APPROVAL)
    plan = raising(64 * MIB, 128 * MIB)
    room.app.store.dossiers.plan = lambda *_: plan
    room.asked = [replace(question(), plan_hash=plan.hash)]
    view = ApprovalList(maker)
    made = view.sheet(room.context, Key("approvals", person=person()))["waiting"]
    assert 'name="keep-2"' in made
    assert 'name="limit-1" min="65" max="128"' in made
    assert "<b>jellyfin" not in made
    for shown, who in ((plan, person(Role.OPERATOR)), (replace(plan, amendments=3), person())):
        room.app.store.dossiers.plan = lambda *_, shown=shown: shown
        room.asked = [replace(question(), plan_hash=shown.hash)]
        assert "Edit plan" not in view.sheet(room.context, Key("approvals", person=who))["waiting"]
