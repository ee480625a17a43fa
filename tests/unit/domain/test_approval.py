from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.approval import Approval, ApprovalState, may_answer, may_consume, why_moot
from lamplighter.domain.incident import Incident, State
from lamplighter.testing import NOON, firing

EXPIRES = NOON + timedelta(minutes=15)
JUST_BEFORE = EXPIRES - timedelta(microseconds=1)
ASKED = Approval("INC-7-abc", "INC-7", "plan-a", "restart front", NOON, EXPIRES)
GIVEN = replace(ASKED, state=ApprovalState.APPROVED, approver="ann", answered_at=NOON + timedelta(minutes=1))
NOT_PENDING = sorted(frozenset(ApprovalState) - {ApprovalState.PENDING})
NOT_APPROVED = sorted(frozenset(ApprovalState) - {ApprovalState.APPROVED})


def test_a_pending_approval_may_be_answered_until_it_expires() -> None:
    assert may_answer(ASKED, "plan-a", NOON) == ""
    assert may_answer(ASKED, None, JUST_BEFORE) == ""


@pytest.mark.parametrize("late", [timedelta(), timedelta(microseconds=1), timedelta(days=400)])
def test_expiry_means_that_nothing_is_done(late: timedelta) -> None:
    assert "expired at 12:15:00" in may_answer(ASKED, "plan-a", EXPIRES + late)
    assert "expired at 12:15:00" in may_consume(GIVEN, "plan-a", EXPIRES + late)


@pytest.mark.parametrize("state", NOT_PENDING)
def test_an_approval_is_answered_once(state: ApprovalState) -> None:
    assert str(state) in may_answer(replace(ASKED, state=state), "plan-a", NOON)


@pytest.mark.parametrize("plan", ["plan-b", "", "PLAN-A", "plan-a "])
def test_an_answer_to_another_plan_does_not_count(plan: str) -> None:
    assert "plan-a" in may_answer(ASKED, plan, NOON)


def test_the_very_plan_runs_before_expiry() -> None:
    assert may_consume(GIVEN, "plan-a", JUST_BEFORE) == ""


@pytest.mark.parametrize("plan", ["plan-b", "", "PLAN-A"])
def test_a_plan_that_changed_after_the_yes_does_not_run(plan: str) -> None:
    assert "plan-a" in may_consume(GIVEN, plan, NOON)


@pytest.mark.parametrize("state", NOT_APPROVED)
def test_only_a_yes_that_was_not_used_lets_a_plan_run(state: ApprovalState) -> None:
    assert str(state) in may_consume(replace(GIVEN, state=state), "plan-a", NOON)


def test_a_yes_of_nobody_is_no_yes() -> None:
    assert may_consume(replace(GIVEN, approver=""), "plan-a", NOON)


@pytest.mark.parametrize("check", [may_answer, may_consume])
def test_a_clock_that_jumped_back_revives_nothing(check: object) -> None:
    long_ago = NOON - timedelta(hours=2)
    said = may_answer(ASKED, "plan-a", long_ago) if check is may_answer else may_consume(GIVEN, "plan-a", long_ago)
    assert said


ALERT = firing("Down")
INCIDENT = Incident("INC-7", "Down", State.AWAITING_APPROVAL, "warning", ALERT.trouble, ALERT, NOON, NOON)


def test_what_waits_for_the_answer_is_this_run_of_an_open_incident() -> None:
    assert why_moot(ASKED, INCIDENT) == ""
    assert why_moot(replace(ASKED, id="INC-7.2-abc"), replace(INCIDENT, run=2)) == ""
    assert "INC-7 is resolved by now" in why_moot(ASKED, replace(INCIDENT, state=State.RESOLVED))
    assert "begun anew" in why_moot(ASKED, replace(INCIDENT, run=2))
