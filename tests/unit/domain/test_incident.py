from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from lamplighter.domain.incident import (
    CLOSED,
    PROBATION,
    UNDER_WAY,
    WAITING,
    BadMove,
    Incident,
    State,
    may_follow,
    moved,
    on_probation,
)
from lamplighter.testing import NOON, firing

ALERT = firing()
LATER = NOON + timedelta(minutes=3)
EXITS = {State.NEEDS_HUMAN, State.SELF_CLEARED, State.RESOLVED, State.MERGED}
# The order of HOUSE.md: received, analysing, council, perhaps approval, approved, executing or scaling, verifying.
FORWARD = {
    (State.RECEIVED, State.ANALYSING),
    (State.ANALYSING, State.COUNCIL_REVIEW),
    (State.COUNCIL_REVIEW, State.AWAITING_APPROVAL),
    (State.COUNCIL_REVIEW, State.APPROVED),
    (State.AWAITING_APPROVAL, State.APPROVED),
    (State.AWAITING_APPROVAL, State.REJECTED),
    # Back, where a person amended the plan.
    (State.AWAITING_APPROVAL, State.COUNCIL_REVIEW),
    (State.APPROVED, State.EXECUTING),
    (State.APPROVED, State.SCALING),
    (State.EXECUTING, State.SCALING),
    (State.SCALING, State.EXECUTING),
    (State.EXECUTING, State.VERIFYING),
    (State.SCALING, State.VERIFYING),
    (State.VERIFYING, State.ROLLED_BACK),
    (State.RESOLVED, State.RECEIVED),
    (State.SELF_CLEARED, State.RECEIVED),
}


def incident(state: State) -> Incident:
    closed_at = NOON if state in CLOSED else None
    return Incident("INC-7", "down", state, "critical", ALERT.trouble, ALERT, NOON, NOON, closed_at=closed_at)


def allowed(present: State, following: State) -> bool:
    leaves = present not in CLOSED and following in EXITS
    return present is following or leaves or (present, following) in FORWARD


@pytest.mark.parametrize(("present", "following"), list(product(State, State)))
def test_every_pair_of_states(present: State, following: State) -> None:
    assert may_follow(present, following) is allowed(present, following)
    if not allowed(present, following):
        with pytest.raises(BadMove, match=f"{present} to {following}"):
            moved(incident(present), following, LATER)
        return
    after = moved(incident(present), following, LATER)
    assert after.state is following
    assert (after.closed_at is None) is (following not in CLOSED)


def test_every_state_is_under_way_or_waits_or_is_closed() -> None:
    assert frozenset(State) == CLOSED | WAITING | UNDER_WAY
    assert not CLOSED & WAITING


def test_no_state_is_a_dead_end_for_people() -> None:
    for state in frozenset(State) - CLOSED:
        assert may_follow(state, State.RESOLVED)
        assert may_follow(state, State.NEEDS_HUMAN)


def test_nothing_acts_without_an_approval_behind_it() -> None:
    for state in frozenset(State) - {State.APPROVED, State.EXECUTING, State.SCALING}:
        assert not may_follow(state, State.EXECUTING)
        assert not may_follow(state, State.SCALING)


def test_open_and_closed_are_derived_from_the_state() -> None:
    assert {state for state in State if not incident(state).is_open} == {
        State.RESOLVED,
        State.SELF_CLEARED,
        State.MERGED,
    }


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_a_repeated_step_does_not_lengthen_probation(state: State) -> None:
    once = moved(incident(State.VERIFYING), state, NOON)
    assert moved(once, state, LATER).closed_at == NOON


def test_probation_is_ten_minutes_from_closing() -> None:
    closed = incident(State.RESOLVED)
    assert timedelta(minutes=10) == PROBATION
    assert on_probation(closed, NOON + PROBATION)
    assert not on_probation(closed, NOON + PROBATION + timedelta(microseconds=1))
    assert not on_probation(incident(State.VERIFYING), NOON)


def test_a_reopened_incident_has_a_workflow_of_its_own() -> None:
    first = incident(State.RECEIVED)
    assert first.workflow_id == "INC-7"
    assert replace(first, run=2).workflow_id == "INC-7.2"
