"""Reads what PostgreSQL says of itself: connections, locks, statements, replication. Numbers are told, never judged."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, flag, items, number, record, text
from lamplighter.diagnosis.readers.draft import Values, draft, known, owner, shown
from lamplighter.diagnosis.readers.signs import first_sign
from lamplighter.domain.evidence import Evidence, Fact

ROWS_MAX = 200
STATEMENT_CHARS_MAX = 120
# What a server answers instead of letting us in tells of the server itself.
TELLING_SIGNS = frozenset({"connection_pool_exhausted", "database_down"})
_REFUSED = re.compile(r"(?i)connection refused|\bECONNREFUSED\b")


def read_activity(evidence: Evidence) -> list[Fact]:
    """One fact `database` about connections. Raises `Unreadable`."""
    data = _answer(evidence)
    allowed = number(data, "settings", "max_connections")
    reserved = number(data, "settings", "reserved_connections") or 0.0
    totals = at(data, "totals")
    counted = [number(row, "connections") or 0.0 for row in items(data, "rows")[:ROWS_MAX]]
    used = number(totals, "connections")
    used = used if used is not None else sum(counted)
    most = max(0.0, allowed - reserved) if allowed is not None else None
    values = known(
        about="connections",
        connections=used,
        connections_max=most,
        connections_share=used / most if most else None,
        active=number(totals, "active"),
        idle_in_transaction=number(totals, "idle_in_transaction"),
        waiting_for_locks=number(totals, "waiting_for_locks"),
        longest_transaction_seconds=number(totals, "longest_transaction_seconds"),
        longest_idle_in_transaction_seconds=number(totals, "longest_idle_in_transaction_seconds"),
        **_settings(data),
    )
    said = f"{owner(evidence)} has {used:.0f} connections"
    said += f" of {most:.0f}" if most is not None else ""
    if values.get("idle_in_transaction"):
        said += f", {values['idle_in_transaction']:.0f} of them idle in a transaction"
    longest = values.get("longest_transaction_seconds")
    if isinstance(longest, float) and longest >= 1:
        said += f"; the longest transaction is {longest:.0f} s old"
    return [draft(evidence, "database", said, values, at=evidence.at)]


def read_locks(evidence: Evidence) -> list[Fact]:
    """One fact `database` about who waits for whom. Raises `Unreadable`."""
    data = _answer(evidence)
    rows = [row for row in items(data, "rows")[:ROWS_MAX] if items(row, "blocked_by")]
    waits = [number(row, "waited_seconds") or 0.0 for row in rows]
    roots = [one for one in items(data, "blockers")[:ROWS_MAX] if not items(one, "blocked_by")]
    root = roots[0] if roots else None
    values = known(
        about="locks",
        blocked_count=float(len(rows)),
        blockers_count=float(len(roots)),
        longest_wait_seconds=max(waits, default=None),
        blocker_state=shown(text(root, "state"), 60),
        blocker_application=shown(text(root, "application"), 60),
        blocker_transaction_seconds=number(root, "transaction_seconds"),
        **_settings(data),
    )
    if not rows:
        return [
            draft(evidence, "database", f"no session of {owner(evidence)} waits for a lock", values, at=evidence.at)
        ]
    said = f"{len(rows)} sessions of {owner(evidence)} wait for locks, the longest for {max(waits):.0f} s"
    if root is not None:
        who, state = text(root, "application") or text(root, "username"), text(root, "state")
        pid, held = number(root, "pid"), number(root, "transaction_seconds")
        said += f"; session {pid:.0f}" if pid is not None else "; a session"
        said += f" ({who}, {state})" if who or state else ""
        said += f" holds them since {held:.0f} s" if held is not None else " holds them"
        said += f": {shown(text(root, 'statement'), STATEMENT_CHARS_MAX)}"
    return [draft(evidence, "database", said, values, at=evidence.at)]


def read_statements(evidence: Evidence) -> list[Fact]:
    """One fact `database` about statements that run, and one about the costliest counted. Raises `Unreadable`."""
    data = _answer(evidence)
    running = sorted(
        items(data, "running")[:ROWS_MAX], key=lambda row: number(row, "running_seconds") or 0.0, reverse=True
    )
    longest = running[0] if running else None
    seconds = number(longest, "running_seconds") if longest is not None else None
    values = known(
        about="statements",
        running=float(len(running)),
        longest_statement_seconds=seconds if seconds is not None else 0.0,
        waits_for=shown(text(longest, "wait_event_type"), 40),
        **_settings(data),
    )
    said = f"{owner(evidence)} runs {len(running)} statements"
    if seconds is not None:
        said += f", the longest for {seconds:.1f} s: {shown(text(longest, 'statement'), STATEMENT_CHARS_MAX)}"
    facts = [draft(evidence, "database", said, values, at=evidence.at)]
    counted = items(data, "rows")[:ROWS_MAX]
    if counted:
        facts.append(_costliest(evidence, counted))
    return facts


def _costliest(evidence: Evidence, rows: list[object]) -> Fact:
    total = sum(number(row, "total_milliseconds") or 0.0 for row in rows)
    first = max(rows, key=lambda row: number(row, "total_milliseconds") or 0.0)
    share = (number(first, "total_milliseconds") or 0.0) / total if total else None
    mean, calls = number(first, "mean_milliseconds"), number(first, "calls")
    values = known(about="counted_statements", mean_milliseconds=mean, calls=calls, time_share=share)
    said = f"the costliest statement of {owner(evidence)}, {calls or 0:.0f} calls of {mean or 0:.1f} ms each: "
    return draft(evidence, "database", said + shown(text(first, "statement"), STATEMENT_CHARS_MAX), values)


def read_replication(evidence: Evidence) -> list[Fact]:
    """One fact `database` about how far whom is behind. Raises `Unreadable`."""
    data = _answer(evidence)
    rows, slots = items(data, "rows")[:ROWS_MAX], items(data, "slots")[:ROWS_MAX]
    lags = [lag for row in rows if (lag := number(row, "replay_lag_seconds")) is not None]
    behind = [lag for row in rows if (lag := number(row, "lag_bytes")) is not None]
    own_lag, own_bytes = number(data, "receiver", "lag_seconds"), number(data, "receiver", "lag_bytes")
    status, settings = text(data, "receiver", "status"), _settings(data)
    is_replica = settings.get("in_recovery") == 1.0
    values = known(
        about="replication",
        replicas=float(len(rows)),
        lag_seconds=own_lag if is_replica else max(lags, default=None),
        lag_bytes=own_bytes if is_replica else max(behind, default=None),
        receiver=shown(status, 40) or ("none" if is_replica else None),
        replay_paused=flag(data, "receiver", "replay_paused"),
        unused_slots=float(sum(1 for slot in slots if flag(slot, "active") is False)),
        slots_kept_bytes=max((number(slot, "kept_bytes") or 0.0 for slot in slots), default=None),
        **settings,
    )
    return [draft(evidence, "database", _lag_words(owner(evidence), values), values, at=evidence.at)]


def _lag_words(who: str, values: Values) -> str:
    lag, behind = values.get("lag_seconds"), values.get("lag_bytes")
    if values.get("in_recovery") == 1.0:
        said = f"{who} is a replica, its receiver is {values.get('receiver')}"
    else:
        said = f"{who} is no replica and has {values.get('replicas'):.0f} replicas"
    said += f", {lag:.1f} s behind" if isinstance(lag, float) else ""
    said += f" by {behind:.0f} bytes" if isinstance(behind, float) else ""
    return said + (", replay is paused" if values.get("replay_paused") == 1.0 else "")


def read_refusal(evidence: Evidence) -> list[Fact]:
    """What a server's refusal tells of itself: that nobody listens, or the sign in its own words."""
    said = shown(evidence.error, 300)
    if _REFUSED.search(said):
        values = known(probe="postgresql", state="failing", connected=0.0, error="refused")
        return [draft(evidence, "probe", f"postgresql of {owner(evidence)} refuses: {said}", values, at=evidence.at)]
    sign = first_sign(said)
    if sign is None or sign.name not in TELLING_SIGNS:
        return []
    values = known(sign=sign.name, count=1.0)
    return [draft(evidence, "log_sign", f"postgresql of {owner(evidence)} answers: {said}", values, at=evidence.at)]


def _answer(evidence: Evidence) -> dict[str, object]:
    data = record(decoded(evidence.content))
    if not isinstance(data.get("rows"), list):
        raise Unreadable("an object with rows was expected")
    return data


def _settings(data: object) -> Values:
    return known(
        in_recovery=flag(data, "settings", "in_recovery"),
        started_epoch_seconds=number(data, "settings", "started_epoch_seconds"),
        sees_all=flag(data, "settings", "sees_all"),
    )
