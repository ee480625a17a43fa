"""Letters in SQL: one row is both the intent to tell and what became of it. Who is told what is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, select, update

from lamplighter.domain.letter import Letter, LetterState
from lamplighter.domain.message import Message
from lamplighter.domain.telling import ENDS
from lamplighter.store.engine import Database
from lamplighter.store.tables import marks, nonces, outbox
from lamplighter.store.values import packed, unpacked
from lamplighter.store.writes import insert_once, insert_or_replace

LIMIT_MAX = 1_000
UNREADABLE = "another version wrote it, and this one cannot read it"
_WAITING = (str(LetterState.QUEUED), str(LetterState.SENDING))


class SqlOutbox:
    """The outbox in SQL. Every method blocks, and raises `StoreUnavailable`; every write is durable on return."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, letters: Sequence[Letter]) -> int:
        """Write each once for its key; returns how many were written."""
        if not letters:
            return 0
        written = 0
        with self._database.writing() as connection:
            for letter in letters:
                once = insert_once(connection, outbox, ("key",), _columns(letter)).returning(outbox.c.seq)
                if connection.execute(once).first() is not None:
                    written += 1
                    _supersede(connection, letter)
        return written

    def claim(self, channel: str, now: datetime, *, until: datetime, limit: int = 10) -> Sequence[Letter]:
        """Take due letters of one channel until then: the oldest first, and of each incident one at a time."""
        mine = (outbox.c.channel == channel) & outbox.c.state.in_(_WAITING) & (outbox.c.due_at <= now)
        away = _away(channel, now)
        query = select(outbox).where(mine, outbox.c.thread.not_in(away)).order_by(outbox.c.seq).limit(limit)
        with self._database.reading() as connection:
            # Most turns find nothing, and a look takes no lock.
            if connection.execute(query.with_only_columns(outbox.c.seq)).first() is None:
                return ()
        with self._database.writing() as connection:
            rows = connection.execute(query.with_for_update()).all()
            # Once more, because somebody else may have taken one while these were waited for.
            busy = set(connection.execute(away).scalars())
            return _letters([row for row in rows if _is_taken(connection, row, busy, now, until)])

    def end(self, key: str, state: LetterState, now: datetime, *, reference: str = "", problem: str = "") -> None:
        """Write the end of a letter."""
        values = {"state": str(state), "ended_at": now, "reference": reference, "problem": problem}
        with self._database.writing() as connection:
            connection.execute(update(outbox).where(outbox.c.key == key).values(**values))

    def later(self, key: str, due_at: datetime, problem: str) -> None:
        """Put a claimed letter back until then; one that was superseded meanwhile stays so."""
        mine = (outbox.c.key == key) & (outbox.c.state == str(LetterState.SENDING))
        values = {"state": str(LetterState.QUEUED), "due_at": due_at, "problem": problem}
        with self._database.writing() as connection:
            connection.execute(update(outbox).where(mine).values(**values))

    def reference(self, channel: str, incident_id: str) -> str:
        """The channel's own id of its newest delivered message about this incident."""
        mine = (outbox.c.channel == channel) & (outbox.c.thread == incident_id) & (outbox.c.reference != "")
        query = select(outbox.c.reference).where(mine).order_by(outbox.c.ended_at.desc(), outbox.c.seq.desc()).limit(1)
        with self._database.reading() as connection:
            return str(connection.execute(query).scalar_one_or_none() or "")

    def of_incident(self, incident_id: str, limit: int = 200) -> Sequence[Letter]:
        """The letters about one incident, newest first."""
        return self._read(select(outbox).where(outbox.c.thread == incident_id), limit)

    def listed(self, state: LetterState | None = None, *, limit: int = 50) -> Sequence[Letter]:
        """Letters, newest first."""
        query = select(outbox)
        return self._read(query.where(outbox.c.state == str(state)) if state else query, limit)

    def threads(self, limit: int = 200) -> Sequence[Letter]:
        """The newest letter of each incident that some channel was last told of as still open."""
        latest = select(func.max(outbox.c.seq)).where(outbox.c.thread != "").group_by(outbox.c.thread)
        return self._read(select(outbox).where(outbox.c.seq.in_(latest), outbox.c.moment.not_in(sorted(ENDS))), limit)

    def prune(self, before: datetime, rows_max: int = 1_000) -> int:
        """Remove letters that ended, and nonces that expired, before then."""
        old = select(outbox.c.seq).where(outbox.c.ended_at < before).limit(rows_max)
        gone = select(nonces.c.digest).where(nonces.c.expires_at < before).limit(rows_max)
        with self._database.writing() as connection:
            letters = connection.execute(delete(outbox).where(outbox.c.seq.in_(old))).rowcount
            return letters + connection.execute(delete(nonces).where(nonces.c.digest.in_(gone))).rowcount

    def mark(self, name: str) -> str:
        """What was last noted under this name."""
        with self._database.reading() as connection:
            found = connection.execute(select(marks.c.value).where(marks.c.name == name)).scalar_one_or_none()
            return str(found or "")

    def note(self, name: str, value: str) -> None:
        """Note one value under a name."""
        with self._database.writing() as connection:
            connection.execute(insert_or_replace(connection, marks, {"name": name, "value": value}))

    def _read(self, query: Select[Any], limit: int) -> Sequence[Letter]:
        newest = query.order_by(outbox.c.seq.desc()).limit(max(0, min(limit, LIMIT_MAX)))
        with self._database.reading() as connection:
            return _letters(connection.execute(newest))


