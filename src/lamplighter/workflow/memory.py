"""Lessons kept in the store, as the knowledge source that is always there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from lamplighter.domain.lesson import Lesson
from lamplighter.ports import Lessons


@dataclass(frozen=True, slots=True)
class StoredLessons:
    """A knowledge source on the store's lessons."""

    lessons: Lessons

    async def recall(self, trouble: str, fault: str) -> Sequence[Lesson]:
        """Earlier lessons of this trouble or this fault, newest first."""
        return await asyncio.to_thread(self.lessons.recall, trouble, fault)

    async def remember(self, lesson: Lesson) -> None:
        """Keep a lesson; the same outcome of the same incident is kept once."""
        key = f"{lesson.incident_id}:{lesson.component}:{lesson.fault}:{lesson.outcome}"
        await asyncio.to_thread(self.lessons.keep, key, lesson)
