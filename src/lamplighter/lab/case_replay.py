"""Runs the whole response on a case with effects turned off. No server, no store and no engine is asked or changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lamplighter.domain.alert import Alert, AlertStatus, fingerprint_of
from lamplighter.domain.approval import Approval, Grant
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.council import CHECKS, Motion, Vote, tally
from lamplighter.domain.evidence import Case, Gathered
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Result, ResultKind
from lamplighter.domain.plan import Offer, Plan, Risk, Verb, make_plan
from lamplighter.domain.policy import Record, Rules, Ruling, Verdict, judge
from lamplighter.domain.timeline import Crew
from lamplighter.domain.topology import Component, Resolution, resolve_alert, resolve_name
from lamplighter.domain.verification import Outcome, SignalState, Verification
from lamplighter.lab.case_inventory import inventory_of
from lamplighter.workflow.looking import said
from lamplighter.workflow.story import run_incident

EFFECTS_OFF = "effects are off"
# What the integrations declare, written down here so that a replay loads none of their clients.
OFFERS = (
    Offer("docker", Verb.RESTART, Risk.LOW, False, "stops the container, within 5 s, and starts it again"),
    Offer("docker", Verb.START, Risk.LOW, True, "starts the container", "stops it again"),
    Offer("docker", Verb.SET_MEMORY_LIMIT, Risk.MEDIUM, True, "changes the memory limit", "sets the old limit again"),
    Offer("supervisor", Verb.RESTART, Risk.LOW, False, "stops the process, and starts it again"),
    Offer("supervisor", Verb.START, Risk.LOW, True, "starts the process", "stops it again"),
    Offer(
        "supervisor", Verb.SET_MEMORY_LIMIT, Risk.MEDIUM, True, "changes the memory limit", "sets the old limit again"
    ),
)
Diagnose = Callable[[Case], Diagnosis]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the response: who in the crew took it, and what came of it in words."""

    step: str
    who: str
    text: str


@dataclass(slots=True)
class Replayed:
    """What a replay came to; `effects` would have been tried, and none was."""

    case: str
    state: State = State.RECEIVED
    steps: list[Step] = field(default_factory=list)
    diagnosis: Diagnosis = field(default_factory=Diagnosis)
    plan: Plan | None = None
    verdict: Verdict | None = None
    votes: tuple[Vote, ...] = ()
    approval: str = "nobody was asked"
    effects: list[str] = field(default_factory=list)

    def note(self, step: str, who: Crew, text: str) -> None:
        """The next step."""
        self.steps.append(Step(step, str(who), text))


async def replay_case(case: Case, rules: Rules, diagnose: Diagnose) -> Replayed:
    """The life of the incident in a case, as the story has it, by these rules and at the moment of the case."""
    steps = DrySteps(case, rules, diagnose, Replayed(case.id), inventory_of(case))
    steps.told.state = await run_incident(case.id, steps)
    return steps.told


