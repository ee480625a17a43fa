"""Puts together what a message may say of an incident: cause, evidence, question, what was tried. Tells nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.assessment import assessed
from lamplighter.domain.cause import Cause, Diagnosis
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.message import TEXT_BYTES_MAX, Detail, Message, safe
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.plan import Plan
from lamplighter.domain.texts import kept_text
from lamplighter.domain.timeline import Event, Moment
from lamplighter.domain.wording import clock
from lamplighter.ports import Clock, Store

EVIDENCE_MAX = 5
AFFECTED_MAX = 12
WHY_FACTS_MAX = 12
# The name in an event's data under which the silence stands that was made with it.
SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Briefing:
    """Reads the store; every text that leaves is redacted."""

    store: Store
    clock: Clock
    site_url: str = ""
    zone: str = "UTC"
    called: Nicknames = field(default_factory=Nicknames)

    async def of(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> Message:
        """The message about this incident at this moment. Raises `StoreUnavailable`."""
        return await asyncio.to_thread(self._of, incident, moment, lines)

    async def why(self, incident: Incident) -> str:
        """What speaks for the cause and against it, in plain text."""
        text = await asyncio.to_thread(self._why, incident)
        return "\n".join(kept_text(line, TEXT_BYTES_MAX) for line in text.splitlines())

    async def commands(self, incident: Incident) -> str:
        """What a person can do at once, in plain text."""
        text = await asyncio.to_thread(self._commands, incident)
        return "\n".join(kept_text(line, TEXT_BYTES_MAX) for line in text.splitlines())

    def page(self, incident_id: str) -> str:
        """Where an incident's page is; empty where nobody said how this server is reached."""
        return f"{self.site_url.rstrip('/')}/incidents/{incident_id}" if self.site_url and incident_id else ""

    def again(self, message: Message, incident: Incident) -> Message:
        """The same message about the same run of this incident, with what is known by now. Blocks."""
        return safe(replace(message, detail=self._detail(incident, message.moment)))

    def plain(self, key: str, moment: str, title: str, detail: Detail, lines: tuple[str, ...] = ()) -> Message:
        """A message that is about no single incident."""
        severity = "critical" if moment == "storm" else "warning"
        made = Message(
            key, "", moment, State.RECEIVED, severity, title, lines, self.clock.now(), self.zone, detail=detail
        )
        return safe(made)

    def _of(self, incident: Incident, moment: str, lines: tuple[str, ...]) -> Message:
        made = Message(
            key=f"{incident.workflow_id}:{moment}",
            incident_id=incident.id,
            moment=moment,
            state=incident.state,
            severity=incident.severity,
            title=incident.title,
            lines=lines,
            at=incident.closed_at or self.clock.now(),
            zone=self.zone,
            url=self.page(incident.id),
            detail=self._detail(incident, moment),
        )
        return safe(made)

    def _detail(self, incident: Incident, moment: str) -> Detail:
        events = [
            event
            for event in self.store.incidents.timeline(incident.id)
            if event.key.partition(":")[0] == str(incident.run)
        ]
        diagnosis = self.store.dossiers.diagnosis(incident.id, incident.run)
        plan = self.store.dossiers.plan(incident.id, incident.run)
        asked = self._asked(incident)
        best = diagnosis.best if diagnosis else None
        expired = asked is not None and asked.state is ApprovalState.EXPIRED
        # Between two looks a person may have amended the plan; no button says yes to another one than is shown.
        fits = asked is not None and plan is not None and plan.hash == asked.plan_hash
        # Who amends has not answered.
        answer = asked if asked and asked.state is not ApprovalState.AMENDED else None
        return Detail(
            since=incident.opened_at,
            cause=best.statement if best else _unsure(diagnosis),
            word=best.word if best else "",
            confidence=best.confidence if best else 0.0,
            evidence=_evidence(diagnosis, best),
            ask=plan.words if plan else "",
            amended=_last(events, Moment.AMENDED),
            effect="; ".join(dict.fromkeys(action.effect for action in plan.actions if action.effect)) if plan else "",
            undo="; ".join(dict.fromkeys(action.undo for action in plan.actions)) if plan else "",
            council=_council(events),
            plan_hash=asked.plan_hash if asked else "",
            approval_id=asked.id if asked and fits and asked.state is ApprovalState.PENDING else "",
            expires_at=asked.expires_at if asked else None,
            expired=expired and moment == str(State.NEEDS_HUMAN),
            answered_by=self.called.of(answer.approver) if answer else "",
            answered_at=answer.answered_at if answer and answer.approver else None,
            reason=answer.reason if answer else "",
            tried=tuple(one.text for one in events if one.moment in {Moment.ACTED, Moment.UNDONE, Moment.SETTLED}),
            checked=_last(events, Moment.VERIFIED),
            next_steps=_steps(best, plan, moment),
            affected=self._affected(incident),
            acknowledged_by=self.called.of(incident.acknowledged_by),
            muted=self._muted(events),
            assessed=assessed(events, self.called),
        )

    def _muted(self, events: Sequence[Event]) -> str:
        """What a silence that was made from a message says, for as long as it lasts."""
        made = next((event for event in reversed(events) if event.data.get(SILENCE)), None)
        if made is None:
            return ""
        now = self.clock.now()
        found = (one for one in self.store.silences.listed(now=now) if one.id == made.data[SILENCE])
        silence = next(found, None)
        if silence is None:
            return ""
        return f"Silent until {clock(silence.ends_at, self.zone)}, by {self.called.of(silence.author)}."

    def _asked(self, incident: Incident) -> Approval | None:
        """The newest question of this run."""
        found = self.store.approvals.of_incident(incident.id)
        return next((one for one in found if one.id.startswith(f"{incident.workflow_id}-")), None)

    def _affected(self, incident: Incident) -> tuple[str, ...]:
        members = self.store.incidents.members(incident.id)[: AFFECTED_MAX + 1]
        names = (one.component or one.alert.name for one in members if one.firing)
        return tuple(name for name in dict.fromkeys(names) if name != incident.component)[:AFFECTED_MAX]

    def _commands(self, incident: Incident) -> str:
        diagnosis = self.store.dossiers.diagnosis(incident.id, incident.run)
        plan = self.store.dossiers.plan(incident.id, incident.run)
        best = diagnosis.best if diagnosis else None
        steps = best.immediate if best else ()
        lines = [f"{incident.id}: a person can, at once:", *(f"{number}. {one}" for number, one in enumerate(steps, 1))]
        if not steps:
            advice = plan.advice if plan else ""
            lines = [
                f"{incident.id}: {advice}" if advice else f"{incident.id}: I know no step; its page says what I saw."
            ]
        lines += ["Against the next time:", *best.prevention] if best and best.prevention else []
        link = self.page(incident.id)
        return "\n".join([*lines, *([link] if link else [])])

    def _why(self, incident: Incident) -> str:
        diagnosis = self.store.dossiers.diagnosis(incident.id, incident.run)
        best = diagnosis.best if diagnosis else None
        if diagnosis is None or best is None:
            return _unsure(diagnosis) or "I have not looked yet."
        lines = [f"{incident.id}: {best.word} ({best.confidence:.0%}): {best.statement}", "What speaks for it:"]
        lines += [f"{number}. {fact.text}" for number, fact in enumerate(diagnosis.cited(best)[:WHY_FACTS_MAX], 1)]
        against = {fact.id: fact.text for fact in diagnosis.facts if fact.id in best.against}
        lines += ["What speaks against it:", *against.values()] if against else []
        out = [f"{one.component}: {one.fault}" for one in diagnosis.ruled_out[:EVIDENCE_MAX]]
        lines += [f"Ruled out: {'; '.join(out)}"] if out else []
        events = self.store.incidents.timeline(incident.id)
        lines += [event.text for event in events if event.moment in {Moment.VOTED, Moment.JUDGED}][-4:]
        link = self.page(incident.id)
        return "\n".join([*lines, *([link] if link else [])])


