"""Approvals over REST. Only POST answers; an answer is bound to one plan and counts once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from lamplighter.domain.amendment import Amendment
from lamplighter.domain.approval import Approval, CannotAnswer
from lamplighter.domain.plan import MEMORY_LIMIT_BYTES_MAX
from lamplighter.domain.texts import kept_text
from lamplighter.web.auth import APPROVER
from lamplighter.web.context import Context, context
from lamplighter.web.problems import Problem, not_found
from lamplighter.web.session import signature
from lamplighter.workflow.amending import REASON_BYTES_MAX, NotLess

router = APIRouter(prefix="/api/v1/approvals", tags=["approvals"])
ACTIONS_MAX = 20
Number = Annotated[int, Field(ge=1, le=ACTIONS_MAX, description="the action's place in the plan, from 1")]
ApprovalId = Annotated[str, Path(pattern=r"^[A-Za-z0-9.-]{1,80}$")]


@dataclass(frozen=True, slots=True)
class ApprovalList:
    """Questions to people, newest first."""

    approvals: list[Approval]


class Answer(BaseModel):
    """An answer. `plan_hash` may be given, and then must be that of the question."""

    model_config = ConfigDict(extra="forbid")

    plan_hash: Annotated[str | None, Field(pattern=r"^[0-9a-f]{24}$")] = None
    reason: Annotated[str, Field(max_length=2000)] = ""


class Limit(BaseModel):
    """Another memory limit for one action of the plan."""

    model_config = ConfigDict(extra="forbid", strict=True)

    action: Number
    bytes: Annotated[
        int, Field(ge=1, le=MEMORY_LIMIT_BYTES_MAX, description="above the present limit, at most as asked")
    ]


class Change(BaseModel):
    """What shall be left of a plan. Only less of it: the order, the targets and the verbs stay as they are."""

    model_config = ConfigDict(extra="forbid", strict=True)

    plan_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", description="of the question; another one is refused")]
    keep: Annotated[
        list[Number] | None, Field(max_length=ACTIONS_MAX, description="numbers of the actions that stay; all if null")
    ] = None
    limits: Annotated[list[Limit], Field(max_length=ACTIONS_MAX)] = []
    reason: Annotated[str, Field(max_length=2000, description="shown in the timeline")] = ""

    @property
    def wanted(self) -> Amendment:
        """As the domain takes it."""
        keep = None if self.keep is None else tuple(self.keep)
        return Amendment(keep, {one.action: one.bytes for one in self.limits})


@router.get("")
async def listed(
    request: Request,
    pending: Annotated[bool, Query(description="only those that wait")] = True,  # noqa: FBT002 - a query parameter
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> ApprovalList:
    """What people are asked."""
    store = context(request).app.store
    found = await asyncio.to_thread(lambda: store.approvals.listed(pending_only=pending, limit=limit))
    return ApprovalList(list(found))


@router.get("/{approval_id}")
async def show(request: Request, approval_id: ApprovalId) -> Approval:
    """One question."""
    found = await asyncio.to_thread(context(request).app.store.approvals.load, approval_id)
    if found is None:
        raise not_found("approval", approval_id, "/api/v1/approvals")
    return found


@router.post("/{approval_id}/approve")
async def approve(request: Request, approval_id: ApprovalId, body: Answer) -> Approval:
    """Say yes to exactly this plan."""
    return await answered(context(request), approval_id, body, approve=True, by=signature(request, APPROVER))


@router.post("/{approval_id}/deny")
async def deny(request: Request, approval_id: ApprovalId, body: Answer) -> Approval:
    """Say no; nothing is done."""
    return await answered(context(request), approval_id, body, approve=False, by=signature(request, APPROVER))


@router.post("/{approval_id}/amend")
async def amend(request: Request, approval_id: ApprovalId, body: Change) -> Approval:
    """Ask again with less: leave actions out, or raise a memory limit by less. This is no yes."""
    return await amended(context(request), approval_id, body, by=signature(request, APPROVER))


@router.post("/{approval_id}/snooze")
async def snooze(request: Request, approval_id: ApprovalId) -> Approval:
    """Ask again in 30 minutes; nothing is done until then."""
    return await put_off(context(request), approval_id, by=signature(request, APPROVER))


async def put_off(here: Context, approval_id: str, *, by: str) -> Approval:
    """Let a question wait, as the button of a message does. Raises `Problem`."""
    app = here.app
    held = await asyncio.to_thread(app.store.approvals.load, approval_id)
    incident = await asyncio.to_thread(app.store.incidents.load, held.incident_id) if held else None
    if held is None or incident is None:
        raise not_found("approval", approval_id, "/api/v1/approvals")
    try:
        return await app.communicator.answering.put_off(held, incident, by)
    except CannotAnswer as problem:
        raise Problem(
            409, "cannot-answer", str(problem), "look at the incident; it may be answered already"
        ) from problem


async def amended(here: Context, approval_id: str, body: Change, *, by: str) -> Approval:
    """Amend for somebody; what comes of it is judged and asked anew. Raises `Problem`."""
    amending = here.app.communicator.amending
    try:
        return await amending.amend(approval_id, body.plan_hash, body.wanted, by=by, reason=body.reason)
    except LookupError as problem:
        raise not_found("approval", approval_id, "/api/v1/approvals") from problem
    except NotLess as problem:
        fix = "leave out whole actions by number, or name a limit that is allowed; the question is still open"
        raise Problem(422, "not-less", str(problem), fix) from problem
    except CannotAnswer as problem:
        raise Problem(
            409, "cannot-answer", str(problem), "look at the incident; a later question may be open"
        ) from problem


async def answered(here: Context, approval_id: str, body: Answer, *, approve: bool, by: str) -> Approval:
    """Answer for somebody, and let the incident go on. Raises `Problem`."""
    app = here.app
    try:
        held = await asyncio.to_thread(
            lambda: app.store.approvals.answer(
                approval_id,
                approve=approve,
                by=by,
                reason=kept_text(body.reason, REASON_BYTES_MAX),
                plan_hash=body.plan_hash,
                now=app.clock.now(),
            )
        )
    except LookupError as problem:
        raise not_found("approval", approval_id, "/api/v1/approvals") from problem
    except CannotAnswer as problem:
        raise Problem(
            409, "cannot-answer", str(problem), "look at the incident; a later question may be open"
        ) from problem
    incident = await asyncio.to_thread(app.store.incidents.load, held.incident_id)
    if incident is not None:
        await app.response.wake(incident)
    return held
