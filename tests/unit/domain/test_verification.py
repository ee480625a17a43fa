from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.verification import Outcome, Reading, SignalState, Verification, assess, clear_since
from lamplighter.testing import NOON

DWELL = timedelta(seconds=30)
DEADLINE = NOON + timedelta(seconds=300)
CLEAR, FIRING, NO_DATA = SignalState.CLEAR, SignalState.FIRING, SignalState.NO_DATA


def reading(seconds: float, state: SignalState) -> Reading:
    return Reading(state, NOON + timedelta(seconds=seconds), "up == 0", f"it is {state}")


def readings(*pairs: tuple[float, SignalState]) -> tuple[Reading, ...]:
    return tuple(reading(seconds, state) for seconds, state in pairs)


def late(looks: tuple[Reading, ...], worse: str = "") -> Verification | None:
    return assess(looks, DWELL, DEADLINE, DEADLINE, worse)


def early(looks: tuple[Reading, ...], worse: str = "") -> Verification | None:
    return assess(looks, DWELL, DEADLINE, DEADLINE - timedelta(microseconds=1), worse)


def test_clear_for_the_dwell_is_recovery_and_says_what_was_asked() -> None:
    check = early(readings((0, FIRING), (2, CLEAR), (20, CLEAR), (32, CLEAR)))
    assert check is not None
    assert check.outcome is Outcome.RECOVERED
    assert check.verified_by == "up == 0"
    assert check.at == NOON + timedelta(seconds=32)
    assert "30 s" in check.reason


@pytest.mark.parametrize(
    "looks",
    [
        (),
        readings((0, FIRING)),
        readings((0, NO_DATA)),
        readings((0, CLEAR)),
        readings((0, CLEAR), (29.9, CLEAR)),
        readings((0, CLEAR), (29, FIRING), (31, CLEAR)),
        readings((0, CLEAR), (29, NO_DATA), (31, CLEAR)),
        readings((0, CLEAR), (30, FIRING)),
        readings((0, CLEAR), (30, NO_DATA)),
    ],
)
def test_before_the_deadline_anything_less_is_too_early_to_tell(looks: tuple[Reading, ...]) -> None:
    assert early(looks) is None
    assert early(looks, worse="it does not start") is None


@pytest.mark.parametrize(
    ("looks", "outcome"),
    [
        ((), Outcome.UNKNOWN),
        (readings((0, NO_DATA)), Outcome.UNKNOWN),
        (readings((0, CLEAR), (299, NO_DATA)), Outcome.UNKNOWN),
        (readings((0, FIRING), (299, NO_DATA)), Outcome.UNKNOWN),
        (readings((280, FIRING), (290, CLEAR), (299, CLEAR)), Outcome.UNKNOWN),
        (readings((0, CLEAR), (299, FIRING)), Outcome.UNCHANGED),
        (readings((0, FIRING)), Outcome.UNCHANGED),
    ],
)
def test_at_the_deadline_a_word_is_said(looks: tuple[Reading, ...], outcome: Outcome) -> None:
    check = late(looks)
    assert check is not None
    assert check.outcome is outcome
    assert check.reason


@pytest.mark.parametrize("looks", [(), readings((0, FIRING)), readings((0, NO_DATA)), readings((299, CLEAR))])
def test_harm_at_the_deadline_is_worse(looks: tuple[Reading, ...]) -> None:
    check = late(looks, worse="front does not run")
    assert check is not None
    assert check.outcome is Outcome.WORSE
    assert check.reason == "front does not run"


def test_a_clear_signal_with_harm_is_not_recovery() -> None:
    check = late(readings((0, CLEAR), (40, CLEAR)), worse="front does not run")
    assert check is None or check.outcome is not Outcome.RECOVERED


def test_the_present_run_began_after_the_last_look_that_was_not_clear() -> None:
    assert clear_since(readings((0, CLEAR), (5, NO_DATA), (7, CLEAR), (9, CLEAR))) == NOON + timedelta(seconds=7)
    assert clear_since(readings((0, CLEAR), (5, FIRING))) is None
    assert clear_since(()) is None


LOOKS = st.lists(st.tuples(st.integers(1, 40), st.sampled_from(SignalState)), max_size=12)


@given(LOOKS, st.integers(1, 120), st.integers(0, 600), st.sampled_from(["", "it is gone"]))
def test_recovered_only_after_an_unbroken_clear_run(
    steps: list[tuple[int, SignalState]], dwell: int, now: int, worse: str
) -> None:
    at, looks = 0, []
    for step, state in steps:
        at += step
        looks.append(reading(at, state))
    check = assess(tuple(looks), timedelta(seconds=dwell), DEADLINE, NOON + timedelta(seconds=now), worse)
    run: list[datetime] = []
    for look in reversed(looks):
        if look.state is not CLEAR:
            break
        run.append(look.at)
    held = (run[0] - run[-1]).total_seconds() if run else 0.0
    if check is not None and check.outcome is Outcome.RECOVERED:
        assert held >= dwell
    elif held >= dwell and not worse:
        pytest.fail("a full dwell on clear data is recovery")
    assert check is not None or now < 300
