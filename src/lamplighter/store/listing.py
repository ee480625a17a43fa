"""One page of incidents, newest first. Each part of the query walks one index from its end until it has enough."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, select, union_all

from lamplighter.domain.incident import Incident
from lamplighter.ports import Wanted
from lamplighter.store.incident_rows import INCIDENTS, incident_of
from lamplighter.store.tables import incidents

LIMIT_MAX = 1000
WORDS_MAX = 8
TEXT_CHARS_MAX = 200
SEVERITIES_MAX = 8


def page(connection: Connection, wanted: Wanted, limit: int, before: int) -> list[Incident]:
    """The incidents that are wanted, below the number `before` where it is not 0."""
    size = max(0, min(limit, LIMIT_MAX))
    where = _filters(wanted)
    if before:
        where.append(incidents.c.number < before)
    parts = [
        select(incidents.c.number).where(*chosen, *where).order_by(incidents.c.number.desc()).limit(size)
        for chosen in _choices(wanted)
    ]
    # Each part is wrapped, because SQLite allows an order and a limit only there.
    numbers = union_all(*(part.subquery().select() for part in parts)).subquery()
    newest = select(numbers.c.number).order_by(numbers.c.number.desc()).limit(size)
    query = INCIDENTS.where(incidents.c.number.in_(newest)).order_by(incidents.c.number.desc())
    return [incident_of(row) for row in connection.execute(query)]


def _choices(wanted: Wanted) -> list[list[ColumnElement[bool]]]:
    """One condition for each index to walk: a database does not merge several ends of one index by itself."""
    if wanted.component:
        return [_rest(wanted, [incidents.c.component == wanted.component])]
    if wanted.states:
        severity = _rest_severity(wanted)
        return [[incidents.c.state == str(state), *severity] for state in dict.fromkeys(wanted.states)]
    if wanted.severities:
        return [[incidents.c.severity == one] for one in dict.fromkeys(wanted.severities[:SEVERITIES_MAX])]
    return [[]]


def _rest(wanted: Wanted, chosen: list[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    if wanted.states:
        chosen.append(incidents.c.state.in_([str(state) for state in wanted.states]))
    return chosen + _rest_severity(wanted)


def _rest_severity(wanted: Wanted) -> list[ColumnElement[bool]]:
    return [incidents.c.severity.in_(wanted.severities[:SEVERITIES_MAX])] if wanted.severities else []


def _filters(wanted: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        incidents.c.words.like(f"%{_escaped(word)}%", escape="\\")
        for word in wanted.text[:TEXT_CHARS_MAX].lower().split()[:WORDS_MAX]
    ]
    if wanted.since is not None:
        where.append(incidents.c.opened_at >= wanted.since)
    if wanted.until is not None:
        where.append(incidents.c.opened_at <= wanted.until)
    if wanted.flapping is not None:
        where.append(incidents.c.flapping.is_(wanted.flapping))
    return where


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
