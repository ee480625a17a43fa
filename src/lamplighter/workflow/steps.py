"""What each step of the story does with the ports. Decisions come from domain/; the order is story.py's."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta

import msgspec

from lamplighter.diagnosis.settling import starting
from lamplighter.domain.approval import Approval, Grant
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.council import CHECKS, Motion, Vote, tally
from lamplighter.domain.evidence import Case, Evidence, Gathered, Question
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Result
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.member import Link
from lamplighter.domain.plan import Plan, make_plan
from lamplighter.domain.policy import Past, Record, Rules, Ruling, Verdict, judge
from lamplighter.domain.storm import mass_failure
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.topology import Component, Edge, Resolution, needed_by, resolve_alert, resolve_name
from lamplighter.domain.verification import Outcome, Reading, SignalState, Verification
from lamplighter.ports import Clock, Investigator, KnowledgeSource, Store
from lamplighter.workflow.asking import Asking
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.remedy import Remedy
from lamplighter.workflow.story import Superseded
from lamplighter.workflow.verifying import Verifying
from lamplighter.workflow.world import World

EVIDENCE_WINDOW = timedelta(minutes=15)
EVIDENCE_WINDOW_MAX = timedelta(hours=6)
LOOKS_AGAIN_MAX = 2
SETTLING_SECONDS = 1.5
STORM_SECONDS_MAX = 15.0
PAST_SECONDS_MIN = 24 * 3600
PAUSE_SLACK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Round:
    meant: Resolution
    edges: tuple[Edge, ...]
    around: tuple[Component, ...]
    evidence: tuple[Evidence, ...]
    reading: Reading | None


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

    async def gather(self, incident: Incident) -> Gathered:
        """Survey what runs, find what the alert means, look at it and at all it needs, and at the signal."""
        seen = await self._look_around(incident)
        for _ in range(LOOKS_AGAIN_MAX):
            if not starting(seen.evidence):
                break
            # What is just starting looks well, and a moment later may not be: look again when it has settled.
            await self.clock.sleep(SETTLING_SECONDS)
            seen = await self._look_around(incident)
        meant, around, kept, reading = seen.meant, seen.around, seen.evidence, seen.reading
        await asyncio.to_thread(self.store.dossiers.keep_evidence, incident.id, incident.run, kept)
        subject = meant.component.name if meant.component else ""
        if subject:
            # Where nothing that can be seen is meant, the name that the labels give is kept for people to find it by.
            await asyncio.to_thread(self.store.incidents.set_component, incident.id, subject)
        failed = sum(1 for piece in kept if piece.error)
        await self.chronicle.note(
            incident, "target", Moment.RESOLVED_TARGET, Crew.MONITOR, meant.reason, {"component": subject}
        )
        text = f"{len(kept)} looks at {', '.join(part.name for part in around) or 'nothing'}; {failed} failed"
        await self.chronicle.note(incident, "gathered", Moment.GATHERED, Crew.ANALYST, text, _looks(kept, reading))
        names = tuple(part.name for part in around)
        signal = reading.state if reading else None
        return Gathered(subject, meant.reason, len(kept), failed, signal, seen.edges, names)

    async def _look_around(self, incident: Incident) -> _Round:
        """One round: what runs, what the alert means, and every look at it, at all it needs, and at the signal."""
        survey = await self.world.survey()
        meant = resolve_alert(incident.alert, survey.components)
        edges = self.world.edges(survey.components)
        around = _around(meant, edges, survey.components)
        now = self.clock.now()
        start = max(min(incident.alert.starts_at, now) - EVIDENCE_WINDOW, now - EVIDENCE_WINDOW_MAX)
        questions = [Question(part, incident.alert, start, now) for part in around]
        evidence, reading = await asyncio.gather(self.world.look(questions), self.remedy.read_now(incident))
        failures = tuple(replace(piece, id=f"s{number}") for number, piece in enumerate(survey.failures, start=1))
        return _Round(meant, edges, around, (*evidence, *failures), reading)

    async def diagnose(self, incident: Incident, gathered: Gathered) -> Diagnosis:
        """From evidence to causes; pure computation, off the event loop."""
        evidence = await asyncio.to_thread(self.store.dossiers.evidence, incident.id, incident.run)
        case = Case(
            id=incident.workflow_id,
            at=self.clock.now(),
            symptom=incident.title,
            alerts=(incident.alert,),
            components=gathered.components,
            topology=gathered.edges,
            evidence=tuple(evidence),
            subject=gathered.subject,
        )
        began = self.clock.monotonic()
        found = await asyncio.to_thread(self.investigator.diagnose, case)
        diagnosis = replace(found, elapsed_seconds=round(self.clock.monotonic() - began, 4))
        await asyncio.to_thread(self.store.dossiers.keep_diagnosis, incident.id, incident.run, diagnosis)
        await self.chronicle.note(
            incident, "diagnosed", Moment.DIAGNOSED, Crew.ANALYST, _said(diagnosis), _diagnosis_data(diagnosis)
        )
        return diagnosis

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
        words = ", then ".join(action.words for action in plan.actions) or f"no action: {plan.advice}"
        data: dict[str, object] = {"hash": plan.hash, "actions": [action.words for action in plan.actions]}
        await self.chronicle.note(incident, "planned", Moment.PLANNED, Crew.HEALER, words, data)
        return plan

    async def judge(self, incident: Incident, plan: Plan) -> Verdict:
        """Policy's word on the plan. What began before a storm was seen waits here until the storm has settled."""
        await self.clock.sleep(min(self.remedy.settling_seconds(), STORM_SECONDS_MAX))
        record = await self._record(plan)
        verdict = await self._guarded(judge(plan, self.rules, record), plan, record)
        if verdict.ruling is Ruling.REFUSED and plan.actions:
            proposal = ", then ".join(action.words for action in plan.actions)
            verdict = replace(verdict, reason=f"{verdict.reason}; I would {proposal}")
        await self.chronicle.note(
            incident, "judged", Moment.JUDGED, Crew.COUNCIL, f"policy: {verdict.ruling}: {verdict.reason}"
        )
        return verdict

    async def convene_council(self, incident: Incident, plan: Plan, verdict: Verdict) -> Verdict:
        """Three votes by code; a member that fails is a no."""
        incident = await self.chronicle.move(
            incident, State.COUNCIL_REVIEW, "council", Crew.COUNCIL, "the council has the plan before it"
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
                f"vote:{vote.member}",
                Moment.VOTED,
                Crew.COUNCIL,
                f"{vote.member}: {word}: {vote.reason}",
                {"member": vote.member, "in_favour": vote.in_favour, "reason": vote.reason, "failed": vote.failed},
            )
        return tally(votes, verdict)

    async def ask(self, incident: Incident, plan: Plan, verdict: Verdict) -> Approval:
        """Put the question to people."""
        return await self.asking.ask(incident, plan, verdict)

    async def answered(self, incident: Incident, plan: Plan, approval: Approval) -> Grant | None:
        """What became of the question."""
        return await self.asking.answered(incident, plan, approval)

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
            lines = (_said(diagnosis), reason) if diagnosis else lines
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


