from __future__ import annotations

from datetime import timedelta

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, Expected, SampleState
from lamplighter.domain.heartbeat import first_start, listen, ping, ping_word, pinged
from lamplighter.testing import NOON

SPEC = CheckSpec("Backups", CheckKind.HEARTBEAT, "", expects=Expected(beat_seconds=3600, grace_seconds=600))
OTHER = CheckSpec("Backups 2", CheckKind.HEARTBEAT, "", expects=Expected(beat_seconds=60))
FIRST = first_start("Backups", NOON)


def state(seconds: float, *pings: float) -> SampleState:
    kept = [FIRST, *(ping("Backups", NOON + timedelta(seconds=at)) for at in pings)]
    return listen(SPEC, kept, NOON + timedelta(seconds=seconds)).state


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, SampleState.CANNOT_SEE), (4200, SampleState.CANNOT_SEE), (4201, SampleState.FAILING)],
)
def test_a_first_ping_is_waited_for_and_then_missed(seconds: float, expected: SampleState) -> None:
    assert state(seconds) is expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(100, SampleState.OK), (3700, SampleState.OK), (4300, SampleState.OK), (4301, SampleState.FAILING)],
)
def test_a_ping_may_be_late_by_its_grace(seconds: float, expected: SampleState) -> None:
    assert state(seconds, 100) is expected


def test_only_the_last_ping_counts() -> None:
    assert state(9000, 100, 8000) is SampleState.OK


def test_a_ping_from_a_clock_that_ran_ahead_is_fresh() -> None:
    assert state(100, 200) is SampleState.OK


def test_without_a_mark_nothing_is_known() -> None:
    assert listen(SPEC, (), NOON).state is SampleState.CANNOT_SEE


def test_what_is_told_names_when() -> None:
    beat = listen(SPEC, [FIRST, ping("Backups", NOON)], NOON + timedelta(hours=2))
    assert "12:00:00" in beat.detail
    assert "13:00:00" in beat.detail
    assert beat.seconds == 7200


def test_the_word_is_readable_and_belongs_to_one_check_and_one_key() -> None:
    word = ping_word("Nightly: /srv Backups!", "key")
    assert word.startswith("nightly-srv-backups-")
    assert len({word, ping_word("Nightly: /srv Backups!", "other"), ping_word("Nightly srv backups", "key")}) == 3
    assert ping_word("…", "key").startswith("check-")


def test_a_ping_finds_its_check() -> None:
    checks = (CheckSpec("Backups", CheckKind.HTTP, ""), SPEC, OTHER)
    assert pinged(ping_word("Backups 2", "key"), checks, "key") is OTHER
    assert pinged(ping_word("Backups", "key"), checks, "key") is SPEC


@pytest.mark.parametrize("word", ["", "backups", "backups-" + "0" * 32, "é" * 40, "x" * 1000])
def test_a_guess_finds_nothing(word: str) -> None:
    assert pinged(word, (SPEC,), "key") is None


def test_without_a_key_nothing_is_found() -> None:
    assert pinged(ping_word("Backups", ""), (SPEC,), "") is None
