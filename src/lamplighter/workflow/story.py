"""The life of an incident, as one plain sequence that reads top to bottom. What each step does is steps.py's work."""

from __future__ import annotations

from typing import Protocol

from lamplighter.domain.amendment import AMENDMENTS_MAX, for_a_person
from lamplighter.domain.approval import Approval, Grant
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Gathered
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Result, ResultKind
from lamplighter.domain.plan import Plan
from lamplighter.domain.policy import Ruling, Verdict
from lamplighter.domain.verification import Outcome, Verification

WAITS_MAX = 2000


class Superseded(Exception):
    """The incident was closed, merged or begun anew while this response ran: it ends, and changes nothing more."""


class Work(Protocol):
    """What the story asks for. Every step may be repeated after a crash and must then come to the same."""

    async def load(self, response_id: str) -> Incident:
        """The incident of this response, now being analysed; `Superseded` where another run has it by now."""
        ...

    async def gather(self, incident: Incident) -> Gathered:
        """Look everywhere that may matter; keep what was seen."""
        ...

    async def diagnose(self, incident: Incident, gathered: Gathered) -> Diagnosis:
        """From evidence to causes."""
        ...

    async def plan(self, incident: Incident, gathered: Gathered, diagnosis: Diagnosis) -> Plan:
        """From the best cause to actions, with their targets pinned."""
        ...

    async def judge(self, incident: Incident, plan: Plan) -> Verdict:
        """What policy says."""
        ...

    async def convene_council(self, incident: Incident, plan: Plan, verdict: Verdict) -> Verdict:
        """What the council makes of it; never looser."""
        ...

    async def ask(self, incident: Incident, plan: Plan, verdict: Verdict) -> Approval:
        """Put the question to people."""
        ...

    async def answered(self, incident: Incident, plan: Plan, approval: Approval) -> Grant | Plan | None:
        """The answer, the expiry, the plan as a person amended it, or None while nothing is there."""
        ...

    async def expiry(self, approval: Approval) -> Approval:
        """The question as it stands now: a person may have put it off."""
        ...

    async def grant(self, incident: Incident, plan: Plan, verdict: Verdict) -> Grant:
        """Policy's own grant, where nobody needs to be asked."""
        ...

    async def act(self, incident: Incident, plan: Plan, grant: Grant, index: int) -> Result:
        """Do one action of the plan, at most once: ledger first, then the effect."""
        ...

    async def verify(self, incident: Incident, plan: Plan) -> Verification:
        """Ask the signal that fired."""
        ...

    async def undo(self, incident: Incident, plan: Plan, grant: Grant, results: tuple[Result, ...]) -> Result:
        """Put back the state that was recorded before, once."""
        ...

    async def learn(self, incident: Incident, plan: Plan, check: Verification) -> None:
        """Remember what the outcome taught."""
        ...

    async def notify(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> None:
        """Tell people. Never fails the story."""
        ...

    async def close(self, incident: Incident, state: State, reason: str) -> State:
        """The end of this response: its state, its reason, and word to people."""
        ...


class Steps(Work, Protocol):
    """The work, and how to wait between."""

    async def wait(self, approval: Approval) -> None:
        """Wait durably until the question expires; a wake-up ends it early, and so may a restart."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait durably for the full time."""
        ...


async def run_incident(response_id: str, do: Steps) -> State:
    """Respond to one run of an incident; returns the state in which it ends or waits for a person."""
    incident = await do.load(response_id)
    await do.notify(incident, "opened", (incident.title,))
    gathered = await do.gather(incident)
    diagnosis = await do.diagnose(incident, gathered)
    plan = await do.plan(incident, gathered, diagnosis)

    plan, verdict, grant = await _agree(incident, plan, do)
    if not grant.given:
        return await do.close(incident, grant.ends, grant.reason)

    results = await _remediate(incident, plan, grant, verdict, do)
    last = results[-1]
    if last.kind is ResultKind.CLEARED and len(results) == 1:
        return await do.close(incident, State.SELF_CLEARED, last.detail)
    # Cleared after the first of several actions is no accident: that action is verified, and learned from.
    if last.kind not in {ResultKind.DONE, ResultKind.CLEARED}:
        return await do.close(incident, State.NEEDS_HUMAN, f"{last.words}: {last.kind}: {last.detail}")

    check = await do.verify(incident, plan)
    end, reason = _end_of(check)
    if check.outcome is Outcome.WORSE:
        undone = await do.undo(incident, plan, grant, results)
        end = State.ROLLED_BACK if undone.kind is ResultKind.DONE else State.NEEDS_HUMAN
        reason = f"{reason}; {undone.detail}"
    await do.learn(incident, plan, check)
    return await do.close(incident, end, reason)


async def _agree(incident: Incident, plan: Plan, do: Steps) -> tuple[Plan, Verdict, Grant]:
    """Policy, the council and people on the plan; all of them anew on what a person amended it to."""
    for _ in range(AMENDMENTS_MAX + 1):
        verdict = await do.judge(incident, plan)
        if verdict.ruling is not Ruling.REFUSED:
            verdict = await do.convene_council(incident, plan, verdict)
        if verdict.ruling is Ruling.REFUSED:
            return plan, verdict, Grant("", given=False, by="policy", reason=verdict.reason)
        verdict = for_a_person(plan, verdict)
        answer = await _await_approval(incident, plan, verdict, do)
        if isinstance(answer, Grant):
            return plan, verdict, answer
        plan = answer
    verdict = Verdict(Ruling.REFUSED, "amended too many times; nothing was done")
    return plan, verdict, Grant("", given=False, by="policy", reason=verdict.reason)


async def _await_approval(incident: Incident, plan: Plan, verdict: Verdict, do: Steps) -> Grant | Plan:
    """Nobody is asked where the verdict allows it; else wait until an answer, the expiry, or the signal's end."""
    if verdict.ruling is Ruling.ALLOWED:
        return await do.grant(incident, plan, verdict)
    approval = await do.ask(incident, plan, verdict)
    for _ in range(WAITS_MAX):
        answer = await do.answered(incident, plan, approval)
        if answer is not None:
            return answer
        await do.wait(approval)
    return Grant("", given=False, by="", reason="the wait for an answer took too many turns; nothing was done")


async def _remediate(incident: Incident, plan: Plan, grant: Grant, verdict: Verdict, do: Steps) -> tuple[Result, ...]:
    """One action after another, least disruptive first; the first that is not done ends it."""
    if verdict.wait_seconds:
        await do.pause(verdict.wait_seconds)
    results: list[Result] = []
    for index in range(len(plan.actions)):
        results.append(await do.act(incident, plan, grant, index))
        if results[-1].kind is not ResultKind.DONE:
            break
    return tuple(results)


def _end_of(check: Verification) -> tuple[State, str]:
    if check.outcome is Outcome.RECOVERED:
        return State.RESOLVED, check.reason
    return State.NEEDS_HUMAN, f"{check.outcome}: {check.reason}"
