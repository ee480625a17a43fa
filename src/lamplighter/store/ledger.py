"""The intent ledger in SQL: what is about to be done is durable before it is done, and only one caller may do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Row, Select, delete, exists, select, update
from sqlalchemy.exc import IntegrityError

from lamplighter.domain.approval import Approval, ApprovalState, CannotAnswer, may_consume
from lamplighter.domain.audit import ITSELF, Act, What, act
from lamplighter.domain.ledger import ENDED, Attempt, AttemptState
from lamplighter.store import approvals
from lamplighter.store.audit import append
from lamplighter.store.engine import Database
from lamplighter.store.tables import attempts, frozen
from lamplighter.store.values import packed, unpacked
from lamplighter.store.writes import insert_once, insert_or_replace

ATTEMPTS_MAX = 10_000
_PLAIN = (
    "key",
    "incident_id",
    "plan_hash",
    "system",
    "verb",
    "target_id",
    "target_name",
    "planned_at",
    "started_at",
    "ended_at",
    "detail",
    "undo_of",
)


class SqlLedger:
    """The ledger in SQL. Every method blocks, and raises `StoreUnavailable`; every write is durable on return."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def plan(self, attempt: Attempt, *, approval_id: str) -> Attempt:
        """Write `planned` once, and consume the approval with it. Raises `CannotAnswer`; then nothing was written.

        The first action of a plan consumes its approval; the later actions of the very same plan may lean on it.
        """
        with self._database.writing() as connection:
            # The approval's lock comes first, so that two callers with one approval stand in line.
            approval = approvals.find(connection, approval_id, lock=True) if approval_id else None
            present = _find(connection, attempt.key)
            if present is not None:
                return present
            if approval_id:
                _consume(connection, approval, approval_id, attempt)
            values = {name: getattr(attempt, name) for name in _PLAIN} | {
                "granted_by": attempt.grant,
                "params": packed(attempt.params),
                "before": packed(attempt.before),
                "state": str(AttemptState.PLANNED),
            }
            connection.execute(insert_once(connection, attempts, ("key",), values))
            return _required(connection, attempt.key)

    def start(self, key: str, before: Mapping[str, str], now: datetime) -> bool:
        """Planned to started; False where it is not `planned`, or another attempt on the same target is under way."""
        other = attempts.alias("other")
        busy = exists().where(
            other.c.target_id == attempts.c.target_id,
            other.c.state == AttemptState.STARTED,
            other.c.key != attempts.c.key,
        )
        change = (
            update(attempts)
            .where(attempts.c.key == key, attempts.c.state == AttemptState.PLANNED, ~busy)
            .values(state=str(AttemptState.STARTED), started_at=now, before=packed(dict(before)))
        )
        try:
            with self._database.writing() as connection:
                if connection.execute(change).rowcount != 1:
                    return False
                begun = _required(connection, key)
                append(connection, _act(connection, begun, What.ACTION_BEGUN, now))
                return True
        except IntegrityError:
            # Another caller started on the same target between the look and the write; the unique index decided.
            return False

    def end(self, key: str, state: AttemptState, detail: str, now: datetime) -> Attempt:
        """Write the end once. Raises `LookupError`, and `ValueError` where `state` is no end."""
        if state not in ENDED:
            raise ValueError(f"an attempt does not end as {state}")
        still_open = attempts.c.state.not_in([str(ended) for ended in ENDED])
        change = update(attempts).where(attempts.c.key == key, still_open)
        with self._database.writing() as connection:
            changed = connection.execute(change.values(state=str(state), detail=detail, ended_at=now)).rowcount == 1
            ended = _required(connection, key)
            if changed:
                append(connection, _act(connection, ended, What.ACTION_ENDED, now, how=str(state), detail=detail))
            return ended

    def load(self, key: str) -> Attempt | None:
        """One attempt."""
        with self._database.reading() as connection:
            return _find(connection, key)

    def since(self, at: datetime) -> Sequence[Attempt]:
        """The newest ATTEMPTS_MAX attempts planned since then, in order."""
        return self._listed(select(attempts).where(attempts.c.planned_at >= at))

    def open(self) -> Sequence[Attempt]:
        """Attempts that have not ended, in order."""
        states = [str(AttemptState.PLANNED), str(AttemptState.STARTED)]
        return self._listed(select(attempts).where(attempts.c.state.in_(states)))

    def of_incident(self, incident_id: str) -> Sequence[Attempt]:
        """Attempts of one incident, in order."""
        return self._listed(select(attempts).where(attempts.c.incident_id == incident_id))

    def freeze(self, target_id: str, reason: str, now: datetime) -> None:
        """Freeze a target; the newest reason stands."""
        values = {"target_id": target_id, "reason": reason, "at": now}
        with self._database.writing() as connection:
            connection.execute(insert_or_replace(connection, frozen, values))

    def thaw(self, target_ids: Sequence[str]) -> None:
        """Forget that these targets are frozen."""
        with self._database.writing() as connection:
            connection.execute(delete(frozen).where(frozen.c.target_id.in_(target_ids)))

    def frozen(self) -> Mapping[str, str]:
        """Frozen target ids and why."""
        with self._database.reading() as connection:
            rows = connection.execute(select(frozen.c.target_id, frozen.c.reason).order_by(frozen.c.at)).all()
        return {row.target_id: row.reason for row in rows}

    def _listed(self, query: Select[tuple[object, ...]]) -> list[Attempt]:
        with self._database.reading() as connection:
            rows = connection.execute(query.order_by(attempts.c.seq.desc()).limit(ATTEMPTS_MAX)).all()
        return [_attempt_of(row) for row in reversed(rows)]


