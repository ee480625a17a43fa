"""A plan amended while it is asked about: judged anew, asked anew, done once; on both databases, counted in effects."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from lamplighter.domain.amendment import AMENDMENTS_MAX, Amendment, amend
from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.message import Message
from lamplighter.domain.plan import Plan, Verb
from lamplighter.domain.policy import Mode
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.workflow.amending import Amending, NotLess
from lamplighter.workflow.briefing import Briefing
from tests.integration.workflow.conftest import MIB, Bench

Turn = Callable[[], Awaitable[None]]
ONLY_THE_LIMIT, ONLY_THE_START = Amendment(keep=(1,)), Amendment(keep=(2,))


@dataclass
class Desk:
    """Who amends and answers, while the response waits."""

    bench: Bench
    woken: list[str] = field(default_factory=list)

    async def wake(self, incident: Incident) -> None:
        self.woken.append(incident.id)

    @property
    def amending(self) -> Amending:
        return Amending(self.bench.store, self.bench.steps.chronicle, self, self.bench.switch)

    def asked(self) -> Approval:
        (question,) = self.bench.store.approvals.listed(pending_only=True)
        return question

    async def amend(self, wanted: Amendment, *, by: str = "anna", reason: str = "") -> Approval:
        question = self.asked()
        return await self.amending.amend(question.id, question.plan_hash, wanted, by=by, reason=reason)

    def answer(self, *, approve: bool = True) -> Approval:
        question, now = self.asked(), self.bench.clock.now()
        return self.bench.store.approvals.answer(
            question.id, approve=approve, by="anna", reason="", plan_hash=question.plan_hash, now=now
        )

    def amends(self, wanted: Amendment, reason: str = "") -> Turn:
        async def turn() -> None:
            await self.amend(wanted, reason=reason)

        return turn

    def says(self, *, approve: bool) -> Turn:
        async def turn() -> None:
            self.answer(approve=approve)

        return turn

    def states(self) -> list[str]:
        return [str(one.state) for one in reversed(self.bench.store.approvals.listed(pending_only=False))]

    def told(self, incident: Incident, moment: str) -> list[str]:
        return [one.text for one in self.bench.store.incidents.timeline(incident.id) if one.moment == moment]


@pytest.fixture
def desk(bench: Bench) -> Desk:
    bench.finds.fault = "oom_killed"
    bench.policy(Mode.ASK)
    bench.heals()
    return Desk(bench)


async def test_only_what_is_left_runs_after_a_yes_of_its_own(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()
    bench.steps.meanwhile = [desk.amends(ONLY_THE_START, "the limit stays"), desk.says(approve=True)]
    assert await bench.run(incident) is State.RESOLVED
    assert bench.engine.effects == [("start", "store")]
    assert desk.states() == ["amended", "consumed"]
    assert desk.woken == [incident.id]
    first, second = reversed(bench.store.approvals.listed(pending_only=False))
    assert (first.approver, first.reason) == ("anna", "the limit stays")
    assert first.plan_hash != second.plan_hash
    kept = bench.store.dossiers.plan(incident.id, 1)
    assert kept is not None
    assert (kept.hash, kept.amends) == (second.plan_hash, first.plan_hash)
    (text,) = desk.told(incident, "amended")
    assert text.startswith("anna amended the plan: raise the memory limit of store to 128 MiB: struck out")
    assert "(the limit stays)" in text
    assert len(desk.told(incident, "judged")) == 2
    assert len(desk.told(incident, "voted")) == 6
    assert [message.key for message in bench.channel.sent if message.moment == "asked"] == [
        "INC-1:asked",
        "INC-1:asked:1",
    ]


async def test_a_message_says_who_amended_and_never_that_they_said_yes(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()
    told: list[Message] = []

    async def told_now() -> None:
        told.append(await Briefing(bench.store, bench.clock).of(incident, "asked", ()))

    async def amended_now() -> None:
        await desk.amend(ONLY_THE_START)
        await told_now()

    bench.steps.meanwhile = [amended_now, told_now]
    await bench.run(incident)
    between, anew = (message.detail for message in told)
    assert (between.answered_by, between.approval_id) == ("", "")
    assert anew.amended.startswith("anna amended the plan")
    assert (anew.ask, anew.council[:12], anew.answered_by) == ("start store", "3 of 3 for i", "")
    assert anew.approval_id == bench.store.approvals.listed(pending_only=False)[0].id


async def test_a_lower_limit_is_the_one_that_is_set(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()
    bench.steps.meanwhile = [desk.amends(Amendment(limits={1: 96 * MIB})), desk.says(approve=True)]
    assert await bench.run(incident) is State.RESOLVED
    assert bench.engine.limits[bench.part.id] == 96 * MIB


async def test_an_amendment_is_no_yes_and_a_no_to_it_ends_it(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()
    bench.steps.meanwhile = [desk.amends(ONLY_THE_START), desk.says(approve=False)]
    assert await bench.run(incident) is State.REJECTED
    assert bench.engine.effects == []
    assert desk.states() == ["amended", "denied"]


async def test_a_yes_while_actions_are_paused_runs_nothing_and_later_neither(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()

    async def yes_while_paused() -> None:
        bench.switch.pause(by="kim", reason="", duration=None)
        desk.answer()

    bench.steps.meanwhile = [yes_while_paused]
    assert await bench.run(incident) is State.NEEDS_HUMAN
    bench.switch.resume(by="kim")
    assert bench.engine.effects == []


async def test_amended_and_left_alone_it_expires(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()
    bench.steps.meanwhile = [desk.amends(ONLY_THE_START)]
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []
    assert desk.states() == ["amended", "expired"]


async def test_what_policy_would_allow_alone_is_still_asked_after_an_amendment(desk: Desk) -> None:
    bench = desk.bench
    bench.policy(Mode.ASK, auto=("start container store",))
    incident = await bench.opened()
    bench.steps.meanwhile = [desk.amends(ONLY_THE_START)]
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []
    assert desk.states() == ["amended", "expired"]
    assert "so a person says yes to it" in bench.store.approvals.listed(pending_only=False)[0].summary


async def test_policy_may_refuse_what_is_left(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()

    async def turn() -> None:
        await desk.amend(ONLY_THE_START)
        bench.store.ledger.freeze(bench.part.id, "a fix failed", bench.clock.now())

    bench.steps.meanwhile = [turn]
    assert await bench.run(incident) is State.NEEDS_HUMAN
    assert bench.engine.effects == []
    assert desk.states() == ["amended"]


async def test_after_the_limit_only_yes_and_no_are_left(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()

    async def once_more() -> None:
        with pytest.raises(NotLess, match="which is the limit; say yes or no"):
            await desk.amend(ONLY_THE_START)
        desk.answer()

    steps = [desk.amends(Amendment(limits={1: (120 - number) * MIB})) for number in range(AMENDMENTS_MAX)]
    bench.steps.meanwhile = [*steps, once_more]
    assert await bench.run(incident) is State.RESOLVED
    assert desk.states() == ["amended"] * AMENDMENTS_MAX + ["consumed"]
    assert bench.engine.limits[bench.part.id] == (120 - AMENDMENTS_MAX + 1) * MIB


async def test_what_clears_after_an_amendment_is_not_acted_on(desk: Desk) -> None:
    bench = desk.bench
    incident = await bench.opened()

    async def over() -> None:
        await bench.clears(incident)

    bench.steps.meanwhile = [desk.amends(ONLY_THE_START), over]
    assert await bench.run(incident) is State.SELF_CLEARED
    assert bench.engine.effects == []


async def opened_question(desk: Desk) -> Approval:
    incident = await desk.bench.approved(State.COUNCIL_REVIEW)
    plan = desk.bench.plan(incident, Verb.SET_MEMORY_LIMIT, Verb.START)
    desk.bench.store.dossiers.keep_plan(plan)
    await desk.bench.asked(incident, plan, yes=False)
    return desk.asked()


@pytest.mark.parametrize(
    "wanted", [Amendment(), Amendment(keep=()), Amendment(keep=(3,)), Amendment(limits={1: 999 * MIB})]
)
async def test_what_is_not_less_changes_nothing(desk: Desk, wanted: Amendment) -> None:
    question = await opened_question(desk)
    with pytest.raises(NotLess):
        await desk.amend(wanted)
    assert desk.asked() == question
    assert desk.woken == []


async def test_another_plan_another_time_or_a_pause_changes_nothing(desk: Desk) -> None:
    question = await opened_question(desk)
    with pytest.raises(CannotAnswer, match="not 0000"):
        await desk.amending.amend(question.id, "0" * 24, ONLY_THE_START, by="anna", reason="")
    with pytest.raises(LookupError):
        await desk.amending.amend("INC-9-00000000", question.plan_hash, ONLY_THE_START, by="anna", reason="")
    desk.bench.switch.pause(by="anna", reason="", duration=None)
    with pytest.raises(CannotAnswer, match="the question stays as it is"):
        await desk.amend(ONLY_THE_START)
    desk.bench.switch.resume(by="anna")
    assert desk.asked() == question
    desk.bench.clock.advance(timedelta(hours=1).total_seconds())
    with pytest.raises(CannotAnswer, match="expired"):
        await desk.amend(ONLY_THE_START)


async def test_what_a_person_has_closed_or_was_handed_is_not_amended(desk: Desk) -> None:
    question = await opened_question(desk)
    store, chronicle = desk.bench.store, desk.bench.steps.chronicle
    for state in (State.NEEDS_HUMAN, State.RESOLVED):
        incident = store.incidents.load(question.incident_id)
        assert incident is not None
        event = chronicle.event(incident, f"to:{state}", Moment.CLOSED, Crew.PERSON, "")
        store.incidents.move(incident.id, state, event)
        with pytest.raises(CannotAnswer, match=f"is {state} by now, so nothing of it is asked any more"):
            await desk.amend(ONLY_THE_START)
        assert desk.asked() == question


async def test_a_message_bears_no_answer_to_another_plan_than_it_shows(desk: Desk) -> None:
    question = await opened_question(desk)
    store = desk.bench.store
    incident = store.incidents.load(question.incident_id)
    assert incident is not None
    shown = await Briefing(store, desk.bench.clock).of(incident, "asked", ())
    assert (shown.detail.approval_id, shown.detail.plan_hash) == (question.id, question.plan_hash)
    # As where an amendment comes between two looks into the store.
    plan = store.dossiers.plan(incident.id, 1)
    assert plan is not None
    amended = amend(plan, ONLY_THE_START)
    assert isinstance(amended, Plan)
    store.dossiers.keep_plan(amended)
    between = await Briefing(store, desk.bench.clock).of(incident, "asked", ())
    assert (between.detail.ask, between.detail.approval_id) == ("start store", "")


async def test_the_first_answer_wins_and_the_others_are_told_by_whom(desk: Desk) -> None:
    question = await opened_question(desk)
    now, approvals = desk.bench.clock.now(), desk.bench.store.approvals
    await desk.amend(ONLY_THE_START)
    for approve in (True, False):
        with pytest.raises(CannotAnswer, match="the question is amended by anna"):
            approvals.answer(question.id, approve=approve, by="kim", reason="", plan_hash=None, now=now)
    with pytest.raises(CannotAnswer, match="the question is amended by anna"):
        approvals.extend(question.id, now + timedelta(hours=1), now=now)
    with pytest.raises(CannotAnswer, match="the question is amended by anna"):
        await desk.amending.amend(question.id, question.plan_hash, ONLY_THE_LIMIT, by="kim", reason="")
    assert approvals.close(question.id, ApprovalState.EXPIRED, now).state is ApprovalState.AMENDED


async def test_a_yes_and_an_amendment_at_once_and_one_counts(desk: Desk) -> None:
    question = await opened_question(desk)
    store, now = desk.bench.store, desk.bench.clock.now()
    incident, plan = desk.amending._asked_about(question.id, question.plan_hash)

    def yes() -> str:
        return str(
            store.approvals.answer(question.id, approve=True, by="kim", reason="", plan_hash=None, now=now).state
        )

    def less() -> str:
        amended = amend(plan, ONLY_THE_START)
        told = desk.amending._event(incident, plan, amended, "anna", "")
        return str(store.approvals.amend(question.id, amended, by="anna", reason="", told=told).state)

    def tried(act: Callable[[], str]) -> str:
        try:
            return act()
        except CannotAnswer:
            return "too late"

    with ThreadPoolExecutor(2) as pool:
        results = set(pool.map(tried, (yes, less)))
    kept = store.approvals.load(question.id)
    assert kept is not None
    assert results == {"too late", str(kept.state)}
    is_amended = kept.state is ApprovalState.AMENDED
    present = store.dossiers.plan(incident.id, 1)
    assert present is not None
    assert (present.amends == plan.hash) is is_amended
    assert bool(desk.told(incident, "amended")) is is_amended
