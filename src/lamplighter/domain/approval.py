"""An approval is bound to one plan's hash, one approver and one expiry, and is used once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lamplighter.domain.incident import Incident, State

# A question is as old as its evidence; past this it is asked anew from the beginning, or not at all.
OPEN_MAX = timedelta(hours=4)


class ApprovalState(StrEnum):
    """Where an approval stands."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    CONSUMED = "consumed"
    CANCELLED = "cancelled"
    AMENDED = "amended"


@dataclass(frozen=True, slots=True)
class Approval:
    """A question to a person, and the answer. Times are UTC."""

    id: str
    incident_id: str
    plan_hash: str
    summary: str
    asked_at: datetime
    expires_at: datetime
    state: ApprovalState = ApprovalState.PENDING
    approver: str = ""
    reason: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What lets a plan run: the policy alone, or a person's approval. `given` False says why not, and where it ends."""

    id: str
    given: bool
    by: str
    reason: str
    approval_id: str = ""
    ends: State = State.NEEDS_HUMAN


class CannotAnswer(ValueError):
    """An answer that does not count: the words say why."""


def first_asked(questions: Iterable[Approval], incident: Incident, otherwise: datetime) -> datetime:
    """When the first question of this run was asked; those that came of amending it are no fresher."""
    mine = (one.asked_at for one in questions if one.id.startswith(f"{incident.workflow_id}-"))
    return min(mine, default=otherwise)


def may_answer(approval: Approval, plan_hash: str | None, now: datetime) -> str:
    """Empty where the approval may be answered now; otherwise why not."""
    if approval.state is ApprovalState.AMENDED:
        return f"the question is amended by {approval.approver}; what is left of the plan has a question of its own"
    if approval.state is not ApprovalState.PENDING:
        return f"approval {approval.id} is already {approval.state}"
    if now < approval.asked_at:
        return f"approval {approval.id} was asked later than now; a clock is wrong"
    if now >= approval.expires_at:
        return f"approval {approval.id} expired at {approval.expires_at:%H:%M:%S}; nothing is done"
    if plan_hash is not None and plan_hash != approval.plan_hash:
        return f"approval {approval.id} is for plan {approval.plan_hash}, not {plan_hash}"
    return ""


def why_moot(approval: Approval, incident: Incident) -> str:
    """Why nothing waits for an answer any more, whatever the question says; empty where the response still does."""
    if not incident.is_open:
        return f"{incident.id} is {incident.state} by now, so nothing waits for an answer"
    response = approval.id.rpartition("-")[0]
    if response.partition(".")[0] == incident.id and response != incident.workflow_id:
        return f"{incident.id} was begun anew since; what it asks now is another question"
    return ""


def may_consume(approval: Approval, plan_hash: str, now: datetime) -> str:
    """Empty where this approval lets this very plan run now; otherwise why not."""
    if approval.state is not ApprovalState.APPROVED:
        return f"approval {approval.id} is {approval.state}, not approved"
    if not approval.approver:
        return f"approval {approval.id} names nobody who gave it"
    if now < approval.asked_at:
        return f"approval {approval.id} was asked later than now; a clock is wrong"
    if approval.plan_hash != plan_hash:
        return f"approval {approval.id} was given for plan {approval.plan_hash}, not {plan_hash}"
    if now >= approval.expires_at:
        return f"approval {approval.id} expired at {approval.expires_at:%H:%M:%S}"
    return ""
