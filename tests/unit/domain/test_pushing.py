"""People are pushed what is new, what needs them, and the end of that; nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.incident import State
from lamplighter.domain.message import Kind, Press
from lamplighter.domain.pushing import LABEL_CHARS_MAX, Way, label_of, link_label, presses_of, way_of
from lamplighter.domain.telling import Told
from tests.unit.domain.letters import ALL, changed

ASKED = (Told(1, "opened", "chat"), Told(1, "asked", "chat"))
OPENED = (Told(1, "opened", "chat"),)


@pytest.mark.parametrize("kind", [Kind.DETECTED, Kind.ASK, Kind.NEEDS_YOU, Kind.EXPIRED, Kind.STORM, Kind.BLIND])
def test_what_is_new_or_needs_people_is_pushed(kind: Kind) -> None:
    assert way_of(kind, ()) is Way.PUSH


@pytest.mark.parametrize("kind", [Kind.RESOLVED, Kind.SELF_CLEARED])
def test_an_end_is_pushed_only_after_people_were_needed(kind: Kind) -> None:
    assert way_of(kind, OPENED) is Way.EDIT
    assert way_of(kind, ASKED) is Way.PUSH
    assert way_of(kind, (*ASKED, Told(1, "resolved", "chat"))) is Way.EDIT


@pytest.mark.parametrize("kind", [Kind.RUNNING, Kind.DENIED])
def test_what_goes_on_only_changes_what_stands(kind: Kind) -> None:
    assert way_of(kind, ASKED) is Way.EDIT


@pytest.mark.parametrize("kind", [Kind.DIGEST, Kind.SEES_AGAIN])
def test_what_can_wait_is_sent_without_a_sound(kind: Kind) -> None:
    assert way_of(kind, ()) is Way.SEND


def test_only_a_question_can_be_answered() -> None:
    answering = {one.kind for one in ALL.values() if Press.APPROVE in presses_of(one)}
    assert answering == {Kind.ASK}


@pytest.mark.parametrize(
    ("moment", "presses"),
    [
        ("detected", (Press.ACKNOWLEDGE, Press.SILENCE)),
        ("ask", (Press.APPROVE, Press.DENY, Press.SNOOZE, Press.WHY)),
        ("resolved", (Press.RIGHT, Press.WRONG)),
        ("needs_you", (Press.ACKNOWLEDGE, Press.COMMANDS, Press.WHY)),
        ("denied", ()),
        ("digest", ()),
    ],
)
def test_each_message_has_what_helps_at_its_moment(moment: str, presses: tuple[Press, ...]) -> None:
    assert presses_of(ALL[moment]) == presses


def test_what_would_come_to_nothing_is_no_button() -> None:
    silent = replace(ALL["detected"], detail=changed(ALL["detected"].detail, muted="Silent until 03:31."))
    assert presses_of(silent) == (Press.ACKNOWLEDGE,)
    for over in ({"word": ""}, {"assessed": "right cause, says anna"}):
        assert presses_of(replace(ALL["resolved"], detail=changed(ALL["resolved"].detail, **over))) == ()
    merged = replace(ALL["resolved"], moment="merged", state=State.MERGED)
    assert presses_of(merged) == ()
    stepless = replace(ALL["needs_you"], detail=changed(ALL["needs_you"].detail, next_steps=()))
    assert Press.COMMANDS not in presses_of(stepless)


def test_where_no_answer_is_shown_nothing_is_to_be_pressed_for_one() -> None:
    for message in ALL.values():
        assert not {Press.WHY, Press.COMMANDS} & set(presses_of(message, replies=False))


def test_every_button_says_what_it_does_in_few_letters() -> None:
    for message in ALL.values():
        assert all(3 < len(label_of(press, message)) <= LABEL_CHARS_MAX for press in presses_of(message))


def test_a_page_is_opened_and_of_what_is_over_it_is_the_report() -> None:
    assert [link_label(ALL[moment]) for moment in ("detected", "resolved", "self_cleared")] == [
        "Open",
        "Report",
        "Report",
    ]
    assert link_label(replace(ALL["detected"], url="")) == ""
