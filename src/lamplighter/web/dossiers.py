"""Everything about one incident as the API and its page give it: what was stored, and what can be made of it."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from lamplighter.domain.approval import Approval
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.incident import Incident
from lamplighter.domain.ledger import Attempt
from lamplighter.domain.plan import Plan
from lamplighter.ports import Wanted
from lamplighter.reports.findings import ChangeBefore, Excluded, Findings, Known, NotProven, ShownFact, findings_of
from lamplighter.reports.links import Places
from lamplighter.reports.papers import Papers
from lamplighter.reports.recurrence import SeenBefore
from lamplighter.web.context import Context
from lamplighter.web.problems import not_found

EARLIER_MAX = 50
LESSONS_MAX = 100
EDGES_MAX = 200


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that is known about one incident. `facts` are those of the diagnosis, with what people need to check them."""

    incident: Incident
    diagnosis: Diagnosis | None
    plan: Plan | None
    plan_hash: str
    approvals: list[Approval]
    attempts: list[Attempt]
    known: Known | None
    facts: list[ShownFact]
    not_proven: NotProven
    ruled_out: list[Excluded]
    changes: list[ChangeBefore]
    seen_before: list[SeenBefore]

    @property
    def findings(self) -> Findings:
        """What was made of the evidence, as reports take it."""
        return Findings(
            known=self.known,
            facts=tuple(self.facts),
            not_proven=self.not_proven,
            ruled_out=tuple(self.ruled_out),
            changes=tuple(self.changes),
            seen_before=tuple(self.seen_before),
        )


def dossier(here: Context, incident_id: str) -> Dossier:
    """Read everything about one incident. Raises `Problem` 404."""
    store = here.app.store
    incident = store.incidents.load(incident_id)
    if incident is None:
        raise not_found("incident", incident_id, "/api/v1/incidents")
    plan = store.dossiers.plan(incident_id, incident.run)
    diagnosis = store.dossiers.diagnosis(incident_id, incident.run)
    found = _findings(here, incident, diagnosis)
    return Dossier(
        incident=incident,
        diagnosis=diagnosis,
        plan=plan,
        plan_hash=plan.hash if plan else "",
        approvals=list(store.approvals.of_incident(incident_id)),
        attempts=list(store.ledger.of_incident(incident_id)),
        known=found.known,
        facts=list(found.facts),
        not_proven=found.not_proven,
        ruled_out=list(found.ruled_out),
        changes=list(found.changes),
        seen_before=list(found.seen_before),
    )


def papers_of(here: Context, incident_id: str) -> Papers:
    """The same with the timeline, the alerts and the neighbours, as reports read it. Blocks; raises `Problem` 404."""
    found = dossier(here, incident_id)
    store, incident = here.app.store, found.incident
    touching = [edge for edge in here.app.surveying.edges if incident.component in {edge.source, edge.target}]
    return Papers(
        incident=incident,
        now=here.app.clock.now(),
        findings=found.findings,
        plan=found.plan,
        approvals=tuple(found.approvals),
        attempts=tuple(found.attempts),
        events=tuple(store.incidents.timeline(incident.id)),
        members=tuple(store.incidents.members(incident.id)),
        edges=tuple(touching[:EDGES_MAX]),
        zone=ZoneInfo(here.app.settings.configuration.site.timezone),
    )


def _findings(here: Context, incident: Incident, diagnosis: Diagnosis | None) -> Findings:
    """What the evidence, the lessons and earlier incidents say of this one."""
    store = here.app.store
    best = diagnosis.best if diagnosis else None
    lessons = store.lessons.recall(incident.trouble, best.fault if best else "", LESSONS_MAX)
    evidence = store.dossiers.evidence(incident.id, incident.run) if diagnosis else ()
    earlier = (
        store.incidents.listed(Wanted(component=incident.component), limit=EARLIER_MAX, before=incident.id)
        if incident.component
        else ()
    )
    return findings_of(incident, diagnosis, evidence, lessons, earlier, places_of(here))


def places_of(here: Context) -> Places:
    """Where the systems that were asked can be asked by people too."""
    sources = here.app.settings.sources
    urls = {name: str(getattr(sources.get(name), "url", "") or "") for name in ("prometheus", "grafana")}
    return Places(**urls)
