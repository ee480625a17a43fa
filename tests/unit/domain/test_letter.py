"""A letter is tried ever later, never earlier than the other side asked, and not for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.letter import (
    AGE_MAX,
    ATTEMPTS_MAX,
    PAUSE_SECONDS_MAX,
    RETRY_AFTER_SECONDS_MAX,
    Letter,
    next_try,
    why_given_up,
)
from lamplighter.testing import NOON
from tests.unit.domain.letters import ALL

LETTER = Letter("chat|INC-142:asked", "chat", ALL["ask"], 1, NOON, NOON)


def pause(attempts: int, *, chance: float = 1.0, asked: float = 0.0) -> float:
    tried = replace(LETTER, attempts=attempts)
    return (next_try(tried, NOON, chance=chance, retry_after_seconds=asked) - NOON).total_seconds()


def test_each_pause_is_longer_than_the_last_up_to_a_bound() -> None:
    pauses = [pause(attempts) for attempts in range(1, 40)]
    assert pauses == sorted(pauses)
    assert pauses[0] >= 2
    assert pauses[-1] == PAUSE_SECONDS_MAX


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_a_letter_is_tried_until_its_age_ends_it(chance: float) -> None:
    waited = timedelta(seconds=sum(pause(attempts, chance=chance) for attempts in range(1, ATTEMPTS_MAX)))
    assert waited > AGE_MAX


def test_chance_spreads_the_pause_and_never_halves_it_further() -> None:
    assert pause(5, chance=0.0) * 2 == pause(5, chance=1.0)


def test_retry_after_is_honoured_up_to_a_bound() -> None:
    assert pause(1, chance=0.0, asked=120) >= 120
    assert pause(1, asked=10**9) <= RETRY_AFTER_SECONDS_MAX + 1
    assert pause(1, asked=-5) > 0


@pytest.mark.parametrize(
    ("letter", "permanent", "given_up"),
    [
        (LETTER, False, False),
        (LETTER, True, True),
        (replace(LETTER, attempts=ATTEMPTS_MAX), False, True),
        (replace(LETTER, created_at=NOON - AGE_MAX), False, True),
        (replace(LETTER, created_at=NOON - AGE_MAX + timedelta(seconds=1), attempts=ATTEMPTS_MAX - 1), False, False),
    ],
)
def test_a_letter_is_given_up_by_count_by_age_or_at_once(letter: Letter, *, permanent: bool, given_up: bool) -> None:
    assert bool(why_given_up(letter, NOON, permanent=permanent)) is given_up
