"""Silences in SQL, ours and those of other systems. What they mute is the domain's to decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, select, update

from lamplighter.domain.audit import Act, What, act
from lamplighter.domain.quiet import matcher_words
from lamplighter.domain.silence import Matcher, Silence
from lamplighter.domain.timeline import Event
from lamplighter.domain.twins import OURS
from lamplighter.ports import Clock
from lamplighter.store.audit import append
from lamplighter.store.engine import Database
from lamplighter.store.event_rows import write_event
from lamplighter.store.incident_rows import number_of
from lamplighter.store.nonces import spend
from lamplighter.store.tables import silences
from lamplighter.store.values import packed, unpacked
from lamplighter.store.writes import insert_numbered

LIMIT_MAX = 5000
PREFIX = "SIL-"


class SqlSilences:
    """The silences in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def put(self, silence: Silence, event: Event | None = None, *, nonce: str = "", by: str = "") -> Silence:
        """Write or change one; an empty id gets one, and another system's silence is known by its id there.

        The event of an incident that it was made for is written with it, and the nonce used up. Raises `CannotAnswer`.
        """
        with self._database.writing() as connection:
            if event is not None:
                spend(connection, nonce, silence.author, event.at)
                write_event(connection, number_of(event.incident_id), event)
            known = _one(connection, _same(silence)) if silence.id or silence.outside_id else None
            at = self._clock.now() if event is None else event.at
            if known is None:
                made = _inserted(connection, silence)
                append(connection, _act(made, What.SILENCE_MADE, at, by=by or None))
                return made
            kept = replace(silence, id=known.id)
            connection.execute(update(silences).where(silences.c.id == known.id).values(**_columns(kept)))
            if replace(known, outside_id=kept.outside_id) != kept:
                append(connection, _act(kept, What.SILENCE_CHANGED, at, by=by or None))
            return kept

    def end(self, silence_id: str, now: datetime, *, by: str = "") -> Silence:
        """End it now; one that ended already is left. Raises `LookupError`."""
        with self._database.writing() as connection:
            found = _one(connection, silences.c.id == silence_id)
            if found is None:
                raise LookupError(f"there is no silence {silence_id[:40]}")
            if found.ends_at <= now:
                return found
            ended = replace(found, starts_at=min(found.starts_at, now), ends_at=now)
            connection.execute(update(silences).where(silences.c.id == silence_id).values(**_columns(ended)))
            append(connection, _act(ended, What.SILENCE_ENDED, now, by=by))
            return ended

    def listed(self, *, now: datetime, ended_too: bool = False, limit: int = 500) -> Sequence[Silence]:
        """Those that are active or still to come, oldest first, at most LIMIT_MAX."""
        query = select(silences).order_by(silences.c.seq).limit(max(0, min(limit, LIMIT_MAX)))
        if not ended_too:
            query = query.where(silences.c.ends_at > now)
        with self._database.reading() as connection:
            return [_silence_of(row) for row in connection.execute(query)]


def _act(silence: Silence, what: What, at: datetime, *, by: str | None = None) -> Act:
    """What was done to a silence; another system's says who its author is there, which nobody here vouches for."""
    ours = silence.origin == OURS
    told = {
        "matchers": matcher_words(silence.matchers),
        "until": silence.ends_at.isoformat(timespec="seconds"),
        "reason": silence.reason,
        "origin": "" if ours else silence.origin,
        "author": silence.author if by is not None or not ours else "",
    }
    doing = by if by is not None else silence.author if ours else silence.origin
    return act(at, doing, what, silence.id, **told)


def _same(silence: Silence) -> ColumnElement[bool]:
    if silence.id:
        return silences.c.id == silence.id
    return (silences.c.origin == silence.origin) & (silences.c.outside_id == silence.outside_id)


def _one(connection: Connection, where: ColumnElement[bool]) -> Silence | None:
    row = connection.execute(select(silences).where(where).limit(1).with_for_update()).one_or_none()
    return None if row is None else _silence_of(row)


def _inserted(connection: Connection, silence: Silence) -> Silence:
    if silence.id:
        insert_numbered(connection, silences, [_columns(silence)])
        return silence
    # The number is known only once the row is there; no other silence can bear the name in between.
    waiting = _columns(replace(silence, id=f"new:{uuid4()}"))
    (seq,) = insert_numbered(connection, silences, [waiting])
    connection.execute(update(silences).where(silences.c.seq == seq).values(id=f"{PREFIX}{seq}"))
    return replace(silence, id=f"{PREFIX}{seq}")


def _columns(silence: Silence) -> dict[str, object]:
    return {
        "id": silence.id,
        "matchers": packed(silence.matchers),
        "starts_at": silence.starts_at,
        "ends_at": silence.ends_at,
        "author": silence.author,
        "reason": silence.reason,
        "origin": silence.origin,
        "outside_id": silence.outside_id,
    }


def _silence_of(row: Row[Any]) -> Silence:
    return Silence(
        id=row.id,
        matchers=unpacked(row.matchers, tuple[Matcher, ...]),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        author=row.author,
        reason=row.reason,
        origin=row.origin,
        outside_id=row.outside_id,
    )
