"""Playbooks: given this script of answers, these steps in this order, and this end."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from lamplighter.domain.amendment import AMENDMENTS_MAX
from lamplighter.domain.approval import Approval, Grant
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Gathered
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Result, ResultKind
from lamplighter.domain.plan import Action, Plan, Target, Verb
from lamplighter.domain.policy import Ruling, Verdict
from lamplighter.domain.verification import Outcome, Verification
from lamplighter.testing import NOON, firing
from lamplighter.workflow.story import WAITS_MAX, Superseded, run_incident

TARGET = Target("fake", "container", "store", "id-1")
ALLOWED = Verdict(Ruling.ALLOWED, "a label allows it")
ASKS = Verdict(Ruling.NEEDS_APPROVAL, "nothing allows it")
REFUSED = Verdict(Ruling.REFUSED, "never")
DONE = Result(ResultKind.DONE, "took place", "restart store")
UNDERSTOOD = ["load", "notify opened", "gather", "diagnose", "plan", "judge"]
DECIDED = [*UNDERSTOOD, "council"]


@dataclass
class Playbook:
    """Answers what the script says, and writes down every step."""

    verdict: Verdict = ALLOWED
    council: Verdict | None = None
    answers: list[Grant | Plan | None] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    results: list[Result] = field(default_factory=lambda: [DONE])
    outcome: Outcome = Outcome.RECOVERED
    undone: Result = DONE
    superseded_at: str = ""
    steps: list[str] = field(default_factory=list)
    closed: tuple[State, str] | None = None
    judged: list[Plan] = field(default_factory=list)

    def _step(self, words: str) -> None:
        if self.superseded_at and words.startswith(self.superseded_at):
            raise Superseded("closed by a person")
        self.steps.append(words)

    async def load(self, incident_id: str) -> Incident:
        self._step("load")
        alert = firing()
        return Incident(incident_id, "t", State.ANALYSING, "critical", alert.trouble, alert, NOON, NOON)

    async def gather(self, incident: Incident) -> Gathered:
        self._step("gather")
        return Gathered("store", "label", 1, 0, None)

    async def diagnose(self, incident: Incident, gathered: Gathered) -> Diagnosis:
        self._step("diagnose")
        return Diagnosis()

    async def plan(self, incident: Incident, gathered: Gathered, diagnosis: Diagnosis) -> Plan:
        self._step("plan")
        verbs = (Verb.RESTART, Verb.START, Verb.SET_MEMORY_LIMIT)[: len(self.results)]
        actions = tuple(Action(verb, TARGET, {"bytes": "1"}) for verb in verbs)
        return Plan(incident.id, 1, "store", "process_hung", 0.9, actions)

    async def judge(self, incident: Incident, plan: Plan) -> Verdict:
        self._step("judge")
        self.judged.append(plan)
        return self.verdicts.pop(0) if self.verdicts else self.verdict

    async def convene_council(self, incident: Incident, plan: Plan, verdict: Verdict) -> Verdict:
        self._step("council")
        return self.council or verdict

    async def ask(self, incident: Incident, plan: Plan, verdict: Verdict) -> Approval:
        self._step("ask")
        return Approval("a1", incident.id, plan.hash, "restart store", NOON, NOON + timedelta(seconds=900))

    async def answered(self, incident: Incident, plan: Plan, approval: Approval) -> Grant | Plan | None:
        self._step("answered")
        return self.answers.pop(0) if self.answers else None

    async def wait(self, approval: Approval) -> None:
        self._step(f"wait {(approval.expires_at - approval.asked_at).total_seconds():.0f}")

    async def pause(self, seconds: float) -> None:
        self._step(f"pause {seconds:.0f}")

    async def grant(self, incident: Incident, plan: Plan, verdict: Verdict) -> Grant:
        self._step("grant")
        return Grant("policy:1", given=True, by="policy", reason=verdict.reason)

    async def act(self, incident: Incident, plan: Plan, grant: Grant, index: int) -> Result:
        self._step(f"act {index} by {grant.by}")
        return self.results[index]

    async def verify(self, incident: Incident, plan: Plan) -> Verification:
        self._step("verify")
        return Verification(self.outcome, f"it is {self.outcome}")

    async def undo(self, incident: Incident, plan: Plan, grant: Grant, results: tuple[Result, ...]) -> Result:
        self._step(f"undo {len(results)}")
        return self.undone

    async def learn(self, incident: Incident, plan: Plan, check: Verification) -> None:
        self._step("learn")

    async def notify(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> None:
        self._step(f"notify {moment}")

    async def close(self, incident: Incident, state: State, reason: str) -> State:
        self._step(f"close {state}")
        self.closed = (state, reason)
        return state


def said_yes() -> Grant:
    return Grant("a1", given=True, by="admin", reason="yes", approval_id="a1")


def said_no(ends: State, reason: str) -> Grant:
    return Grant("", given=False, by="admin", reason=reason, ends=ends)


async def played(script: Playbook) -> list[str]:
    assert await run_incident("INC-1", script) is script.closed[0]
    return script.steps


async def test_allowed_done_recovered_is_resolved() -> None:
    steps = await played(Playbook())
    assert steps == [*DECIDED, "grant", "act 0 by policy", "verify", "learn", "close resolved"]


async def test_refused_asks_neither_council_nor_person() -> None:
    script = Playbook(verdict=REFUSED)
    assert await played(script) == [*UNDERSTOOD, "close needs_human"]
    assert script.closed == (State.NEEDS_HUMAN, "never")


async def test_two_of_three_votes_go_on_as_the_verdict_says() -> None:
    risky = Verdict(Ruling.ALLOWED, "council 2/3, risky", risky=True)
    steps = await played(Playbook(council=risky))
    assert steps == [*DECIDED, "grant", "act 0 by policy", "verify", "learn", "close resolved"]


async def test_a_council_that_tightens_makes_a_person_decide() -> None:
    script = Playbook(council=ASKS, answers=[said_yes()])
    steps = await played(script)
    assert steps == [*DECIDED, "ask", "answered", "act 0 by admin", "verify", "learn", "close resolved"]


async def test_a_council_that_refuses_ends_it() -> None:
    assert await played(Playbook(council=REFUSED)) == [*DECIDED, "close needs_human"]


async def test_a_yes_is_waited_for_until_the_expiry() -> None:
    script = Playbook(verdict=ASKS, answers=[None, None, said_yes()])
    waits = ["answered", "wait 900", "answered", "wait 900", "answered"]
    assert await played(script) == [
        *DECIDED, "ask", *waits, "act 0 by admin", "verify", "learn", "close resolved"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (said_no(State.REJECTED, "admin said no"), State.REJECTED),
        (said_no(State.NEEDS_HUMAN, "nobody answered in time"), State.NEEDS_HUMAN),
        (said_no(State.SELF_CLEARED, "over while I waited"), State.SELF_CLEARED),
    ],
)
async def test_a_no_an_expiry_and_a_cleared_signal_do_nothing(answer: Grant, end: State) -> None:
    script = Playbook(verdict=ASKS, answers=[answer])
    assert await played(script) == [*DECIDED, "ask", "answered", f"close {end}"]
    assert script.closed == (end, answer.reason)


async def test_an_endless_wait_ends_without_an_action() -> None:
    script = Playbook(verdict=ASKS)
    steps = await played(script)
    assert steps.count("answered") == WAITS_MAX
    assert not [step for step in steps if step.startswith("act")]
    assert script.closed[0] is State.NEEDS_HUMAN


@pytest.mark.parametrize("kind", [ResultKind.FAILED, ResultKind.UNKNOWN, ResultKind.STOPPED])
async def test_an_action_that_is_not_done_ends_it_without_the_next(kind: ResultKind) -> None:
    script = Playbook(results=[Result(kind, "no answer", "restart store"), DONE])
    assert await played(script) == [*DECIDED, "grant", "act 0 by policy", "close needs_human"]
    assert script.closed == (State.NEEDS_HUMAN, f"restart store: {kind}: no answer")


async def test_cleared_before_the_first_action_is_self_cleared() -> None:
    script = Playbook(results=[Result(ResultKind.CLEARED, "over by itself"), DONE])
    assert await played(script) == [*DECIDED, "grant", "act 0 by policy", "close self_cleared"]


async def test_cleared_after_the_first_action_is_verified_as_that_actions_work() -> None:
    script = Playbook(results=[DONE, Result(ResultKind.CLEARED, "over by itself; nothing was done")])
    assert await played(script) == [
        *DECIDED, "grant", "act 0 by policy", "act 1 by policy", "verify", "learn", "close resolved"
    ]  # fmt: skip


async def test_the_cool_down_comes_before_the_action() -> None:
    steps = await played(Playbook(verdict=Verdict(Ruling.ALLOWED, "a label", wait_seconds=20)))
    assert steps[len(DECIDED) :][:3] == ["grant", "pause 20", "act 0 by policy"]


async def test_worse_is_undone_once_and_rolled_back() -> None:
    script = Playbook(outcome=Outcome.WORSE, results=[DONE, DONE])
    assert await played(script) == [
        *DECIDED, "grant", "act 0 by policy", "act 1 by policy", "verify", "undo 2", "learn", "close rolled_back"
    ]  # fmt: skip


async def test_an_undo_that_fails_needs_a_person() -> None:
    script = Playbook(outcome=Outcome.WORSE, undone=Result(ResultKind.FAILED, "rollback failed: no"))
    assert (await played(script))[-3:] == ["undo 1", "learn", "close needs_human"]
    assert "rollback failed" in script.closed[1]


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.UNCHANGED])
async def test_neither_unknown_nor_unchanged_is_undone_or_called_resolved(outcome: Outcome) -> None:
    script = Playbook(outcome=outcome)
    assert (await played(script))[-3:] == ["verify", "learn", "close needs_human"]


@pytest.mark.parametrize("step", ["gather", "ask", "answered", "act", "verify", "close"])
async def test_superseded_ends_it_at_once(step: str) -> None:
    script = Playbook(verdict=ASKS, answers=[said_yes()], superseded_at=step)
    with pytest.raises(Superseded):
        await run_incident("INC-1", script)
    assert script.closed is None
    assert not [one for one in script.steps if one.startswith(step)]


def amended(number: int = 1) -> Plan:
    """What a person made of the plan."""
    actions = (Action(Verb.RESTART, TARGET),)
    return Plan("INC-1", 1, "store", "process_hung", 0.9, actions, amends="before", amendments=number)


async def test_an_amended_plan_is_judged_voted_on_and_asked_about_anew_and_then_runs() -> None:
    script = Playbook(verdict=ASKS, answers=[None, amended(), None, said_yes()], results=[DONE, DONE])
    again = ["judge", "council", "ask", "answered", "wait 900", "answered"]
    steps = await played(script)
    assert steps == [
        *DECIDED,
        "ask",
        "answered",
        "wait 900",
        "answered",
        *again,
        "act 0 by admin",
        "verify",
        "learn",
        "close resolved",
    ]
    assert script.judged[-1] == amended()


async def test_whoever_amends_still_has_to_say_yes_even_where_policy_allows_the_rest() -> None:
    script = Playbook(verdicts=[ASKS, ALLOWED], answers=[amended(), said_yes()])
    steps = await played(script)
    assert steps[len(DECIDED) :][:5] == ["ask", "answered", "judge", "council", "ask"]
    assert "grant" not in steps


@pytest.mark.parametrize("end", [State.REJECTED, State.NEEDS_HUMAN, State.SELF_CLEARED])
async def test_amended_and_then_refused_or_left_alone_nothing_is_done(end: State) -> None:
    script = Playbook(verdict=ASKS, answers=[amended(), None, said_no(end, "no")])
    steps = await played(script)
    assert steps[-2:] == ["answered", f"close {end}"]
    assert not [step for step in steps if step.startswith("act")]


async def test_an_amended_plan_that_policy_refuses_goes_to_a_person() -> None:
    script = Playbook(verdicts=[ASKS, REFUSED], answers=[amended()])
    assert await played(script) == [*DECIDED, "ask", "answered", "judge", "close needs_human"]
    assert script.closed == (State.NEEDS_HUMAN, "never")


async def test_amendments_have_a_limit_even_where_the_door_had_none() -> None:
    script = Playbook(verdict=ASKS, answers=[amended(number) for number in range(1, 10)])
    steps = await played(script)
    assert steps.count("ask") == AMENDMENTS_MAX + 1
    assert script.closed == (State.NEEDS_HUMAN, "amended too many times; nothing was done")
