"""Questions to people and their answers in SQL. The rules are the domain's; here they meet the clock and the lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer, may_answer, why_moot
from lamplighter.domain.audit import What, act
from lamplighter.domain.plan import Plan
from lamplighter.domain.timeline import Event
from lamplighter.store.audit import append
from lamplighter.store.dossiers import write_plan
from lamplighter.store.engine import Database
from lamplighter.store.event_rows import write_event
from lamplighter.store.incident_rows import find as find_incident
from lamplighter.store.incident_rows import number_of, required
from lamplighter.store.nonces import spend
from lamplighter.store.tables import approvals
from lamplighter.store.writes import insert_once

LIMIT_MAX = 1000
_NAMES = tuple(field.name for field in fields(Approval))


class SqlApprovals:
    """The approvals in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, approval: Approval) -> Approval:
        """Write a question once for each id; returns what is stored."""
        values = {name: getattr(approval, name) for name in _NAMES} | {"state": str(approval.state)}
        with self._database.writing() as connection:
            connection.execute(insert_once(connection, approvals, ("id",), values))
            return _required(connection, approval.id)

    def answer(
        self,
        approval_id: str,
        *,
        approve: bool,
        by: str,
        reason: str,
        plan_hash: str | None,
        now: datetime,
        nonce: str = "",
    ) -> Approval:
        """Answer once, before expiry, and use up the nonce with it. Raises `CannotAnswer`, `LookupError`."""
        state = ApprovalState.APPROVED if approve else ApprovalState.DENIED
        with self._database.writing() as connection:
            _answerable(connection, approval_id, plan_hash, now)
            spend(connection, nonce, by, now)
            end(
                connection,
                approval_id,
                ApprovalState.PENDING,
                state=str(state),
                approver=by,
                reason=reason,
                answered_at=now,
            )
            what = What.APPROVAL_GRANTED if approve else What.APPROVAL_DENIED
            return _told(connection, approval_id, what, by, now, reason=reason)

    def amend(self, approval_id: str, amended: Plan, *, by: str, reason: str, told: Event) -> Approval:
        """End a question as amended, and keep the amended plan and the event with it, or nothing of it.

        Raises `CannotAnswer` where the question may not be answered now, or the plan did not come of its own.
        """
        with self._database.writing() as connection:
            present = _answerable(connection, approval_id, amended.amends, told.at)
            if not present.incident_id == amended.incident_id == told.incident_id:
                raise CannotAnswer(f"approval {approval_id} is about {present.incident_id}")
            end(
                connection,
                approval_id,
                ApprovalState.PENDING,
                state=str(ApprovalState.AMENDED),
                approver=by,
                reason=reason,
                answered_at=told.at,
            )
            write_plan(connection, amended)
            write_event(connection, required(connection, told.incident_id)[0], told)
            detail = {"reason": reason, "amended": amended.hash}
            return _told(connection, approval_id, What.APPROVAL_AMENDED, by, told.at, **detail)

    def explain(self, approval_id: str, event: Event, *, by: str, reason: str, nonce: str) -> Approval:
        """Write down why somebody said no, once and by the same person, with the event, and use up the nonce."""
        with self._database.writing() as connection:
            present = _required(connection, approval_id)
            if present.state is not ApprovalState.DENIED or present.approver != by or present.reason:
                raise CannotAnswer(f"approval {approval_id} is {present.state}; there is no no of yours to explain")
            spend(connection, nonce, by, event.at)
            end(connection, approval_id, ApprovalState.DENIED, reason=reason)
            write_event(connection, required(connection, present.incident_id)[0], event)
            return _required(connection, approval_id)

    def extend(self, approval_id: str, until: datetime, *, now: datetime, nonce: str = "", by: str = "") -> Approval:
        """Let a question that is still open stay so until then. Raises `CannotAnswer`, `LookupError`."""
        with self._database.writing() as connection:
            present = _answerable(connection, approval_id, None, now)
            spend(connection, nonce, by, now)
            later = max(until, present.expires_at)
            end(connection, approval_id, ApprovalState.PENDING, expires_at=later)
            until_words = later.isoformat(timespec="seconds")
            return _told(connection, approval_id, What.APPROVAL_SNOOZED, by, now, until=until_words)

    def close(self, approval_id: str, state: ApprovalState, now: datetime) -> Approval:
        """Expire or cancel one that is still pending. Raises `LookupError`, and `ValueError` for another state."""
        if state not in {ApprovalState.EXPIRED, ApprovalState.CANCELLED}:
            raise ValueError(f"an approval is closed as expired or cancelled, not as {state}")
        with self._database.writing() as connection:
            if _required(connection, approval_id).state is ApprovalState.PENDING:
                end(connection, approval_id, ApprovalState.PENDING, state=str(state), answered_at=now)
            return _required(connection, approval_id)

    def load(self, approval_id: str) -> Approval | None:
        """One approval."""
        with self._database.reading() as connection:
            return find(connection, approval_id)

    def of_incident(self, incident_id: str) -> Sequence[Approval]:
        """The questions of one incident, newest first, at most LIMIT_MAX."""
        query = select(approvals).where(approvals.c.incident_id == incident_id)
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(approvals.c.seq.desc()).limit(LIMIT_MAX))
            return [_approval_of(row) for row in rows]

    def listed(self, *, pending_only: bool, limit: int = 50) -> Sequence[Approval]:
        """Approvals, newest first, at most LIMIT_MAX."""
        query = select(approvals).order_by(approvals.c.seq.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        if pending_only:
            query = query.where(approvals.c.state == ApprovalState.PENDING)
        with self._database.reading() as connection:
            return [_approval_of(row) for row in connection.execute(query)]


def find(connection: Connection, approval_id: str, *, lock: bool = False) -> Approval | None:
    """One approval; locked until the transaction ends where it is about to be changed."""
    query = select(approvals).where(approvals.c.id == approval_id)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _approval_of(row)


def end(connection: Connection, approval_id: str, present: ApprovalState, **values: object) -> None:
    """Change an approval only where it is still in the state that was seen. Raises `CannotAnswer` where it is not."""
    same = (approvals.c.id == approval_id) & (approvals.c.state == present)
    if connection.execute(update(approvals).where(same).values(**values)).rowcount != 1:
        raise CannotAnswer(f"approval {approval_id} is not {present} any more")


def _told(connection: Connection, approval_id: str, what: What, by: str, at: datetime, **detail: str) -> Approval:
    """The approval as it stands, and what was done of it in the audit log."""
    kept = _required(connection, approval_id)
    append(connection, act(at, by, what, kept.incident_id, approval=kept.id, plan=kept.plan_hash, **detail))
    return kept


def _answerable(connection: Connection, approval_id: str, plan_hash: str | None, now: datetime) -> Approval:
    """A question that may be answered now. Raises `CannotAnswer`, `LookupError`."""
    present = _required(connection, approval_id)
    incident = find_incident(connection, number_of(present.incident_id))
    if why := may_answer(present, plan_hash, now) or (why_moot(present, incident) if incident else ""):
        raise CannotAnswer(why)
    return present


def _required(connection: Connection, approval_id: str) -> Approval:
    found = find(connection, approval_id, lock=True)
    if found is None:
        raise LookupError(f"there is no approval {approval_id}")
    return found


def _approval_of(row: Row[tuple[object, ...]]) -> Approval:
    values = {name: getattr(row, name) for name in _NAMES}
    return Approval(**values | {"state": ApprovalState(row.state)})
