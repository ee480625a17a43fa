"""A nonce counts once, before its time is over, and together with what it lets happen or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.domain.letter import Nonce
from lamplighter.domain.message import Press
from lamplighter.store import SqlStore
from lamplighter.testing import NOON

NONCE = Nonce("d" * 64, "chat", "INC-1", 1, Press.APPROVE, NOON + timedelta(minutes=15), "INC-1-abc", "abc", "alex")
QUESTION = Approval("INC-1-abc", "INC-1", "abc", "restart", NOON, NOON + timedelta(minutes=15))


def answer(store: SqlStore, *, minutes: float = 1, plan_hash: str = "abc", nonce: str = NONCE.digest) -> Approval:
    now = NOON + timedelta(minutes=minutes)
    return store.approvals.answer(
        QUESTION.id, approve=True, by="alex", reason="", plan_hash=plan_hash, now=now, nonce=nonce
    )


def test_a_nonce_is_read_back_and_used_once(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    assert store.nonces.load(NONCE.digest) == NONCE
    assert store.nonces.load("unknown") is None
    assert store.nonces.use(NONCE.digest, by="alex", now=NOON)
    assert not store.nonces.use(NONCE.digest, by="alex", now=NOON)


def test_a_nonce_that_is_too_old_counts_for_nothing(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    assert not store.nonces.use(NONCE.digest, by="alex", now=NONCE.expires_at)


def test_an_answer_uses_up_its_nonce_in_the_same_transaction(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    store.approvals.ask(QUESTION)
    with pytest.raises(CannotAnswer, match="is for plan"):
        answer(store, plan_hash="other")
    # What did not count used nothing up.
    assert answer(store).state is ApprovalState.APPROVED
    used = store.nonces.load(NONCE.digest)
    assert used is not None
    assert used.used_by == "alex"


def test_an_answer_with_a_used_or_unknown_nonce_changes_nothing(store: SqlStore) -> None:
    store.nonces.issue([NONCE])
    store.approvals.ask(QUESTION)
    store.nonces.use(NONCE.digest, by="eve", now=NOON)
    for nonce in (NONCE.digest, "unknown"):
        with pytest.raises(CannotAnswer, match="used already"):
            answer(store, nonce=nonce)
    held = store.approvals.load(QUESTION.id)
    assert held is not None
    assert held.state is ApprovalState.PENDING


def test_a_question_is_extended_while_it_is_open_and_never_shortened(store: SqlStore) -> None:
    store.approvals.ask(QUESTION)
    longer = store.approvals.extend(QUESTION.id, NOON + timedelta(hours=1), now=NOON)
    assert longer.expires_at == NOON + timedelta(hours=1)
    assert store.approvals.extend(QUESTION.id, NOON, now=NOON).expires_at == longer.expires_at
    with pytest.raises(CannotAnswer, match="expired"):
        store.approvals.extend(QUESTION.id, NOON + timedelta(hours=9), now=NOON + timedelta(hours=2))
