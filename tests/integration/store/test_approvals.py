"""An approval is answered once, in time, for exactly its plan."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.store import SqlStore
from tests.integration.store.conftest import AlertMaker


@pytest.fixture
def asked(store: SqlStore, now: datetime) -> Approval:
    return store.approvals.ask(Approval("a1", "INC-1", "hash1", "restart web", now, now + timedelta(minutes=15)))


def _answer(store: SqlStore, now: datetime, *, approve: bool = True, plan_hash: str | None = "hash1") -> Approval:
    return store.approvals.answer("a1", approve=approve, by="ann", reason="ok", plan_hash=plan_hash, now=now)


def test_a_question_is_kept_once(store: SqlStore, asked: Approval) -> None:
    again = store.approvals.ask(replace(asked, summary="something else", plan_hash="other"))
    assert again == asked
    assert store.approvals.load("a1") == asked


def test_an_answer_is_recorded_with_who_and_when(store: SqlStore, asked: Approval, now: datetime) -> None:
    answered = _answer(store, now + timedelta(minutes=1))
    assert answered == replace(
        asked,
        state=ApprovalState.APPROVED,
        approver="ann",
        reason="ok",
        answered_at=now + timedelta(minutes=1),
    )


def test_a_second_answer_does_not_count(store: SqlStore, asked: Approval, now: datetime) -> None:
    _answer(store, now, approve=False)
    with pytest.raises(CannotAnswer, match="already denied"):
        _answer(store, now)
    kept = store.approvals.load(asked.id)
    assert kept is not None
    assert kept.state is ApprovalState.DENIED


def test_an_answer_for_another_plan_does_not_count(store: SqlStore, asked: Approval, now: datetime) -> None:
    with pytest.raises(CannotAnswer, match="for plan hash1, not hash2"):
        _answer(store, now, plan_hash="hash2")
    assert store.approvals.load("a1") == asked


def test_an_answer_after_expiry_does_not_count(store: SqlStore, asked: Approval) -> None:
    with pytest.raises(CannotAnswer, match="expired"):
        _answer(store, asked.expires_at)
    assert store.approvals.load("a1") == asked


def test_an_expired_approval_does_not_revive_when_the_clock_goes_back(
    store: SqlStore, asked: Approval, now: datetime
) -> None:
    expired = store.approvals.close("a1", ApprovalState.EXPIRED, asked.expires_at)
    assert expired.state is ApprovalState.EXPIRED
    with pytest.raises(CannotAnswer, match="already expired"):
        _answer(store, now - timedelta(hours=2))


def test_an_answered_approval_is_not_closed(store: SqlStore, asked: Approval, now: datetime) -> None:
    answered = _answer(store, now)
    assert store.approvals.close(asked.id, ApprovalState.CANCELLED, now) == answered
    with pytest.raises(ValueError, match="not as approved"):
        store.approvals.close(asked.id, ApprovalState.APPROVED, now)


def test_two_people_answer_at_once_and_one_counts(store: SqlStore, asked: Approval, now: datetime) -> None:
    def answer(approve: bool) -> str:  # noqa: FBT001 - the two sides of one race
        try:
            return str(_answer(store, now, approve=approve).state)
        except CannotAnswer:
            return "too late"

    with ThreadPoolExecutor(2) as pool:
        results = set(pool.map(answer, (True, False)))
    kept = store.approvals.load(asked.id)
    assert kept is not None
    assert results == {"too late", str(kept.state)}


def test_approvals_are_listed_newest_first(store: SqlStore, asked: Approval, now: datetime) -> None:
    store.approvals.ask(replace(asked, id="a2"))
    _answer(store, now)
    assert [approval.id for approval in store.approvals.listed(pending_only=False)] == ["a2", "a1"]
    assert [approval.id for approval in store.approvals.listed(pending_only=True)] == ["a2"]
    assert [approval.id for approval in store.approvals.listed(pending_only=False, limit=1)] == ["a2"]


def test_an_unknown_approval_is_said(store: SqlStore, now: datetime) -> None:
    assert store.approvals.load("a1") is None
    with pytest.raises(LookupError):
        _answer(store, now)
    with pytest.raises(LookupError):
        store.approvals.close("a1", ApprovalState.EXPIRED, now)


@pytest.mark.parametrize("change", ["closed", "begun anew"])
def test_a_question_that_nothing_waits_for_is_not_answered(
    store: SqlStore, alert: AlertMaker, placed: Callable[..., Incident | None], now: datetime, change: str
) -> None:
    incident = placed(alert())
    assert incident is not None
    ends = now + timedelta(minutes=15)
    store.approvals.ask(Approval(f"{incident.workflow_id}-h", incident.id, "hash1", "restart web", now, ends))
    told = Event(incident.id, "by-hand", now, Moment.CLOSED, Crew.PERSON, "ann mended it", {"by": "ann"})
    store.incidents.move(incident.id, State.RESOLVED, told, resolution="mended", by="ann")
    if change == "begun anew":
        store.incidents.reopen(incident.id, replace(told, key="again", moment=Moment.REOPENED))
    with pytest.raises(CannotAnswer, match="nothing waits" if change == "closed" else "begun anew"):
        store.approvals.answer(
            f"{incident.id}-h", approve=True, by="ann", reason="", plan_hash="hash1", now=now + timedelta(minutes=1)
        )
    kept = store.approvals.load(f"{incident.id}-h")
    assert kept is not None
    assert kept.state is ApprovalState.PENDING


@pytest.fixture
def amended(store: SqlStore, alert: AlertMaker, placed: Callable[..., Incident | None], asked: Approval) -> Plan:
    """What somebody made of the plan that is asked about; the incident is there."""
    incident = placed(alert())
    assert incident is not None
    assert incident.id == asked.incident_id
    actions = (Action(Verb.RESTART, Target("docker", "container", "web", "c0ffee")),)
    return Plan(incident.id, 1, "web", "process_hung", 0.9, actions, amends="hash1", amendments=1)


def _amend(store: SqlStore, plan: Plan, at: datetime, incident_id: str = "INC-1") -> Approval:
    told = Event(incident_id, "1:amended:1", at, Moment.AMENDED, Crew.PERSON, "ann struck it out")
    return store.approvals.amend("a1", plan, by="ann", reason="less", told=told)


def _is_untouched(store: SqlStore, asked: Approval) -> bool:
    events = [event for event in store.incidents.timeline("INC-1") if event.moment is Moment.AMENDED]
    return store.approvals.load("a1") == asked and store.dossiers.plan("INC-1", 1) is None and not events


def test_an_amendment_ends_the_question_and_keeps_plan_and_event_with_it(
    store: SqlStore, asked: Approval, amended: Plan, now: datetime
) -> None:
    assert _is_untouched(store, asked)
    held = _amend(store, amended, now)
    assert held == replace(asked, state=ApprovalState.AMENDED, approver="ann", reason="less", answered_at=now)
    assert store.dossiers.plan("INC-1", 1) == amended
    assert store.incidents.timeline("INC-1")[-1].text == "ann struck it out"
    for _ in range(2):
        with pytest.raises(CannotAnswer, match="amended by ann"):
            _amend(store, amended, now)


def test_an_amendment_of_another_plan_another_incident_or_too_late_leaves_nothing_behind(
    store: SqlStore, asked: Approval, amended: Plan, now: datetime
) -> None:
    with pytest.raises(CannotAnswer, match="for plan hash1, not hash2"):
        _amend(store, replace(amended, amends="hash2"), now)
    with pytest.raises(CannotAnswer, match="is about INC-1"):
        _amend(store, replace(amended, incident_id="INC-2"), now)
    with pytest.raises(CannotAnswer, match="is about INC-1"):
        _amend(store, amended, now, incident_id="INC-2")
    with pytest.raises(CannotAnswer, match="expired"):
        _amend(store, amended, asked.expires_at)
    assert _is_untouched(store, asked)


def test_where_the_event_cannot_be_written_nothing_is(store: SqlStore, asked: Approval, now: datetime) -> None:
    plan = Plan("INC-1", 1, "web", "process_hung", 0.9, amends="hash1", amendments=1)
    with pytest.raises(LookupError):
        _amend(store, plan, now)
    assert store.approvals.load("a1") == asked
    assert store.dossiers.plan("INC-1", 1) is None