@dataclass(slots=True)
class DrySteps:
    """The steps on a case: it is asked where the live ones ask the world, and they change nothing."""

    case: Case
    rules: Rules
    asked: Diagnose
    told: Replayed
    components: tuple[Component, ...]

    async def load(self, response_id: str) -> Incident:
        """The incident that the case is about."""
        alert = _lead(self.case)
        title = self.case.symptom or alert.name
        self.told.note("load", Crew.MONITOR, f"{title}, as known at {self.case.at:%Y-%m-%d %H:%M:%S} UTC")
        moment = self.case.at
        whole = (response_id, title, State.ANALYSING, alert.severity, alert.trouble, alert, moment, moment)
        return Incident(*whole, component=self.case.subject)

    async def gather(self, incident: Incident) -> Gathered:
        """The case's own evidence; nothing else is looked at."""
        pieces = self.case.evidence
        failed = sum(1 for piece in pieces if piece.error)
        meant = self._meant(incident)
        subject = self.case.subject or (meant.component.name if meant.component else "")
        tools = ", ".join(sorted({piece.tool for piece in pieces})) or "nothing"
        self.told.note("gather", Crew.ANALYST, f"{len(pieces)} looks kept in the case ({tools}); {failed} failed")
        return Gathered(subject, meant.reason, len(pieces), failed, self._signal(), self.case.topology)

    async def diagnose(self, incident: Incident, gathered: Gathered) -> Diagnosis:  # noqa: ARG002 - the case has it all
        """What `diagnose` says of the same case."""
        self.told.diagnosis = self.asked(self.case)
        self.told.note("diagnose", Crew.ANALYST, said(self.told.diagnosis))
        return self.told.diagnosis

    async def plan(self, incident: Incident, gathered: Gathered, diagnosis: Diagnosis) -> Plan:
        """The plan for the things that the evidence shows, by what the integrations offer."""
        best = diagnosis.best
        # Where no alert came in, nothing but the symptom's words could have named another component.
        known = bool(gathered.subject) or not self.case.alerts
        resolution = (
            resolve_name(best.component, self.components) if best and known else Resolution(None, gathered.reason)
        )
        plan = make_plan(incident.id, incident.run, diagnosis, resolution, OFFERS, f"{incident.alert.name} clear")
        words = ", then ".join(action.words for action in plan.actions) or f"no action: {plan.advice}"
        self.told.plan = plan
        self.told.note("plan", Crew.HEALER, words)
        return plan

    async def judge(self, incident: Incident, plan: Plan) -> Verdict:  # noqa: ARG002 - the story's signature
        """Policy's word, with an empty record: a replay knows of no earlier attempt."""
        verdict = judge(plan, self.rules, self._record())
        self.told.verdict = verdict
        self.told.note("judge", Crew.COUNCIL, f"policy: {verdict.ruling}: {verdict.reason}")
        return verdict

    async def convene_council(self, incident: Incident, plan: Plan, verdict: Verdict) -> Verdict:  # noqa: ARG002 - the story's signature
        """The same three votes."""
        signal = self._signal()
        firing = None if signal is SignalState.NO_DATA else signal is SignalState.FIRING
        motion = Motion(plan, self.told.diagnosis, self._record(), self.case.at, firing)
        self.told.votes = tuple(check(motion) for check in CHECKS.values())
        for vote in self.told.votes:
            word = "for" if vote.in_favour else "against"
            self.told.note("council", Crew.COUNCIL, f"{vote.member}: {word}: {vote.reason}")
        self.told.verdict = tally(self.told.votes, verdict)
        return self.told.verdict

    async def ask(self, incident: Incident, plan: Plan, verdict: Verdict) -> Approval:
        """A question that nobody is asked."""
        words = f"a person would be asked ({verdict.reason}); replayed as if the answer were yes"
        self.told.approval = "would be asked"
        self.told.note("approval", Crew.COMMUNICATOR, words)
        return Approval("replay", incident.id, plan.hash, words, self.case.at, self.case.at)

    async def answered(self, incident: Incident, plan: Plan, approval: Approval) -> Grant | None:  # noqa: ARG002 - the story's signature
        """A yes, so that the rest can be seen."""
        return Grant("replay", given=True, by="replay", reason="as if the answer were yes", approval_id=approval.id)

    async def expiry(self, approval: Approval) -> Approval:
        """Nobody puts off what is never asked."""
        return approval

    async def grant(self, incident: Incident, plan: Plan, verdict: Verdict) -> Grant:  # noqa: ARG002 - the story's signature
        """Policy's own grant."""
        self.told.approval = "granted by policy"
        self.told.note("approval", Crew.COUNCIL, f"nobody needs to be asked: {verdict.reason}")
        return Grant("replay", given=True, by="policy", reason=verdict.reason)

    async def act(self, incident: Incident, plan: Plan, grant: Grant, index: int) -> Result:  # noqa: ARG002 - the story's signature
        """Say what would be done."""
        action = plan.actions[index]
        self.told.effects.append(action.words)
        words = f"would {action.words} ({action.effect}; {action.undo}); {EFFECTS_OFF}"
        self.told.note("act", Crew.HEALER, words)
        return Result(ResultKind.DONE, EFFECTS_OFF, action.words, action.target.id)

    async def verify(self, incident: Incident, plan: Plan) -> Verification:  # noqa: ARG002 - the story's signature
        """Nothing was done, so that nothing can be verified."""
        self.told.note("verify", Crew.HEALER, f"would be verified by: {plan.verify}; {EFFECTS_OFF}")
        return Verification(Outcome.UNKNOWN, EFFECTS_OFF)

    async def undo(self, incident: Incident, plan: Plan, grant: Grant, results: tuple[Result, ...]) -> Result:  # noqa: ARG002 - the story's signature
        """There is nothing to undo."""
        return Result(ResultKind.STOPPED, EFFECTS_OFF)

    async def learn(self, incident: Incident, plan: Plan, check: Verification) -> None:
        """Nothing is learned from what was not done."""

    async def notify(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> None:  # noqa: ARG002 - the story's signature
        """Say what people would be told."""
        self.told.note("notify", Crew.COMMUNICATOR, f"people would be told: {moment}: {'; '.join(lines)}")

    async def close(self, incident: Incident, state: State, reason: str) -> State:  # noqa: ARG002 - the story's signature
        """Where the response ends; what would have been acted on is left at its verification."""
        ends = State.VERIFYING if self.told.effects else state
        why = "what follows depends on the effect" if self.told.effects else reason
        self.told.note("close", Crew.COMMUNICATOR, f"{ends}: {why}")
        return ends

    async def wait(self, approval: Approval) -> None:
        """A replay waits for nobody."""

    async def pause(self, seconds: float) -> None:
        """A replay is over at once."""

    def _meant(self, incident: Incident) -> Resolution:
        if not self.case.alerts:
            return Resolution(None, "no alert came in, only a symptom")
        return resolve_alert(incident.alert, self.components)

    def _signal(self) -> SignalState:
        """What the alerts of the case said at its moment; without alerts nothing could be asked again."""
        if not self.case.alerts:
            return SignalState.NO_DATA
        firing = any(alert.status is AlertStatus.FIRING for alert in self.case.alerts)
        return SignalState.FIRING if firing else SignalState.CLEAR

    def _record(self) -> Record:
        return Record(self.case.at, components=self.components)


def _lead(case: Case) -> Alert:
    if case.alerts:
        return case.alerts[0]
    labels = {"alertname": case.symptom or case.id}
    return Alert("case", fingerprint_of(labels), AlertStatus.FIRING, labels, {}, case.at)


def as_json(told: Replayed) -> dict[str, object]:
    """The replay as JSON; the diagnosis is rendered by its own report."""
    plan, verdict = told.plan, told.verdict
    return {
        "case": told.case,
        "state": str(told.state),
        "steps": [{"step": one.step, "who": one.who, "text": one.text} for one in told.steps],
        "plan": None
        if plan is None
        else {
            "component": plan.component,
            "fault": plan.fault,
            "confidence": plan.confidence,
            "actions": [
                {"verb": str(one.verb), "target": one.target.name, "system": one.target.system, "words": one.words}
                for one in plan.actions
            ],
            "verify": plan.verify,
            "advice": plan.advice,
        },
        "verdict": None if verdict is None else {"ruling": str(verdict.ruling), "reason": verdict.reason},
        "votes": [{"member": v.member, "in_favour": v.in_favour, "reason": v.reason} for v in told.votes],
        "approval": told.approval,
        "would_do": list(told.effects),
        "effects": 0,
        "refused": verdict is not None and verdict.ruling is Ruling.REFUSED,
    }
