"""Amending the plan that people are asked about: by whatever door, it is done here. It is never a yes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from lamplighter.domain.amendment import Amendment, Unfit, amend, changes
from lamplighter.domain.approval import Approval, CannotAnswer, may_answer
from lamplighter.domain.incident import UNDER_WAY, Incident
from lamplighter.domain.plan import Plan
from lamplighter.domain.texts import kept_text
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Store, Switch
from lamplighter.workflow.answering import Wakes
from lamplighter.workflow.asking import once
from lamplighter.workflow.chronicle import Chronicle

REASON_BYTES_MAX = 2_000


class NotLess(CannotAnswer):
    """An amendment that would not be less of the very same plan; the question stays as it is."""


@dataclass(slots=True)
class Amending:
    """Ends a question with the plan that comes in its place; the response then has that judged and asks anew."""

    store: Store
    chronicle: Chronicle
    response: Wakes
    switch: Switch

    async def amend(self, approval_id: str, plan_hash: str, wanted: Amendment, *, by: str, reason: str) -> Approval:
        """Amend for somebody, and let the response go on. Raises `NotLess`, `CannotAnswer`, `LookupError`."""
        incident, plan = await asyncio.to_thread(self._asked_about, approval_id, plan_hash)
        if paused := self.switch.paused():
            # Policy refuses every plan meanwhile, so that the question would be lost by what was to better it.
            raise CannotAnswer(f"actions are paused {paused}, so no plan is judged; the question stays as it is")
        amended = amend(plan, wanted)
        if isinstance(amended, Unfit):
            raise NotLess(amended.reason)
        words = kept_text(reason, REASON_BYTES_MAX).strip()
        told = self._event(incident, plan, amended, by, words)
        keep = self.store.approvals.amend
        held = await asyncio.to_thread(lambda: keep(approval_id, amended, by=by, reason=words, told=told))
        self.chronicle.news.announce()
        await self.response.wake(incident)
        return held

    def _asked_about(self, approval_id: str, plan_hash: str) -> tuple[Incident, Plan]:
        """The incident of an open question, and the plan that it is about."""
        held = self.store.approvals.load(approval_id)
        incident = self.store.incidents.load(held.incident_id) if held else None
        if held is None or incident is None:
            raise LookupError(f"there is no approval {approval_id}")
        if why := may_answer(held, plan_hash, self.chronicle.clock.now()):
            raise CannotAnswer(why)
        if incident.state not in UNDER_WAY:
            raise CannotAnswer(f"{incident.id} is {incident.state} by now, so nothing of it is asked any more")
        plan = self.store.dossiers.plan(incident.id, incident.run)
        if plan is None or plan.hash != held.plan_hash:
            raise CannotAnswer(f"the plan that {approval_id} is about is not in the store; say yes or no")
        return incident, plan

    def _event(self, incident: Incident, plan: Plan, amended: Plan, by: str, reason: str) -> Event:
        made = changes(plan, amended)
        text = f"{by} amended the plan: {'; '.join(made)}{f' ({reason})' if reason else ''}; asked anew"
        data: dict[str, object] = {
            "by": by,
            "changes": list(made),
            "hash": amended.hash,
            "instead_of": plan.hash,
            "actions": [action.words for action in amended.actions],
        }
        return self.chronicle.event(incident, once("amended", amended), Moment.AMENDED, Crew.PERSON, text, data)
