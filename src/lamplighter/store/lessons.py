"""What outcomes taught, in SQL. Written once for each key, found by trouble or by fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Select, or_, select

from lamplighter.domain.lesson import Lesson
from lamplighter.store.engine import Database
from lamplighter.store.tables import lessons
from lamplighter.store.values import packed, unpacked
from lamplighter.store.writes import insert_once

LIMIT_MAX = 1000
_NAMES = tuple(field.name for field in fields(Lesson))


class SqlLessons:
    """The lessons in SQL. Every method blocks, and raises `StoreUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, key: str, lesson: Lesson) -> None:
        """Write once for each key."""
        values = {name: getattr(lesson, name) for name in _NAMES} | {"key": key, "actions": packed(lesson.actions)}
        with self._database.writing() as connection:
            connection.execute(insert_once(connection, lessons, ("key",), values))

    def recall(self, trouble: str, fault: str, limit: int = 10) -> Sequence[Lesson]:
        """Lessons of this trouble or this fault, newest first; an empty word finds nothing."""
        wanted = [column == word for column, word in ((lessons.c.trouble, trouble), (lessons.c.fault, fault)) if word]
        if not wanted:
            return ()
        return self._read(select(lessons).where(or_(*wanted)), limit)

    def newest(self, limit: int) -> Sequence[Lesson]:
        """The last lessons of all, newest first."""
        return self._read(select(lessons), limit)

    def _read(self, query: Select[Any], limit: int) -> Sequence[Lesson]:
        ordered = query.order_by(lessons.c.at.desc(), lessons.c.seq.desc())
        with self._database.reading() as connection:
            rows = connection.execute(ordered.limit(max(0, min(limit, LIMIT_MAX)))).all()
        return [
            Lesson(
                **{name: getattr(row, name) for name in _NAMES} | {"actions": unpacked(row.actions, tuple[str, ...])}
            )
            for row in rows
        ]
