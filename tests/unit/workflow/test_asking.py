"""What becomes of a question: a yes for this very plan, a no, the expiry, the signal's end, the person's own close."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from lamplighter.domain.approval import OPEN_MAX, Approval, ApprovalState, Grant
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.policy import Ruling, Verdict
from lamplighter.testing import FakeChannel, FakeClock
from lamplighter.workflow.asking import Asking
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.story import Superseded
from tests.unit.workflow.conftest import MemoryStore

PLAN = Plan(
    "INC-1", 1, "store", "process_hung", 0.9, (Action(Verb.RESTART, Target("fake", "container", "store", "id-1")),)
)
VERDICT = Verdict(Ruling.NEEDS_APPROVAL, "nothing allows it")


@pytest.fixture
def channel() -> FakeChannel:
    return FakeChannel()


@pytest.fixture
def asking(store: MemoryStore, clock: FakeClock, channel: FakeChannel) -> Asking:
    return Asking(store, Chronicle(store, clock, (channel,)), clock, Care(approval_seconds=900))


@pytest.fixture
async def question(asking: Asking, store: MemoryStore, incident: Incident) -> Approval:
    store.incidents.add(replace(incident, state=State.COUNCIL_REVIEW))
    return await asking.ask(incident, PLAN, VERDICT)


def answered(store: MemoryStore, approval: Approval, state: ApprovalState, **changes: str) -> None:
    store.approvals.held[approval.id] = replace(approval, state=state, approver="admin", **changes)


async def test_asking_again_keeps_the_first_question(
    asking: Asking, store: MemoryStore, clock: FakeClock, incident: Incident, question: Approval
) -> None:
    clock.advance(600)
    assert await asking.ask(incident, PLAN, VERDICT) == question
    assert list(store.approvals.held) == [question.id]


async def test_people_are_told_the_plan_and_its_hash(question: Approval, channel: FakeChannel) -> None:
    assert "restart store" in channel.sent[0].lines[0]
    assert PLAN.hash in channel.sent[0].lines[0]


async def test_an_open_question_has_no_answer(asking: Asking, incident: Incident, question: Approval) -> None:
    assert await asking.answered(incident, PLAN, question) is None


async def test_a_yes_is_the_grant_for_this_plan(
    asking: Asking, store: MemoryStore, incident: Incident, question: Approval
) -> None:
    answered(store, question, ApprovalState.APPROVED)
    grant = await asking.answered(incident, PLAN, question)
    assert grant is not None
    assert (grant.given, grant.approval_id, grant.by) == (True, question.id, "admin")
    assert store.incidents.held["INC-1"].state is State.APPROVED


async def test_a_yes_for_another_plan_grants_nothing(
    asking: Asking, store: MemoryStore, incident: Incident, question: Approval
) -> None:
    answered(store, question, ApprovalState.APPROVED, plan_hash="0" * 24)
    grant = await asking.answered(incident, PLAN, question)
    assert grant is not None
    assert not grant.given


@pytest.mark.parametrize(
    ("state", "end"),
    [(ApprovalState.DENIED, State.REJECTED), (ApprovalState.CANCELLED, State.NEEDS_HUMAN)],
)
async def test_a_no_grants_nothing(
    asking: Asking, store: MemoryStore, incident: Incident, question: Approval, state: ApprovalState, end: State
) -> None:
    answered(store, question, state)
    grant = await asking.answered(incident, PLAN, question)
    assert grant is not None
    assert (grant.given, grant.ends) == (False, end)


async def test_the_expiry_is_a_no(
    asking: Asking, store: MemoryStore, clock: FakeClock, incident: Incident, question: Approval
) -> None:
    clock.advance(900)
    grant = await asking.answered(incident, PLAN, question)
    assert grant is not None
    assert (grant.given, grant.ends) == (False, State.NEEDS_HUMAN)
    assert store.approvals.held[question.id].state is ApprovalState.EXPIRED


async def test_a_signal_that_cleared_cancels_the_question(
    asking: Asking, store: MemoryStore, clock: FakeClock, incident: Incident, question: Approval
) -> None:
    store.incidents.add(replace(store.incidents.held["INC-1"], signal_cleared_at=clock.now()))
    grant = await asking.answered(incident, PLAN, question)
    assert grant is not None
    assert (grant.given, grant.ends) == (False, State.SELF_CLEARED)
    assert store.approvals.held[question.id].state is ApprovalState.CANCELLED


@pytest.mark.parametrize("changes", [{"state": State.SELF_CLEARED}, {"run": 2}])
async def test_an_incident_closed_or_reopened_meanwhile_cancels_it_and_ends_the_response(
    asking: Asking, store: MemoryStore, incident: Incident, question: Approval, changes: dict[str, object]
) -> None:
    store.incidents.add(replace(store.incidents.held["INC-1"], **changes))
    with pytest.raises(Superseded):
        await asking.answered(incident, PLAN, question)
    assert store.approvals.held[question.id].state is ApprovalState.CANCELLED


AMENDED = replace(PLAN, amends=PLAN.hash, amendments=1)


async def test_an_amendment_is_the_plan_that_comes_in_its_place(
    asking: Asking, store: MemoryStore, incident: Incident, question: Approval
) -> None:
    answered(store, question, ApprovalState.AMENDED)
    store.dossiers.keep_plan(AMENDED)
    assert await asking.answered(incident, PLAN, question) == AMENDED


@pytest.mark.parametrize("kept", [None, PLAN, replace(AMENDED, amends="0" * 24)])
async def test_an_amendment_whose_plan_is_not_there_grants_nothing(
    asking: Asking, store: MemoryStore, incident: Incident, question: Approval, kept: Plan | None
) -> None:
    answered(store, question, ApprovalState.AMENDED)
    if kept is not None:
        store.dossiers.keep_plan(kept)
    grant = await asking.answered(incident, PLAN, question)
    assert isinstance(grant, Grant)
    assert not grant.given


async def test_the_amended_plan_is_asked_about_with_its_own_hash_and_told_beside_the_first(
    asking: Asking, store: MemoryStore, incident: Incident, question: Approval, channel: FakeChannel
) -> None:
    answered(store, question, ApprovalState.AMENDED)
    second = await asking.ask(incident, AMENDED, VERDICT)
    assert (second.plan_hash, second.state) == (AMENDED.hash, ApprovalState.PENDING)
    assert second.id != question.id
    assert [message.key for message in channel.sent] == ["INC-1:asked", "INC-1:asked:1"]
    assert AMENDED.hash in channel.sent[1].lines[0]
    assert [event.key for event in store.incidents.events if event.moment == "asked"] == ["1:asked", "1:asked:1"]


async def test_what_comes_of_amending_never_waits_longer_than_the_evidence_is_good(
    asking: Asking, store: MemoryStore, clock: FakeClock, incident: Incident, question: Approval
) -> None:
    clock.advance((OPEN_MAX - timedelta(minutes=5)).total_seconds())
    second = await asking.ask(incident, AMENDED, VERDICT)
    assert second.expires_at == question.asked_at + OPEN_MAX
