"""An approval is answered once, in time, for exactly its plan."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.store import SqlStore


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