def _act(connection: Connection, attempt: Attempt, what: What, at: datetime, **detail: str) -> Act:
    """What is done, and who wanted it: whoever said yes, or nobody but the rules."""
    asked = approvals.find(connection, attempt.grant)
    by = asked.approver if asked is not None else ITSELF
    told = {
        "verb": attempt.verb,
        "target": attempt.target_name,
        "system": attempt.system,
        "granted": "approval" if asked is not None else "policy",
        "plan": attempt.plan_hash,
        "undo": "yes" if attempt.undo_of else "",
    }
    return act(at, by, what, attempt.incident_id, **told, **detail)


def _consume(connection: Connection, approval: Approval | None, approval_id: str, attempt: Attempt) -> None:
    if approval is None:
        raise CannotAnswer(f"there is no approval {approval_id}")
    if approval.incident_id != attempt.incident_id:
        raise CannotAnswer(f"approval {approval_id} was given for {approval.incident_id}, not {attempt.incident_id}")
    if approval.state is ApprovalState.CONSUMED and approval.plan_hash == attempt.plan_hash:
        if attempt.planned_at >= approval.expires_at:
            raise CannotAnswer(f"approval {approval_id} expired at {approval.expires_at:%H:%M:%S}")
        return
    if why := may_consume(approval, attempt.plan_hash, attempt.planned_at):
        raise CannotAnswer(why)
    approvals.end(connection, approval_id, ApprovalState.APPROVED, state=str(ApprovalState.CONSUMED))


def _find(connection: Connection, key: str) -> Attempt | None:
    row = connection.execute(select(attempts).where(attempts.c.key == key)).one_or_none()
    return None if row is None else _attempt_of(row)


def _required(connection: Connection, key: str) -> Attempt:
    found = _find(connection, key)
    if found is None:
        raise LookupError(f"the ledger has no attempt {key}")
    return found


def _attempt_of(row: Row[tuple[object, ...]]) -> Attempt:
    values = {name: getattr(row, name) for name in _PLAIN}
    return Attempt(
        **values,
        grant=row.granted_by,
        state=AttemptState(row.state),
        params=unpacked(row.params, dict[str, str]),
        before=unpacked(row.before, dict[str, str]),
    )
