"""The course of a response: when each stage was passed, by which event, and how long it took. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from lamplighter.domain.incident import State
from lamplighter.domain.timeline import Event, Moment
from lamplighter.reports.papers import Papers, brought, run_of
from lamplighter.reports.reply import mark

BEGAN, RECEIVED, DIAGNOSED, ASKED = "the alert began", "received", "diagnosed", "asked"
ANSWERED, APPROVED, ACTED, VERIFIED, CLOSED = "answered", "approved", "acted", "verified", "closed"
HANDED = "handed to people"
_MOMENTS = (
    (DIAGNOSED, Moment.DIAGNOSED),
    (ASKED, Moment.ASKED),
    (ANSWERED, Moment.ANSWERED),
    (ACTED, Moment.ACTED),
    (VERIFIED, Moment.VERIFIED),
    (CLOSED, Moment.CLOSED),
)


@dataclass(frozen=True, slots=True)
class Passed:
    """One stage that was passed."""

    name: str
    at: datetime
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leg:
    """The way from one stage to the next."""

    name: str
    seconds: float


def course_of(papers: Papers, run: int) -> tuple[Passed, ...]:
    """The stages that one response passed, in the order of their times."""
    mine = [event for event in papers.events if run_of(event) == run]
    found: list[Passed] = []
    if run == 1:
        began = papers.incident.alert.starts_at
        opened = next((event for event in mine if event.moment is Moment.OPENED), None)
        found.append(Passed(RECEIVED, papers.incident.opened_at, mark(opened)))
        if began <= papers.incident.opened_at:
            found.append(Passed(BEGAN, began, mark(opened)))
    elif mine:
        first = min(mine, key=lambda event: event.at)
        found.append(Passed(RECEIVED, first.at, mark(first)))
    for name, moment in _MOMENTS:
        event = _one(mine, moment)
        if event is not None:
            found.append(Passed(_named(name, event), event.at, mark(event)))
    policy = next((event for event in mine if is_policy_yes(event)), None)
    if policy is not None:
        found.append(Passed(APPROVED, policy.at, mark(policy)))
    order = (BEGAN, RECEIVED)
    return tuple(sorted(found, key=lambda one: (one.at, order.index(one.name) if one.name in order else len(order))))


def legs_of(course: Sequence[Passed]) -> tuple[Leg, ...]:
    """How long each way took, from one stage to the next."""
    return tuple(
        Leg(f"{before.name} → {after.name}", (after.at - before.at).total_seconds())
        for before, after in pairwise(course)
    )


def is_policy_yes(event: Event) -> bool:
    """Whether policy alone let the plan run."""
    return event.moment is Moment.STATE and event.data.get("state") == State.APPROVED


def _named(name: str, event: Event) -> str:
    if name == CLOSED and brought(event):
        return HANDED
    yes = name == ANSWERED and event.data.get("state") == State.APPROVED
    return APPROVED if yes else name


def _one(events: Sequence[Event], moment: Moment) -> Event | None:
    """The first of them, but the last action and the last look: what was tried before did not end it."""
    found = [event for event in events if event.moment is moment]
    last = moment in {Moment.ACTED, Moment.VERIFIED, Moment.CLOSED, Moment.ANSWERED}
    return found[-1 if last else 0] if found else None
