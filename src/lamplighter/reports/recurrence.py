"""Earlier incidents that were like one: of the same trouble, or of the same component and fault. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.incident import Incident
from lamplighter.domain.lesson import Lesson

SEEN_MAX = 10
SAME_TROUBLE = "the same trouble"
SAME_CAUSE = "the same component and fault"


@dataclass(frozen=True, slots=True)
class SeenBefore:
    """An earlier incident: why it is like this one, what was done, and what came of it."""

    incident_id: str
    at: datetime
    like: str
    component: str
    fault: str
    done: tuple[str, ...]
    outcome: str
    seconds: float | None


def seen_before(
    incident: Incident, diagnosis: Diagnosis | None, lessons: Sequence[Lesson], earlier: Sequence[Incident]
) -> tuple[SeenBefore, ...]:
    """What lessons tell, and closed incidents of the same trouble that left none; the newest first, each once."""
    found: dict[str, SeenBefore] = {}
    for lesson in sorted(lessons, key=lambda one: one.at, reverse=True):
        like = _likeness(incident, diagnosis, lesson)
        if like and lesson.incident_id != incident.id:
            found.setdefault(lesson.incident_id, _taught(lesson, like))
    for one in earlier:
        if one.id != incident.id and one.trouble == incident.trouble and not one.is_open:
            found.setdefault(one.id, _ended(one))
    return tuple(sorted(found.values(), key=lambda one: one.at, reverse=True)[:SEEN_MAX])


def _likeness(incident: Incident, diagnosis: Diagnosis | None, lesson: Lesson) -> str:
    if lesson.trouble == incident.trouble:
        return SAME_TROUBLE
    best = diagnosis.best if diagnosis else None
    same = best is not None and (best.component, best.fault) == (lesson.component, lesson.fault)
    return SAME_CAUSE if same else ""


def _taught(lesson: Lesson, like: str) -> SeenBefore:
    return SeenBefore(
        incident_id=lesson.incident_id,
        at=lesson.at,
        like=like,
        component=lesson.component,
        fault=lesson.fault,
        done=lesson.actions,
        outcome=lesson.outcome,
        seconds=lesson.seconds,
    )


def _ended(one: Incident) -> SeenBefore:
    closed = one.closed_at or one.updated_at
    return SeenBefore(
        incident_id=one.id,
        at=closed,
        like=SAME_TROUBLE,
        component=one.component,
        fault="",
        done=(one.resolution,) if one.resolution else (),
        outcome=str(one.state),
        seconds=(closed - one.opened_at).total_seconds(),
    )
