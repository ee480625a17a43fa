"""The ledger: written before, started once, bound to its approval."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.store import SqlStore


@pytest.fixture
def attempt(now: datetime) -> Attempt:
    return Attempt(
        key="k1",
        incident_id="INC-1",
        plan_hash="hash1",
        grant="a1",
        system="docker",
        verb="set_memory_limit",
        target_id="c0ffee",
        target_name="web",
        params={"bytes": "1024"},
        state=AttemptState.PLANNED,
        planned_at=now,
    )


@pytest.fixture
def approved(store: SqlStore, now: datetime) -> Approval:
    store.approvals.ask(Approval("a1", "INC-1", "hash1", "restart web", now, now + timedelta(minutes=15)))
    return store.approvals.answer("a1", approve=True, by="ann", reason="", plan_hash="hash1", now=now)


def _state(store: SqlStore, approval_id: str = "a1") -> ApprovalState:
    approval = store.approvals.load(approval_id)
    assert approval is not None
    return approval.state


def test_an_attempt_goes_from_planned_to_its_end(store: SqlStore, attempt: Attempt, now: datetime) -> None:
    assert store.ledger.plan(attempt, approval_id="") == attempt
    assert store.ledger.start("k1", {"started_at": "x\x00"}, now + timedelta(seconds=1))
    ended = store.ledger.end("k1", AttemptState.DONE, "restarted", now + timedelta(seconds=2))
    assert ended == replace(
        attempt,
        state=AttemptState.DONE,
        started_at=now + timedelta(seconds=1),
        ended_at=now + timedelta(seconds=2),
        before={"started_at": "x\ufffd"},
        detail="restarted",
    )
    assert store.ledger.load("k1") == ended
    assert store.ledger.end("k1", AttemptState.UNKNOWN, "late", now) == ended
    assert not store.ledger.start("k1", {}, now)


def test_planning_twice_gives_the_first(store: SqlStore, attempt: Attempt, now: datetime) -> None:
    store.ledger.plan(attempt, approval_id="")
    store.ledger.start("k1", {}, now)
    again = store.ledger.plan(replace(attempt, target_id="other"), approval_id="")
    assert (again.state, again.target_id) == (AttemptState.STARTED, "c0ffee")


def test_an_approval_is_consumed_with_the_first_action_of_its_plan(
    store: SqlStore, approved: Approval, attempt: Attempt
) -> None:
    store.ledger.plan(attempt, approval_id=approved.id)
    assert _state(store) is ApprovalState.CONSUMED
    second = store.ledger.plan(replace(attempt, key="k2", verb="start", params={}), approval_id=approved.id)
    assert second.key == "k2"
    store.ledger.plan(attempt, approval_id=approved.id)
    assert [one.key for one in store.ledger.of_incident("INC-1")] == ["k1", "k2"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"plan_hash": "hash2"}, "for plan hash1, not hash2"),
        ({"incident_id": "INC-2"}, "given for INC-1, not INC-2"),
    ],
)
def test_a_swapped_plan_is_refused_before_and_after(
    store: SqlStore, approved: Approval, attempt: Attempt, change: dict[str, str], why: str
) -> None:
    plan_hash, incident_id = change.get("plan_hash", "hash1"), change.get("incident_id", "INC-1")
    swapped = replace(attempt, key="swapped", plan_hash=plan_hash, incident_id=incident_id)
    with pytest.raises(CannotAnswer, match=why):
        store.ledger.plan(swapped, approval_id=approved.id)
    assert _state(store) is ApprovalState.APPROVED
    store.ledger.plan(attempt, approval_id=approved.id)
    with pytest.raises(CannotAnswer):
        store.ledger.plan(swapped, approval_id=approved.id)
    assert store.ledger.load("swapped") is None


def test_an_expired_or_unanswered_approval_lets_nothing_run(
    store: SqlStore, approved: Approval, attempt: Attempt
) -> None:
    with pytest.raises(CannotAnswer, match="expired"):
        store.ledger.plan(replace(attempt, planned_at=approved.expires_at), approval_id=approved.id)
    store.approvals.ask(replace(approved, id="a2", state=ApprovalState.PENDING))
    with pytest.raises(CannotAnswer, match="pending, not approved"):
        store.ledger.plan(attempt, approval_id="a2")
    with pytest.raises(CannotAnswer, match="no approval"):
        store.ledger.plan(attempt, approval_id="a3")
    assert store.ledger.open() == []


def test_a_later_action_of_the_plan_cannot_lean_on_an_expired_approval(
    store: SqlStore, attempt: Attempt, approved: Approval
) -> None:
    store.ledger.plan(attempt, approval_id="a1")
    late = replace(attempt, key="k2", verb="start", planned_at=approved.expires_at)
    with pytest.raises(CannotAnswer, match="expired"):
        store.ledger.plan(late, approval_id="a1")
    assert store.ledger.load("k2") is None


def test_a_thawed_target_is_free(store: SqlStore, now: datetime) -> None:
    store.ledger.freeze("c0ffee", "it became worse", now)
    store.ledger.freeze("other", "it too", now)
    store.ledger.thaw(["c0ffee"])
    assert dict(store.ledger.frozen()) == {"other": "it too"}


def test_only_one_of_two_callers_starts(
    store: SqlStore, opened: Callable[..., SqlStore], url: str, attempt: Attempt, now: datetime
) -> None:
    stores = (store, opened(url))
    for number in range(10):
        store.ledger.plan(replace(attempt, key=f"r{number}", target_id=f"t{number}"), approval_id="")
        together = threading.Barrier(2)

        def start(which: SqlStore, key: str = f"r{number}", together: threading.Barrier = together) -> bool:
            together.wait(timeout=60)
            return which.ledger.start(key, {}, now)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(start, stores)) == [False, True]


def test_two_attempts_on_one_target_do_not_start_together(
    store: SqlStore, opened: Callable[..., SqlStore], url: str, attempt: Attempt, now: datetime
) -> None:
    stores = (store, opened(url))
    for number in range(10):
        keys = [f"a{number}", f"b{number}"]
        for key in keys:
            store.ledger.plan(replace(attempt, key=key, target_id=f"t{number}"), approval_id="")
        together = threading.Barrier(2)

        def start(which: SqlStore, key: str, together: threading.Barrier = together) -> bool:
            together.wait(timeout=60)
            return which.ledger.start(key, {}, now)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(start, stores, keys)) == [False, True]


def test_a_target_is_free_again_when_its_attempt_ended(store: SqlStore, attempt: Attempt, now: datetime) -> None:
    store.ledger.plan(attempt, approval_id="")
    store.ledger.plan(replace(attempt, key="k2"), approval_id="")
    assert store.ledger.start("k1", {}, now)
    assert not store.ledger.start("k2", {}, now)
    store.ledger.end("k1", AttemptState.FAILED, "no", now)
    assert store.ledger.start("k2", {}, now)


def test_attempts_are_found_by_time_and_by_being_open(store: SqlStore, attempt: Attempt, now: datetime) -> None:
    store.ledger.plan(replace(attempt, key="old", planned_at=now - timedelta(hours=2)), approval_id="")
    store.ledger.plan(replace(attempt, key="new", undo_of="old"), approval_id="")
    store.ledger.end("old", AttemptState.UNKNOWN, "", now)
    assert [one.key for one in store.ledger.since(now - timedelta(hours=1))] == ["new"]
    assert [one.key for one in store.ledger.open()] == ["new"]
    assert store.ledger.of_incident("INC-1")[1].undo_of == "old"
    with pytest.raises(ValueError, match="does not end as started"):
        store.ledger.end("new", AttemptState.STARTED, "", now)
    with pytest.raises(LookupError):
        store.ledger.end("none", AttemptState.DONE, "", now)


def test_a_frozen_target_stays_frozen(
    store: SqlStore, opened: Callable[..., SqlStore], url: str, now: datetime
) -> None:
    store.ledger.freeze("c0ffee", "the undo failed", now)
    store.ledger.freeze("c0ffee", "and again", now)
    assert opened(url).ledger.frozen() == {"c0ffee": "and again"}
