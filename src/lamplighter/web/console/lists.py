"""The list of incidents with its filters, and the questions that wait for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from lamplighter.domain.access import Right
from lamplighter.domain.amendment import span_of
from lamplighter.domain.amendment import why_not as why_not_amend
from lamplighter.domain.approval import Approval
from lamplighter.domain.incident import CLOSED, Incident, State
from lamplighter.domain.plan import Action, Plan, Risk
from lamplighter.ports import Store
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.making import Maker
from lamplighter.web.context import Context
from lamplighter.web.filters import IncidentQuery
from lamplighter.web.session import why_not

ROWS = 25
EVERYTHING = "all"
MIB = 1024**2
ANSWERED_SHOWN_MAX = 20
PENDING_SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """One action of a plan as a person may amend it; `least` and `most` are whole MiB, where a limit may be chosen."""

    number: int
    words: str
    least: int = 0
    most: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """A question with what an answer needs to know."""

    approval: Approval
    incident: Incident | None
    plan: Plan | None
    cause: str
    confidence: float | None

    @property
    def typed(self) -> str:
        """What must be typed before a yes to something risky counts; empty for everything else."""
        risky = [action for action in self.plan.actions if action.risk is Risk.HIGH] if self.plan else []
        return risky[0].target.name if risky else ""

    @property
    def choices(self) -> list[Choice]:
        """What may be amended of the plan; empty where nothing may."""
        if self.plan is None or why_not_amend(self.plan):
            return []
        return [_choice(number, action) for number, action in enumerate(self.plan.actions, 1)]


@dataclass(frozen=True, slots=True)
class IncidentList:
    """Makes the list; the key asks as the address does."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """Filters and rows. Blocks; raises `Problem`, `StoreUnavailable`."""
        asked = key.wanted
        shown = asked.get("status") or "open"
        query = query_of(asked)
        store = here.app.store
        before = here.cursors.position(query.cursor, query.asked)
        found = store.incidents.listed(query.wanted(here.app.clock.now()), limit=query.limit + 1, before=before)
        rows = found[: query.limit]
        following = here.cursors.after(rows[-1].id, query.asked) if len(found) > query.limit else ""
        counts = store.incidents.counts()
        closed = sum(count for state, count in counts.items() if state in CLOSED)
        filters = {name: value for name, value in asked.items() if value and name != "cursor"}
        return self.maker.sheet(
            "incidents.console.html",
            ("filters", "list"),
            rows=rows,
            query=query,
            shown=shown,
            states=list(State),
            counts={"open": sum(counts.values()) - closed, "closed": closed, EVERYTHING: sum(counts.values())},
            first=not query.cursor,
            newest="/incidents?" + urlencode(filters),
            following="/incidents?" + urlencode({**filters, "cursor": following}) if following else "",
            filtered=any(filters.get(name) for name in ("q", "component", "severity", "since", "flapping")),
            moment=here.app.clock.now(),
        )


@dataclass(frozen=True, slots=True)
class ApprovalList:
    """Makes the page of questions."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """Those that wait, and the last answers. Blocks; raises `StoreUnavailable`."""
        store = here.app.store
        waiting = store.approvals.listed(pending_only=True, limit=PENDING_SHOWN_MAX)
        lately = [
            one for one in store.approvals.listed(pending_only=False, limit=PENDING_SHOWN_MAX) if one not in waiting
        ]
        return self.maker.sheet(
            "approvals.html",
            ("waiting", "answered"),
            questions=[question_of(store, one) for one in waiting],
            answered=lately[:ANSWERED_SHOWN_MAX],
            no_answer=why_not(key.person, Right.APPROVE),
            paused=here.app.switch.paused(),
        )


def query_of(asked: dict[str, str]) -> IncidentQuery:
    """The filters of the API, from an address; the open ones where no status is named."""
    values: dict[str, Any] = {name: value for name, value in asked.items() if value}
    shown = values.pop("status", "open")
    if shown != EVERYTHING:
        values["status"] = shown
    if "severity" in values:
        values["severity"] = values["severity"].split(",")
    return IncidentQuery.model_validate({"limit": ROWS, **values})


def question_of(store: Store, approval: Approval) -> Question:
    """A question with its incident, its plan and its cause."""
    incident = store.incidents.load(approval.incident_id)
    if incident is None:
        return Question(approval, None, None, "", None)
    plan = store.dossiers.plan(incident.id, incident.run)
    diagnosis = store.dossiers.diagnosis(incident.id, incident.run)
    best = diagnosis.best if diagnosis and not diagnosis.undetermined else None
    asked_now = plan if plan is not None and plan.hash == approval.plan_hash else None
    return Question(approval, incident, asked_now, best.statement if best else "", best.confidence if best else None)


def _choice(number: int, action: Action) -> Choice:
    span = span_of(action)
    # Only whole MiB can be typed: up from the least, down from the most.
    least, most = (-(-span.least // MIB), span.most // MIB) if span else (1, 0)
    return Choice(number, action.words, least, most) if least <= most else Choice(number, action.words)
