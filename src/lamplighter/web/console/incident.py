"""The page of one incident: its seven blocks, from what the read side already knows of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from lamplighter.domain.access import Right
from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import UNDER_WAY, Incident, State
from lamplighter.domain.member import Member
from lamplighter.domain.timeline import Event, Moment
from lamplighter.domain.topology import Edge
from lamplighter.ports import ActsWanted, StoreUnavailable
from lamplighter.reports.answers import can_ask
from lamplighter.reports.axis import Span
from lamplighter.reports.findings import Doubt, Known
from lamplighter.reports.reply import Reply, Topic
from lamplighter.reports.sparkline import picture, told
from lamplighter.reports.units import SECONDS, amount
from lamplighter.web.chain import Seen, with_rows
from lamplighter.web.chronology import ASKED, pictured
from lamplighter.web.console.hub import Key, Sheet
from lamplighter.web.console.lists import question_of
from lamplighter.web.console.making import Maker
from lamplighter.web.context import Context
from lamplighter.web.dossiers import dossier
from lamplighter.web.incidents import belonging
from lamplighter.web.rendering import local
from lamplighter.web.session import why_not

PANES = ("head", "known", "plan", "story", "evidence", "alerts", "ask", "people")
REPLY = "reply"
# What is asked most; an answer that was not understood offers all of them.
SUGGESTED = (
    *(Topic.STATUS, Topic.CAUSE, Topic.DOUBT, Topic.CHANGES, Topic.DONE, Topic.PLAN),
    *(Topic.AFFECTED, Topic.AGAIN, Topic.NEXT),
)
EVENTS_SHOWN_MAX = 200
FACTS_SHOWN_MAX = 120
MEMBERS_SHOWN_MAX = 40
NEIGHBOURS_SHOWN_MAX = 12
NAMES_SHOWN_MAX = 60
ACTS_LOOKED_AT_MAX = 200
STAGES = ("received", "analysing", "council_review", "awaiting_approval", "executing", "verifying")
SAME_STAGE = {State.SCALING: "executing", State.APPROVED: "executing"}


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of the way, and whether the incident has passed it, stands at it, or has it before it."""

    name: str
    standing: str


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """What the component needs, and what needs it."""

    needs: tuple[str, ...]
    needed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentView:
    """Makes the panes of the incident that the key names."""

    maker: Maker

    def sheet(self, here: Context, key: Key) -> Sheet:
        """All panes. Blocks; raises `Problem` 404, `StoreUnavailable`."""
        found = dossier(here, key.incident)
        store, incident = here.app.store, found.incident
        events = store.incidents.timeline(incident.id)
        members = store.incidents.members(incident.id)
        cited = found.known.facts if found.known else ()
        facts = {fact.id: fact for fact in found.facts}
        first = [facts[one] for one in cited if one in facts]
        others = [fact for fact in found.facts if fact.id not in cited]
        shown = events[-EVENTS_SHOWN_MAX:]
        span = Span(key.wanted.get(ASKED, Span.AUTO))
        acts, chain = _acts(here, incident.id)
        waiting = next((one for one in found.approvals if one.state is ApprovalState.PENDING), None)
        return self.maker.sheet(
            "incident.console.html",
            PANES,
            incident=incident,
            under_way=incident.state in UNDER_WAY,
            stages=stages_of(incident, events),
            known=found.known,
            doubts=[doubt for doubt in found.not_proven.causes if not _is_headline(doubt, found.known)],
            found=found,
            question=question_of(store, waiting) if waiting else None,
            votes=_votes(events, incident.run),
            no_answer=why_not(key.person, Right.APPROVE),
            no_operate=why_not(key.person, Right.OPERATE),
            paused=here.app.switch.paused(),
            events=shown,
            earlier=max(0, len(events) - EVENTS_SHOWN_MAX),
            seen=pictured(here, found, events, members, span, shown=shown, facts=[*first, *others[:FACTS_SHOWN_MAX]]),
            cited=first,
            others=others[:FACTS_SHOWN_MAX],
            left_out=max(0, len(others) - FACTS_SHOWN_MAX),
            members=[belonging(member) for member in members[:MEMBERS_SHOWN_MAX]],
            member_total=len(members),
            near=neighbourhood(here.app.surveying.edges, incident.component),
            took=amount(found.known.elapsed_seconds, SECONDS) if found.known else "",
            queries=len({fact.query for fact in found.facts if fact.query}),
            names=sorted({fact.component for fact in found.facts if fact.component})[:NAMES_SHOWN_MAX],
            links=_links(members),
            acts=acts,
            chain=chain,
            admin=not why_not(key.person, Right.ADMINISTER),
            suggested=can_ask(SUGGESTED),
            picture=picture,
            told=partial(told, time_of=partial(local, pattern="%H:%M", zone=ZoneInfo(self.maker.zone))),
        )

    def reply(self, incident_id: str, reply: Reply | None) -> str:
        """The pane of an answer; of none yet, an empty one that will be read out."""
        kept = {one.key: one.place for one in reply.evidence} if reply else {}
        return self.maker.sheet("reply.html", (REPLY,), reply=reply, incident_id=incident_id, places=kept)[REPLY]


def stages_of(incident: Incident, events: Sequence[Event]) -> list[Stage]:
    """The way of an incident; what it was not seen to pass, such as an approval that was not needed, is skipped."""
    now = SAME_STAGE.get(incident.state, str(incident.state))
    seen = {
        SAME_STAGE.get(State(said), said)
        for event in events
        if (said := str(event.data.get("state", ""))) in set(State)
    }
    names = [*STAGES, now if now not in STAGES else "resolved"]
    place = names.index(now)
    stages = []
    for number, name in enumerate(names):
        if number == place:
            standing = "now"
        elif number < place:
            standing = "done" if name in seen or name == "received" else "skipped"
        else:
            standing = "next"
        stages.append(Stage(name, standing))
    return stages


def neighbourhood(edges: Iterable[Edge], component: str) -> Neighbourhood:
    """The direct neighbours by name."""
    known = tuple(edges)
    needs = sorted({edge.target for edge in known if edge.source == component})
    users = sorted({edge.source for edge in known if edge.target == component})
    return Neighbourhood(tuple(needs[:NEIGHBOURS_SHOWN_MAX]), tuple(users[:NEIGHBOURS_SHOWN_MAX]))


def _acts(here: Context, incident_id: str) -> tuple[int, Seen]:
    """How many acts there are on it, and how their chain stands. A spoilt log takes nothing else from a page."""
    log = here.app.store.audit
    try:
        acts = log.listed(ActsWanted(on=incident_id), limit=ACTS_LOOKED_AT_MAX)
        return len(acts), with_rows(here.chain.look(log), list(acts))
    except StoreUnavailable:
        return 0, Seen(unread=True)


def _links(members: Sequence[Member]) -> list[str]:
    """By which links the others belong to the first, each once."""
    return list(dict.fromkeys(str(member.link).replace("_", " ") for member in members[1:]))


def _votes(events: Sequence[Event], run: int) -> list[dict[str, object]]:
    """What the council said in this response."""
    mine = (event for event in events if event.moment is Moment.VOTED and event.key.startswith(f"{run}:"))
    votes = {str(event.data.get("member", "")): event.data for event in mine}
    return list(votes.values())


def _is_headline(doubt: Doubt, known: Known | None) -> bool:
    return known is not None and (doubt.component, doubt.fault) == (known.component, known.fault)
