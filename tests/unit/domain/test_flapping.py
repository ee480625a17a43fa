from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.alert import AlertStatus, Episode
from lamplighter.domain.flapping import HALF_LIFE, PENALTY_MAX, flaps, next_episode, penalty_at
from lamplighter.testing import NOON, firing, resolved

MINUTE = timedelta(minutes=1)
ALERT = firing()


def cycled(times: int, period: timedelta) -> Episode | None:
    episode: Episode | None = None
    for number in range(times):
        start = NOON + number * period
        alert = replace(ALERT, starts_at=start)
        episode = next_episode(episode, alert, start)
        episode = next_episode(episode, resolved(alert, start + period / 2), start + period / 2)
    return episode


def test_the_first_start_counts_one_and_half_of_it_after_half_an_hour() -> None:
    episode = next_episode(None, ALERT, NOON)
    assert penalty_at(episode, NOON) == 1.0
    assert penalty_at(episode, NOON + HALF_LIFE) == 0.5


@pytest.mark.parametrize(("times", "period", "flapping"), [(1, MINUTE, False), (2, MINUTE, True), (3, MINUTE, True)])
def test_what_comes_back_within_a_minute_flaps_from_the_second_start_on(
    times: int, period: timedelta, *, flapping: bool
) -> None:
    assert flaps(cycled(times, period), NOON + times * period) is flapping


def test_what_comes_back_now_and_then_does_not_flap() -> None:
    assert not flaps(cycled(6, timedelta(hours=1)), NOON + timedelta(hours=6))


def test_what_flaps_is_let_go_later_than_it_was_taken() -> None:
    episode = cycled(3, MINUTE)
    later = NOON + 60 * MINUTE
    assert not flaps(episode, later)
    assert flaps(episode, later, already=True)
    assert not flaps(episode, later + timedelta(hours=3), already=True)
    assert not flaps(None, NOON)


def test_the_penalty_is_bounded() -> None:
    episode = cycled(100, timedelta(seconds=20))
    assert episode is not None
    assert episode.penalty <= PENALTY_MAX


def test_a_late_or_repeated_delivery_changes_nothing() -> None:
    fired = next_episode(None, ALERT, NOON)
    assert next_episode(fired, ALERT, NOON + MINUTE) == fired
    ended = next_episode(fired, resolved(ALERT, NOON + MINUTE), NOON + MINUTE)
    assert ended.status is AlertStatus.RESOLVED
    assert next_episode(ended, ALERT, NOON + 2 * MINUTE) == ended
    assert next_episode(ended, replace(ALERT, starts_at=NOON - MINUTE), NOON + 2 * MINUTE) == ended


def test_a_clock_that_goes_back_gives_no_more_penalty_than_there_was() -> None:
    assert penalty_at(next_episode(None, ALERT, NOON), NOON - timedelta(hours=2)) == 1.0
