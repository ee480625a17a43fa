"""What each step of the story does with the ports. Decisions come from domain/; the order is story.py's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

from lamplighter.domain.approval import Approval, Grant
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.council import CHECKS, Motion, Vote, tally
from lamplighter.domain.evidence import Gathered
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Result
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.member import Link
from lamplighter.domain.plan import Plan, make_plan
from lamplighter.domain.policy import Past, Record, Rules, Ruling, Verdict, judge
from lamplighter.domain.storm import mass_failure
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.topology import Resolution, resolve_name
from lamplighter.domain.verification import Outcome, SignalState, Verification
from lamplighter.ports import Clock, Investigator, KnowledgeSource, Store
from lamplighter.workflow.asking import Asking, once
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.looking import Looking, said
from lamplighter.workflow.remedy import Remedy
from lamplighter.workflow.story import Superseded
from lamplighter.workflow.verifying import Verifying
from lamplighter.workflow.world import World

STORM_SECONDS_MAX = 15.0
PAST_SECONDS_MIN = 24 * 3600
PAUSE_SLACK_SECONDS = 1.0


@dataclass(slots=True)
class LiveSteps:
    """The steps on the real world."""

    store: Store
    world: World
    remedy: Remedy
    chronicle: Chronicle
    investigator: Investigator
    knowledge: KnowledgeSource
    rules: Rules
    clock: Clock
    care: Care
    asking: Asking
    verifying: Verifying

    async def load(self, response_id: str) -> Incident:
        """Take on one run of an incident; another run's response has nothing to do here."""
        incident_id, _, run = response_id.partition(".")
        incident = await asyncio.to_thread(self.store.incidents.load, incident_id)
        if incident is None:
            raise Superseded(f"{incident_id} is not in the store")
        if not incident.is_open:
            raise Superseded(f"{incident_id} is {incident.state}")
        if incident.run != int(run or 1):
            raise Superseded(f"{incident_id} is in run {incident.run} by now, and this was to be run {run or 1}")
        return await self.chronicle.move(incident, State.ANALYSING, "analysing", Crew.ANALYST, "looking for the cause")

    @property
    def _looking(self) -> Looking:
        return Looking(self.store, self.world, self.remedy, self.chronicle, self.investigator, self.clock)

    async def gather(self, incident: Incident) -> Gathered:
        """See `Looking.gather`."""
        return await self._looking.gather(incident)

    async def diagnose(self, incident: Incident, gathered: Gathered) -> Diagnosis:
        """See `Looking.diagnose`."""
        return await self._looking.diagnose(incident, gathered)

    async def plan(self, incident: Incident, gathered: Gathered, diagnosis: Diagnosis) -> Plan:
        """Pin the cause's component to one live id, and choose the least disruptive remedy."""
        survey = await self.world.survey()
        if gathered.subject and diagnosis.best:
            resolution = resolve_name(diagnosis.best.component, survey.components)
        else:
            resolution = Resolution(None, gathered.reason)
        verify = f"{incident.alert.name} clear for {self.care.dwell_seconds:.0f} s"
        plan = make_plan(incident.id, incident.run, diagnosis, resolution, self.world.offers, verify)
        await asyncio.to_thread(self.store.dossiers.keep_plan, plan)
        words = plan.words or f"no action: {plan.advice}"
        data: dict[str, object] = {"hash": plan.hash, "actions": [action.words for action in plan.actions]}
        await self.chronicle.note(incident, "planned", Moment.PLANNED, Crew.HEALER, words, data)
        return plan

    async def judge(self, incident: Incident, plan: Plan) -> Verdict:
        """Policy's word on the plan. What began before a storm was seen waits here until the storm has settled."""
        await self.clock.sleep(min(self.remedy.settling_seconds(), STORM_SECONDS_MAX))
        record = await self._record(plan)
        verdict = await self._guarded(judge(plan, self.rules, record), plan, record)
        if verdict.ruling is Ruling.REFUSED and plan.actions:
            verdict = replace(verdict, reason=f"{verdict.reason}; I would {plan.words}")
        text = f"policy: {verdict.ruling}: {verdict.reason}"
        await self.chronicle.note(incident, once("judged", plan), Moment.JUDGED, Crew.COUNCIL, text)
        return verdict

    async def convene_council(self, incident: Incident, plan: Plan, verdict: Verdict) -> Verdict:
        """Three votes by code; a member that fails is a no."""
        incident = await self.chronicle.move(
            incident, State.COUNCIL_REVIEW, once("council", plan), Crew.COUNCIL, "the council has the plan before it"
        )
        diagnosis = await asyncio.to_thread(self.store.dossiers.diagnosis, incident.id, incident.run)
        reading = await self.remedy.reading(incident)
        firing = (
            None if reading is None or reading.state is SignalState.NO_DATA else reading.state is SignalState.FIRING
        )
        lessons = await self.knowledge.recall(incident.trouble, plan.fault)
        words = tuple(action.words for action in plan.actions)
        failed_before = bool(lessons) and lessons[0].actions == words and lessons[0].outcome != Outcome.RECOVERED
        record = await self._record(plan)
        motion = Motion(plan, diagnosis or Diagnosis(), record, self.clock.now(), firing, failed_before)
        votes = tuple(_vote(member, motion) for member in CHECKS)
        for vote in votes:
            word = "for" if vote.in_favour else "against"
            await self.chronicle.note(
                incident,
                once(f"vote:{vote.member}", plan),
                Moment.VOTED,
                Crew.COUNCIL,
                f"{vote.member}: {word}: {vote.reason}",
                {"member": vote.member, "in_favour": vote.in_favour, "reason": vote.reason, "failed": vote.failed},
            )
        return tally(votes, verdict)

    async def ask(self, incident: Incident, plan: Plan, verdict: Verdict) -> Approval:
        """Put the question to people."""
        return await self.asking.ask(incident, plan, verdict)

    async def answered(self, incident: Incident, plan: Plan, approval: Approval) -> Grant | Plan | None:
        """What became of the question."""
        return await self.asking.answered(incident, plan, approval)

    async def expiry(self, approval: Approval) -> Approval:
        """See `Asking.expiry`."""
        return await self.asking.expiry(approval)

    async def grant(self, incident: Incident, plan: Plan, verdict: Verdict) -> Grant:
        """Policy's own grant."""
        return await self.asking.grant(incident, plan, verdict)

    async def act(self, incident: Incident, plan: Plan, grant: Grant, index: int) -> Result:
        """One action, at most once, and only where policy still lets it run: an answer may have taken long."""

        async def forbidden() -> str:
            record = await self._record(plan)
            verdict = await self._guarded(judge(plan, self.rules, record), plan, record)
            if verdict.ruling is Ruling.NEEDS_APPROVAL and not grant.approval_id:
                return f"not allowed any more: {verdict.reason}"
            if verdict.ruling is Ruling.REFUSED:
                return verdict.reason
            # Whoever acted meanwhile may have healed this too, so that is waited for by the sweep and not acted on.
            early = verdict.wait_seconds > PAUSE_SLACK_SECONDS
            return "another response acted on it just now; its effect must show first" if early else ""

        return await self.remedy.act(incident, plan, grant, index, forbidden)

    async def verify(self, incident: Incident, plan: Plan) -> Verification:
        """Ask the signal that fired."""
        return await self.verifying.verify(incident, plan)

    async def undo(self, incident: Incident, plan: Plan, grant: Grant, results: tuple[Result, ...]) -> Result:
        """Put the recorded state back, once, and freeze the target."""
        return await self.remedy.undo(incident, plan, grant, results)

    async def learn(self, incident: Incident, plan: Plan, check: Verification) -> None:
        """Keep what the outcome taught."""
        now = self.clock.now()
        lesson = Lesson(
            incident_id=incident.id,
            trouble=incident.trouble,
            component=plan.component,
            fault=plan.fault,
            actions=tuple(action.words for action in plan.actions),
            outcome=str(check.outcome),
            confidence=plan.confidence,
            seconds=round((now - incident.opened_at).total_seconds(), 3),
            at=now,
        )
        await self.knowledge.remember(lesson)
        done = " and ".join(lesson.actions) or "nothing"
        text = f"{plan.fault} of {plan.component}: {done}: {check.outcome} after {lesson.seconds:.1f} s"
        await self.chronicle.note(incident, "learned", Moment.LEARNED, Crew.LIBRARIAN, text)

    async def notify(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> None:
        """Tell people."""
        await self.chronicle.tell(incident, moment, lines)

    async def close(self, incident: Incident, state: State, reason: str) -> State:
        """End the response; an end that waits for a person says what was found."""
        lines: tuple[str, ...] = (reason,)
        if state is not State.SELF_CLEARED:
            diagnosis = await asyncio.to_thread(self.store.dossiers.diagnosis, incident.id, incident.run)
            lines = (said(diagnosis), reason) if diagnosis else lines
        incident = await self.chronicle.move(incident, state, "closed", Crew.COMMUNICATOR, reason, moment=Moment.CLOSED)
        self.remedy.forget(incident)
        # What cleared by itself may be back in a moment; word of it is sent when it has stayed away for a while.
        if state is not State.SELF_CLEARED:
            await self.chronicle.tell(incident, str(state), lines)
        return state

    async def _guarded(self, verdict: Verdict, plan: Plan, record: Record) -> Verdict:
        """Nothing is done unasked in a mass failure, where what fails together is seldom healed one by one."""
        if verdict.ruling is not Ruling.ALLOWED:
            return verdict
        members = await asyncio.to_thread(self.store.incidents.members, plan.incident_id)
        firing = [member for member in members if member.firing]
        if any(member.link is Link.GROUP for member in firing):
            return Verdict(Ruling.NEEDS_APPROVAL, "mass failure: most of a group fails at once, so a person decides")
        troubled = frozenset(member.component for member in firing)
        words = (mass_failure(action.target.id, record.components, troubled) for action in plan.actions)
        why = next(filter(None, words), "")
        return Verdict(Ruling.NEEDS_APPROVAL, why) if why else verdict

    async def _record(self, plan: Plan) -> Record:
        now = self.clock.now()
        survey, attempts, open_attempts, frozen = await asyncio.gather(
            self.world.survey(),
            asyncio.to_thread(self.store.ledger.since, now - _remembered(self.rules)),
            asyncio.to_thread(self.store.ledger.open),
            asyncio.to_thread(self.store.ledger.frozen),
        )
        others = (a for a in attempts if not a.undo_of and a.plan_hash != plan.hash)
        past = tuple(Past(a.target_id, a.verb, a.planned_at, a.incident_id) for a in others)
        mine = {a.key for a in open_attempts if a.incident_id == plan.incident_id}
        busy = frozenset(a.target_id for a in open_attempts if a.key not in mine)
        return Record(now, past, frozenset(frozen), self.remedy.switch.paused(), survey.components, busy)


def _remembered(rules: Rules) -> timedelta:
    """How far back attempts count: as long as the longest budget."""
    limits = rules.limits
    return timedelta(seconds=max(PAST_SECONDS_MIN, limits.per_target_seconds, limits.total_seconds))


def _vote(member: str, motion: Motion) -> Vote:
    try:
        return CHECKS[member](motion)
    except Exception as failure:  # noqa: BLE001 - a member that fails in any way is a no, and a person decides
        return Vote(member, in_favour=False, reason=f"failed: {failure!r}", failed=True)