def _away(channel: str, now: datetime) -> Select[Any]:
    """The incidents that a letter is on its way about: a second one at the same time would land in any order."""
    sending = (outbox.c.state == str(LetterState.SENDING)) & (outbox.c.due_at > now)
    return select(outbox.c.thread).where((outbox.c.channel == channel) & sending & (outbox.c.thread != ""))


def _is_taken(connection: Connection, row: Row[Any], busy: set[str], now: datetime, until: datetime) -> bool:
    """Take a letter, or bury one that cannot be read; False where it waits for another about the same incident."""
    if row.thread in busy:
        return False
    readable = _letter_of(row) is not None
    if readable and row.thread:
        busy.add(row.thread)
    taken = {"state": str(LetterState.SENDING), "due_at": until, "attempts": row.attempts + 1}
    lost = {"state": str(LetterState.DEAD), "ended_at": now, "problem": UNREADABLE}
    connection.execute(update(outbox).where(outbox.c.seq == row.seq).values(**(taken if readable else lost)))
    return True


def _supersede(connection: Connection, letter: Letter) -> None:
    """What waits would be old news once the newer letter is out. What was to be heard never goes unheard by that."""
    if not letter.message.incident_id:
        return
    mine = (outbox.c.channel == letter.channel) & (outbox.c.thread == letter.message.incident_id)
    waits = (outbox.c.state == str(LetterState.QUEUED)) & (outbox.c.key != letter.key)
    late = (outbox.c.attempts > 0) | (outbox.c.due_at > outbox.c.created_at)
    query = select(outbox).where(mine & waits & late).order_by(outbox.c.seq.desc()).limit(LIMIT_MAX).with_for_update()
    old = [one for one in _letters(connection.execute(query)) if _says_more(letter, one)]
    values = {
        "state": str(LetterState.SUPERSEDED),
        "ended_at": letter.created_at,
        "problem": "a newer message says more",
    }
    for one in old:
        connection.execute(update(outbox).where(outbox.c.key == one.key).values(**values))
    if any(one.message.loud for one in old) and not letter.message.loud:
        louder = packed(replace(letter.message, loud=True))
        connection.execute(update(outbox).where(outbox.c.key == letter.key).values(content=louder))


def _says_more(letter: Letter, waiting: Letter) -> bool:
    """Whether a letter may take the place of one that waits."""
    if letter.message.update:
        # It changes what was told, and the one that waits was not told yet.
        return waiting.message.update
    # What waits for its hour alone, such as a reminder, is looked at again then; only what is heard now spares it.
    return waiting.attempts > 0 or letter.message.loud


def _columns(letter: Letter) -> dict[str, object]:
    return {
        "key": letter.key,
        "channel": letter.channel,
        "thread": letter.message.incident_id,
        "moment": letter.message.moment,
        "run": letter.run,
        "content": packed(letter.message),
        "said": letter.said,
        "lead": letter.lead,
        "state": str(letter.state),
        "attempts": letter.attempts,
        "due_at": letter.due_at,
        "created_at": letter.created_at,
        "ended_at": letter.ended_at,
        "reference": letter.reference,
        "problem": letter.problem,
    }


def _letters(rows: Iterable[Row[Any]]) -> list[Letter]:
    return [letter for letter in map(_letter_of, rows) if letter is not None]


def _letter_of(row: Row[Any]) -> Letter | None:
    """The letter; None where another version wrote it in a form that this one does not know."""
    try:
        message = unpacked(row.content, Message)
    except msgspec.MsgspecError:
        return None
    return Letter(
        key=row.key,
        channel=row.channel,
        message=message,
        run=row.run,
        due_at=row.due_at,
        created_at=row.created_at,
        said=row.said,
        lead=row.lead,
        state=LetterState(row.state),
        attempts=row.attempts,
        reference=row.reference,
        problem=row.problem,
        ended_at=row.ended_at,
        seq=row.seq,
    )
