"""Finds out: what the alert means, what to look at, round by round, and what the evidence says. No effects here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from lamplighter.diagnosis.settling import STATE_TOOLS, starting
from lamplighter.domain.alert import Alert
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Case, Evidence, Gathered, Question
from lamplighter.domain.incident import Incident
from lamplighter.domain.inquiry import ROUNDS_MAX, Lead, first_looks, next_looks
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.domain.topology import Component, Edge, Resolution, resolve_alert
from lamplighter.domain.verification import Reading
from lamplighter.ports import Clock, Investigator, Store
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.remedy import Remedy
from lamplighter.workflow.world import BUDGET_SECONDS, World

EVIDENCE_WINDOW = timedelta(minutes=30)
EVIDENCE_WINDOW_MAX = timedelta(hours=6)
# Most rules fire only when their trouble has lasted for some minutes.
ONSET_BEFORE_ALERT = timedelta(minutes=10)
LOOKS_AGAIN_MAX = 3
SETTLING_SECONDS = 1.5
ALERTS_MAX = 50


@dataclass(frozen=True, slots=True)
class _Round:
    meant: Resolution
    edges: tuple[Edge, ...]
    components: tuple[Component, ...]
    around: tuple[Component, ...]
    evidence: tuple[Evidence, ...]
    reading: Reading | None
    window: tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Looking:
    """The analyst's part of the story."""

    store: Store
    world: World
    remedy: Remedy
    chronicle: Chronicle
    investigator: Investigator
    clock: Clock

    async def gather(self, incident: Incident) -> Gathered:
        """Survey what runs, find what the alert means, look at it and at all it needs, and at the signal."""
        seen = await self._look_around(incident)
        before: list[Evidence] = []
        for _ in range(LOOKS_AGAIN_MAX):
            names = starting(seen.evidence)
            if not names:
                break
            # What is just starting looks well, and a moment later may not be: look again when it has settled.
            before += [piece for piece in seen.evidence if piece.tool in STATE_TOOLS and piece.component in names]
            await self.clock.sleep(SETTLING_SECONDS)
            seen = await self._look_around(incident)
        # What had another start at an earlier look has ended since: only both looks together show it.
        kept_before = tuple(replace(piece, id=f"b{number}") for number, piece in enumerate(before, start=1))
        seen = replace(seen, evidence=(*seen.evidence, *kept_before))
        seen, leads = await self._follow(incident, seen)
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
        text += "".join(f"; then {lead.component.name}: {lead.reason}" for lead in leads)
        await self.chronicle.note(incident, "gathered", Moment.GATHERED, Crew.ANALYST, text, _looks(kept, reading))
        names = tuple(part.name for part in around)
        signal = reading.state if reading else None
        return Gathered(subject, meant.reason, len(kept), failed, signal, seen.edges, names)

    async def _look_around(self, incident: Incident) -> _Round:
        """One round: what runs, what the alert means, and every look at it, at all it needs, and at the signal."""
        survey = await self.world.survey()
        meant = resolve_alert(incident.alert, survey.components)
        edges = self.world.edges(survey.components)
        around = first_looks(meant, edges, survey.components)
        window = _window(incident, self.clock.now())
        questions = [Question(part, incident.alert, *window) for part in around]
        evidence, reading = await asyncio.gather(self.world.look(questions), self.remedy.read_now(incident))
        failures = tuple(replace(piece, id=f"s{number}") for number, piece in enumerate(survey.failures, start=1))
        return _Round(meant, edges, survey.components, around, (*evidence, *failures), reading, window)

    async def _follow(self, incident: Incident, seen: _Round) -> tuple[_Round, tuple[Lead, ...]]:
        """Where the facts make something doubtful that nobody looked at, look there too; a few rounds at most."""
        followed: list[Lead] = []
        began = self.clock.monotonic()
        for _ in range(ROUNDS_MAX - 1):
            left_seconds = BUDGET_SECONDS - (self.clock.monotonic() - began)
            subject = seen.meant.component.name if seen.meant.component else ""
            names = tuple(part.name for part in seen.around)
            case = self._case(incident, subject, seen.edges, names, seen.evidence, seen.window)
            found = await asyncio.to_thread(self.investigator.diagnose, case)
            asked = {name for part in seen.around for name in part.names}
            leads = next_looks(found, asked, seen.components)
            if not leads or left_seconds <= 0:
                break
            questions = [Question(lead.component, incident.alert, *seen.window) for lead in leads]
            count = sum(1 for piece in seen.evidence if piece.id.startswith("e"))
            more = await self.world.look(questions, before=count, budget_seconds=left_seconds)
            around = (*seen.around, *(lead.component for lead in leads))
            seen = replace(seen, around=around, evidence=(*seen.evidence, *more))
            followed.extend(leads)
        return seen, tuple(followed)

    def _case(
        self,
        incident: Incident,
        subject: str,
        edges: tuple[Edge, ...],
        around: Iterable[str],
        evidence: Sequence[Evidence],
        window: tuple[datetime, datetime],
        alerts: tuple[Alert, ...] = (),
    ) -> Case:
        return Case(
            id=incident.workflow_id,
            at=self.clock.now(),
            symptom=incident.title,
            alerts=alerts or (incident.alert,),
            components=tuple(around),
            topology=edges,
            evidence=tuple(evidence),
            start=max(window[0], min(incident.alert.starts_at, window[1]) - ONSET_BEFORE_ALERT),
            end=window[1],
            subject=subject,
            baseline_start=window[0],
            baseline_end=max(window[0], min(incident.alert.starts_at, window[1]) - ONSET_BEFORE_ALERT),
        )

    async def diagnose(self, incident: Incident, gathered: Gathered) -> Diagnosis:
        """From evidence to causes; pure computation, off the event loop."""
        evidence = await asyncio.to_thread(self.store.dossiers.evidence, incident.id, incident.run)
        members = await asyncio.to_thread(self.store.incidents.members, incident.id)
        others = (member.alert for member in members[:ALERTS_MAX] if member.trouble != incident.trouble)
        alerts = (incident.alert, *others)
        window = _window(incident, self.clock.now())
        case = self._case(incident, gathered.subject, gathered.edges, gathered.components, evidence, window, alerts)
        await asyncio.to_thread(self.store.dossiers.keep_case, incident.id, incident.run, case)
        began = self.clock.monotonic()
        found = await asyncio.to_thread(self.investigator.diagnose, case)
        diagnosis = replace(found, elapsed_seconds=round(self.clock.monotonic() - began, 4))
        await asyncio.to_thread(self.store.dossiers.keep_diagnosis, incident.id, incident.run, diagnosis)
        await self.chronicle.note(
            incident, "diagnosed", Moment.DIAGNOSED, Crew.ANALYST, said(diagnosis), _diagnosis_data(diagnosis)
        )
        return diagnosis


def _window(incident: Incident, now: datetime) -> tuple[datetime, datetime]:
    """From well before the alert, so that there is something to compare with, until now."""
    start = max(min(incident.alert.starts_at, now) - EVIDENCE_WINDOW, now - EVIDENCE_WINDOW_MAX)
    return start, now


def said(diagnosis: Diagnosis) -> str:
    """The diagnosis in one line."""
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
