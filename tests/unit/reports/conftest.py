"""An incident, a diagnosis and lessons to put together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.cause import Cause, Diagnosis, RuledOut
from lamplighter.domain.evidence import Fact
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.member import Link, Member
from lamplighter.domain.plan import Action, Plan, Risk, Target, Verb
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.topology import Edge
from lamplighter.reports.findings import findings_of
from lamplighter.reports.papers import Papers
from lamplighter.testing import NOON, firing


def incident(number: int = 9, state: State = State.NEEDS_HUMAN, at: datetime = NOON, **more: Any) -> Incident:  # noqa: ANN401 - fields of the incident
    alert = firing("Down", at, container="shop")
    fields: dict[str, Any] = {"component": "shop", **more}
    opened = fields.pop("opened_at", at)
    return Incident(f"INC-{number}", "Down", state, "critical", alert.trouble, alert, opened, at, **fields)


def lesson(number: int, at: datetime = NOON, **more: Any) -> Lesson:  # noqa: ANN401 - fields of the lesson
    told: dict[str, Any] = {
        "trouble": incident().trouble,
        "component": "shop",
        "fault": "oom",
        "actions": ("restart shop",),
        "outcome": "resolved",
        "confidence": 0.9,
        "seconds": 61.0,
        **more,
    }
    return Lesson(incident_id=f"INC-{number}", at=at, **told)


def fact(number: int, kind: str, text: str, **more: Any) -> Fact:  # noqa: ANN401 - fields of the fact
    told: dict[str, Any] = {"evidence": "e1", "component": "shop", **more}
    return Fact(id=f"f{number}", kind=kind, text=text, **told)


def diagnosis(**more: Any) -> Diagnosis:  # noqa: ANN401 - fields of the diagnosis
    facts = (
        fact(1, "alert", "alert Down is firing", at=NOON),
        fact(2, "state", "shop was killed for memory", query="docker inspect shop"),
        fact(3, "change", "shop: image 10.10 became 10.11", at=NOON - timedelta(minutes=17)),
        fact(4, "change", "nas was patched", component="nas", at=NOON - timedelta(hours=3)),
        fact(5, "change", "shop was scaled", at=NOON + timedelta(minutes=1)),
        fact(6, "probe", "nas answers", component="nas"),
    )
    causes = (
        Cause(1, "shop", "oom", 0.82, "likely", "shop was killed for memory", ("f2", "f3")),
        Cause(2, "nas", "disk_full", 0.2, "possible", "nas may be full", ("f4",), ("f6",)),
    )
    fields: dict[str, Any] = {
        "causes": causes,
        "facts": facts,
        "ruled_out": (RuledOut("nas", "host_down", ("f6", "f99")),),
        "statement": "shop was killed for memory",
        "elapsed_seconds": 0.012,
        **more,
    }
    return Diagnosis(**fields)


def story(number: int = 9, run: int = 1) -> tuple[Event, ...]:
    """The timeline of a response that was asked about, approved, run and verified."""
    told: tuple[tuple[str, int, Moment, Crew, str, dict[str, object]], ...] = (
        ("opened", 40, Moment.OPENED, Crew.MONITOR, "Down", {}),
        ("analysing", 41, Moment.STATE, Crew.ANALYST, "looking for the cause", {"state": "analysing"}),
        ("gathered", 43, Moment.GATHERED, Crew.ANALYST, "6 looks at shop, nas; 0 failed", {}),
        ("diagnosed", 44, Moment.DIAGNOSED, Crew.ANALYST, "likely: shop was killed for memory", {}),
        ("planned", 45, Moment.PLANNED, Crew.HEALER, "restart shop", {}),
        ("judged", 46, Moment.JUDGED, Crew.COUNCIL, "policy: needs_approval: mode ask", {}),
        ("vote:cause", 47, Moment.VOTED, Crew.COUNCIL, "cause: for: it fits", {"member": "cause", "in_favour": True}),
        ("vote:cost", 47, Moment.VOTED, Crew.COUNCIL, "cost: against: users", {"member": "cost", "in_favour": False}),
        ("asked", 50, Moment.ASKED, Crew.COUNCIL, "may I restart shop?", {"approval": f"INC-{number}-a"}),
        ("ack", 60, Moment.ACKNOWLEDGED, Crew.PERSON, "robin has it", {"by": "robin"}),
        ("approved", 170, Moment.ANSWERED, Crew.PERSON, "robin said yes: go on", {"state": "approved"}),
        ("acting", 171, Moment.ACTING, Crew.HEALER, "restart shop now", {}),
        ("acted", 180, Moment.ACTED, Crew.HEALER, "restart shop: done: it runs again", {}),
        ("verified", 240, Moment.VERIFIED, Crew.HEALER, "recovered: clear for 60 s", {"outcome": "recovered"}),
        ("closed", 241, Moment.CLOSED, Crew.COMMUNICATOR, "restart shop", {"state": "resolved"}),
    )
    return tuple(
        Event(f"INC-{number}", f"{run}:{key}", NOON + timedelta(seconds=at), moment, crew, text, data, seq)
        for seq, (key, at, moment, crew, text, data) in enumerate(told, start=1)
    )


def papers(found: Diagnosis | None = None, **more: Any) -> Papers:  # noqa: ANN401 - fields of the papers
    """All of a resolved incident; `found` is another diagnosis than the usual one."""
    ended: dict[str, Any] = {"closed_at": NOON + timedelta(seconds=241), "resolution": "restart shop"}
    one = incident(state=State.RESOLVED, opened_at=NOON + timedelta(seconds=40), resolved_by="lamplighter", **ended)
    action = Action(Verb.RESTART, Target("docker", "container", "shop", "c1"), {}, Risk.LOW, effect="down 15 s")
    plan = Plan(one.id, 1, "shop", "oom", 0.82, (action,), "Down clear for 60 s")
    asked = NOON + timedelta(seconds=50)
    approval = Approval(
        f"{one.id}-a",
        one.id,
        plan.hash,
        "restart shop",
        asked,
        asked + timedelta(minutes=15),
        ApprovalState.CONSUMED,
        "robin",
        "go on",
    )
    attempt = Attempt(
        "k",
        one.id,
        plan.hash,
        approval.id,
        "docker",
        "restart",
        "c1",
        "shop",
        {},
        AttemptState.DONE,
        asked,
        asked,
        NOON + timedelta(seconds=180),
        {},
        "it runs again",
    )
    lead = Member(one.id, one.trouble, one.alert, "shop", Link.OPENED, "it came first", NOON)
    slow = firing("Slow", NOON, container="web")
    more = {
        "incident": one,
        "now": NOON + timedelta(minutes=10),
        "findings": findings_of(one, found or diagnosis(), (), [lesson(3, NOON - timedelta(days=9))]),
        "plan": plan,
        "approvals": (approval,),
        "attempts": (attempt,),
        "events": story(),
        "members": (lead, Member(one.id, slow.trouble, slow, "web", Link.DEPENDS, "web needs shop", NOON, 3)),
        "edges": (Edge("web", "shop"), Edge("shop", "nas")),
        **more,
    }
    return Papers(**more)


def two_responses() -> Papers:
    """A first response whose restart of shop did not help and which a person ended, and a second that helped."""
    later, whole = timedelta(hours=3), papers()
    first = list(story())
    first[12] = replace(first[12], data={"key": "k"})
    first[13] = replace(first[13], text="unchanged: still firing", data={"outcome": "unchanged"})
    first[14] = replace(first[14], crew=Crew.PERSON, text="robin closed it")
    back = Event("INC-9", "2:back", NOON + later, Moment.REOPENED, Crew.MONITOR, "Down fires again", {}, 16)
    second = [replace(one, at=one.at + later, seq=one.seq + 16) for one in story(run=2)[1:]]
    second[11] = replace(second[11], text="restart web: done: it runs again", data={"key": "k2"})
    old = whole.attempts[0]
    new = replace(old, key="k2", target_name="web", planned_at=old.planned_at + later, ended_at=NOON + later)
    closed = NOON + later + timedelta(seconds=241)
    return replace(
        whole,
        incident=replace(whole.incident, run=2, closed_at=closed),
        events=(*first, back, *second),
        attempts=(old, new),
        now=NOON + timedelta(hours=4),
    )
