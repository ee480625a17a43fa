"""Asking people, and what becomes of the question: a yes for this very plan, a no, the expiry, the signal's end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from lamplighter.domain.approval import OPEN_MAX, Approval, ApprovalState, Grant, first_asked
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.plan import Plan
from lamplighter.domain.policy import Verdict
from lamplighter.domain.timeline import Crew, Moment
from lamplighter.ports import Clock, Store, StoreUnavailable
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.story import Superseded

log = structlog.get_logger()


@dataclass(slots=True)
class Asking:
    """The approval steps of the story."""

    store: Store
    chronicle: Chronicle
    clock: Clock
    care: Care

    async def ask(self, incident: Incident, plan: Plan, verdict: Verdict) -> Approval:
        """Write the question once, and tell people."""
        now = self.clock.now()
        wanted = Approval(
            id=f"{incident.workflow_id}-{plan.hash[:8]}",
            incident_id=incident.id,
            plan_hash=plan.hash,
            summary=f"{plan.words} ({verdict.reason})",
            asked_at=now,
            expires_at=await self._until(incident, plan, now),
        )
        approval = await asyncio.to_thread(self.store.approvals.ask, wanted)
        text = f"may I {plan.words}? (plan {plan.hash}, expires {approval.expires_at:%H:%M:%S})"
        incident = await self.chronicle.move(
            incident, State.AWAITING_APPROVAL, once("awaiting", plan), Crew.COUNCIL, verdict.reason
        )
        data: dict[str, object] = {"approval": approval.id, "hash": plan.hash}
        data |= {"amendment": plan.amendments} if plan.amendments else {}
        await self.chronicle.note(incident, once("asked", plan), Moment.ASKED, Crew.COUNCIL, text, data)
        await self.chronicle.tell(incident, "asked", (text,), edition=plan.amendments)
        return approval

    async def _until(self, incident: Incident, plan: Plan, now: datetime) -> datetime:
        """When the question expires. An amended plan rests on the same evidence, which grows no younger by that."""
        until = now + timedelta(seconds=self.care.approval_seconds)
        if not plan.amendments:
            return until
        earlier = await asyncio.to_thread(self.store.approvals.of_incident, incident.id)
        return min(until, first_asked(earlier, incident, now) + max(OPEN_MAX, until - now))

    async def answered(self, incident: Incident, plan: Plan, approval: Approval) -> Grant | Plan | None:
        """A yes, a no, the expiry, the signal's end, the plan as a person amended it; None while it is open."""
        now = self.clock.now()
        present = await asyncio.to_thread(self.store.incidents.load, incident.id)
        if present is None or not present.is_open or present.run != incident.run:
            await asyncio.to_thread(self.store.approvals.close, approval.id, ApprovalState.CANCELLED, now)
            raise Superseded(f"{incident.id} was closed or begun anew while an approval was open")
        held = await asyncio.to_thread(self.store.approvals.load, approval.id)
        if held is None:
            return Grant("", given=False, by="", reason="the question is gone from the store")
        if held.state is ApprovalState.PENDING and present.signal_cleared_at is not None:
            await asyncio.to_thread(self.store.approvals.close, approval.id, ApprovalState.CANCELLED, now)
            return Grant("", given=False, by="", reason="over while I waited for an answer", ends=State.SELF_CLEARED)
        if held.state is ApprovalState.PENDING and now >= held.expires_at:
            held = await asyncio.to_thread(self.store.approvals.close, approval.id, ApprovalState.EXPIRED, now)
        if held.state is ApprovalState.PENDING:
            return None
        return await self._answer(incident, plan, held)

    async def expiry(self, approval: Approval) -> Approval:
        """The question as it stands now; as it was asked where the store is away."""
        try:
            return await asyncio.to_thread(self.store.approvals.load, approval.id) or approval
        except StoreUnavailable as problem:
            log.warning("the store is away; the question expires as it was asked", problem=str(problem))
            return approval

    async def _answer(self, incident: Incident, plan: Plan, held: Approval) -> Grant | Plan:
        if held.state is ApprovalState.AMENDED:
            amended = await asyncio.to_thread(self.store.dossiers.plan, incident.id, incident.run)
            if amended is not None and amended.amends == plan.hash == held.plan_hash:
                return amended
            return Grant("", given=False, by=held.approver, reason="what the plan was amended to is not in the store")
        by = self.chronicle.called.of(held.approver)
        if held.state in {ApprovalState.APPROVED, ApprovalState.CONSUMED} and held.plan_hash == plan.hash:
            text = f"{by} said yes{f': {held.reason}' if held.reason else ''}"
            await self.chronicle.move(
                incident, State.APPROVED, "approved", Crew.PERSON, text, moment=Moment.ANSWERED, person=held.approver
            )
            return Grant(held.id, given=True, by=held.approver, reason=text, approval_id=held.id)
        if held.state is ApprovalState.DENIED:
            text = f"{by} said no{f': {held.reason}' if held.reason else ''}; nothing was done"
            data: dict[str, object] = {"by": held.approver}
            await self.chronicle.note(incident, "answered", Moment.ANSWERED, Crew.PERSON, text, data)
            return Grant("", given=False, by=held.approver, reason=text, ends=State.REJECTED)
        text = "nobody answered in time; nothing was done" if held.state is ApprovalState.EXPIRED else str(held.state)
        await self.chronicle.note(incident, "expired", Moment.EXPIRED, Crew.COUNCIL, text)
        return Grant("", given=False, by="", reason=text)

    async def grant(self, incident: Incident, plan: Plan, verdict: Verdict) -> Grant:
        """Policy's own grant."""
        await self.chronicle.move(incident, State.APPROVED, "approved", Crew.COUNCIL, verdict.reason)
        return Grant(f"policy:{incident.workflow_id}:{plan.hash}", given=True, by="policy", reason=verdict.reason)


def once(key: str, plan: Plan) -> str:
    """The key of an event about this plan: another one for each amendment, so that each is written once."""
    return f"{key}:{plan.amendments}" if plan.amendments else key
