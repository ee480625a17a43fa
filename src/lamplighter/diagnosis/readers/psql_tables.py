"""Reads tables that psql printed of PostgreSQL's own views: sessions by state, who is blocked, how far replicas lag."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import is_count
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.domain.evidence import Evidence, Fact

LINES_MAX = 2_000
ROWS_MAX = 500
FACTS_MAX = 6
RULE = re.compile(r"^[-+]{3,2000}$")
_COUNT = re.compile(r"^\((\d{1,9}) rows?\)$")
_SPAN = re.compile(r"(?:(\d{1,6}) days? )?(\d{1,4}):(\d\d):(\d\d)(?:\.\d{1,9})?")
_AGES = ("since", "age", "duration", "running", "xact_age", "query_age", "waited", "wait")

Row = dict[str, str]


def is_head(line: str, below: str) -> bool:
    """Whether two lines are the names of columns and the rule below them, as psql prints a table."""
    return "|" in line and "+" in below and RULE.match(below.strip()) is not None


def read_psql(evidence: Evidence) -> list[Fact]:
    """Facts `database` about connections, locks and replication; nothing where no such table is there."""
    facts: list[Fact] = []
    for rows, count in _tables(evidence.content.splitlines()[:LINES_MAX]):
        columns = rows[0].keys()
        if "replay_lag" in columns or "lag_seconds" in columns:
            facts += [_lag(evidence, row) for row in rows]
        elif "blocked_by" in columns or "blocking_pid" in columns or "blocking_pids" in columns:
            facts.append(_locks(evidence, rows, count))
        elif "state" in columns and "pid" in columns:
            facts.append(_sessions(evidence, rows, count))
    return facts[:FACTS_MAX]


def _tables(lines: list[str]) -> list[tuple[list[Row], int]]:
    """The rows of each aligned table that has any, and how many there were, as psql says below it."""
    found: list[tuple[list[Row], int]] = []
    for place, line in enumerate(lines):
        if place == 0 or not is_head(lines[place - 1], line):
            continue
        columns = [cell.strip() for cell in lines[place - 1].split("|")]
        rows: list[Row] = []
        count = 0
        for below in lines[place + 1 : place + 1 + ROWS_MAX]:
            cells = [cell.strip() for cell in below.split("|")]
            if len(cells) != len(columns):
                counted = _COUNT.match(below.strip())
                count = int(counted[1]) if counted else 0
                break
            rows.append(dict(zip(columns, cells, strict=True)))
        if rows:
            found.append((rows, max(count, len(rows))))
    return found


def _sessions(evidence: Evidence, rows: list[Row], count: int) -> Fact:
    idle = [row for row in rows if row["state"].startswith("idle in transaction")]
    longest = max((_seconds(row) or 0.0 for row in idle), default=None)
    values = known(
        about="connections",
        connections=float(count),
        active=float(sum(row["state"] == "active" for row in rows)),
        idle_in_transaction=float(len(idle)),
        longest_idle_in_transaction_seconds=longest,
    )
    said = f"{owner(evidence) or 'PostgreSQL'} shows {count} sessions, {len(idle)} of them idle in a transaction"
    said += f", the longest for {longest:.0f} s" if longest else ""
    who = sorted({row["application_name"] for row in idle if row.get("application_name")})
    said += f" ({shown(', '.join(who), 120)})" if who else ""
    return draft(evidence, "database", said, values, at=evidence.at)


def _locks(evidence: Evidence, rows: list[Row], count: int) -> Fact:
    keys = ("blocked_by", "blocking_pid", "blocking_pids")
    blocked = [row for row in rows if any(row.get(key, "").strip("{}") for key in keys)]
    longest = max((_seconds(row) or 0.0 for row in blocked), default=None)
    waiting = len(blocked) if count == len(rows) else count
    values = known(about="locks", blocked_count=float(waiting), longest_wait_seconds=longest)
    said = f"{waiting} sessions of {owner(evidence) or 'PostgreSQL'} wait for locks"
    said += f", the longest for {longest:.0f} s" if longest else ""
    return draft(evidence, "database", said, values, at=evidence.at)


def _lag(evidence: Evidence, row: Row) -> Fact:
    plain = row.get("lag_seconds", "").partition(".")[0]
    seconds = float(plain) if is_count(plain) else _span(row.get("replay_lag", ""))
    name = row.get("application_name") or row.get("client_addr") or "a replica"
    values = known(about="replication", lag_seconds=seconds, replica=name, receiver=row.get("state", ""))
    said = f"{shown(name, 80)}, a replica of {owner(evidence) or 'PostgreSQL'}, is {row.get('state') or 'connected'}"
    said += f", {seconds:.0f} s behind" if seconds is not None else ""
    return draft(evidence, "database", said, values, at=evidence.at)


def _seconds(row: Row) -> float | None:
    return next((seconds for key in _AGES if (seconds := _span(row.get(key, ""))) is not None), None)


def _span(said: str) -> float | None:
    """An interval as PostgreSQL prints it, in seconds."""
    found = _SPAN.fullmatch(said.strip())
    if found is None:
        return None
    return float(found[1] or 0) * 86_400 + int(found[2]) * 3_600 + int(found[3]) * 60 + int(found[4])