def _around(meant: Resolution, edges: tuple[Edge, ...], components: tuple[Component, ...]) -> tuple[Component, ...]:
    """What to look at: the alert's component and all it needs; or the candidates, where several could be meant."""
    if meant.component is None:
        return meant.candidates
    names = needed_by(meant.component.name, edges)
    near = (part for name in names for part in components if name in part.names)
    return tuple({part.id: part for part in near}.values())


def _vote(member: str, motion: Motion) -> Vote:
    try:
        return CHECKS[member](motion)
    except Exception as failure:  # noqa: BLE001 - a member that fails in any way is a no, and a person decides
        return Vote(member, in_favour=False, reason=f"failed: {failure!r}", failed=True)


def _said(diagnosis: Diagnosis) -> str:
    best = diagnosis.best
    if best is not None:
        return f"{best.word} ({best.confidence:.0%}): {best.statement}"
    if diagnosis.undetermined:
        return f"undetermined; needs {'; '.join(diagnosis.needs) or 'more evidence'}"
    return diagnosis.statement or "nothing is wrong, as far as I can see"


def _diagnosis_data(diagnosis: Diagnosis) -> dict[str, object]:
    best = diagnosis.best
    if best is None:
        return {"undetermined": diagnosis.undetermined, "needs": list(diagnosis.needs)}
    return {
        "component": best.component,
        "fault": best.fault,
        "confidence": best.confidence,
        "statement": best.statement,
        "facts": [f"{fact.id}: {fact.text}" for fact in diagnosis.cited(best)],
        "ruled_out": [f"{out.component}: {out.fault}" for out in diagnosis.ruled_out],
    }


def _looks(kept: tuple[Evidence, ...], reading: Reading | None) -> dict[str, object]:
    failed = [f"{piece.tool} {piece.component}: {piece.error}" for piece in kept if piece.error]
    return {"failed": failed, "signal": msgspec.to_builtins(reading) if reading else None}
