"""A text says how grave it is, how long it took, who has it, and what a person should do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.markup import as_text
from lamplighter.domain.wording import took, worded
from tests.unit.domain.letters import ALL, changed


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (40, "40 s"), (180, "3 min"), (372, "6 min 12 s"), (3600, "1 h"), (7500, "2 h 5 min"), (-5, "0 s")],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert took(seconds) == words


def test_a_warning_is_not_marked_as_if_it_were_critical() -> None:
    grave, mild = worded(ALL["detected"]).first, worded(replace(ALL["detected"], severity="warning")).first
    assert grave[0] != mild[0]
    assert mild.endswith("warning")


def test_who_has_it_is_said_in_place_of_the_call() -> None:
    taken = replace(ALL["needs_you"], detail=changed(ALL["needs_you"].detail, acknowledged_by="alex"))
    assert "Please look" in as_text(ALL["needs_you"])
    assert "alex has it." in as_text(taken)
    assert "Please look" not in as_text(taken)


def test_times_are_those_of_the_reader() -> None:
    assert "Expires 02:50" in as_text(ALL["ask"])
    assert "Expires 21:50" in as_text(replace(ALL["ask"], zone="America/New_York"))


def test_where_nothing_was_tried_it_says_that_nothing_was_changed() -> None:
    untried = replace(ALL["needs_you"], detail=changed(ALL["needs_you"].detail, tried=()))
    assert "Nothing was changed. Please look." in as_text(untried)


def test_a_question_that_was_amended_says_by_whom_and_what_was_left_out() -> None:
    detail = changed(ALL["ask"].detail, amended="anna amended the plan: start jellyfin: struck out")
    assert "Amended: anna amended the plan" in as_text(replace(ALL["ask"], detail=detail))
    assert "Amended" not in as_text(ALL["ask"])