def _unsure(diagnosis: Diagnosis | None) -> str:
    if diagnosis is None:
        return ""
    if diagnosis.undetermined:
        return f"not known yet; it would take {'; '.join(diagnosis.needs) or 'more evidence'}"
    return diagnosis.statement


def _evidence(diagnosis: Diagnosis | None, best: Cause | None) -> tuple[str, ...]:
    if diagnosis is None or best is None:
        return ()
    return tuple(fact.text for fact in diagnosis.cited(best)[:EVIDENCE_MAX])


def _steps(best: Cause | None, plan: Plan | None, moment: str) -> tuple[str, ...]:
    if best is None:
        return (plan.advice,) if plan and plan.advice else ()
    steps = best.prevention if moment == str(State.RESOLVED) else best.immediate
    return steps or ((plan.advice,) if plan and plan.advice and moment != str(State.RESOLVED) else ())


def _council(events: Sequence[Event]) -> str:
    said = {str(event.data.get("member", "")): event for event in events if event.moment is Moment.VOTED}
    votes = tuple(said.values())
    if not votes:
        return ""
    yes = sum(bool(vote.data.get("in_favour")) for vote in votes)
    against = [vote.text for vote in votes if not vote.data.get("in_favour")]
    return "; ".join((f"{yes} of {len(votes)} for it", *against))


def _last(events: Sequence[Event], moment: Moment) -> str:
    return next((event.text for event in reversed(events) if event.moment is moment), "")
