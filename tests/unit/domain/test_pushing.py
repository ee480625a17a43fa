"""People are pushed what is new, what needs them, and the end of that; nothing else."""

from __future__ import annotations

import pytest

from lamplighter.domain.message import Kind, Press
from lamplighter.domain.pushing import Way, presses_of, way_of
from lamplighter.domain.telling import Told

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
    answering = {kind for kind in Kind if Press.APPROVE in presses_of(kind)}
    assert answering == {Kind.ASK}
    assert presses_of(Kind.RESOLVED) == ()
