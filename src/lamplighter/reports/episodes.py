"""From when to when an alert fired, as far as its incident's timeline and its last delivery tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lamplighter.domain.member import Member
from lamplighter.domain.timeline import Event, Moment
from lamplighter.reports.axis import tamed

EPISODES_MAX = 20
CLEARED, WITH_INCIDENT = "cleared", "ended with the incident"
_BEGINS = frozenset({Moment.OPENED, Moment.JOINED, Moment.REOPENED})
Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch of firing. `ended` is None while it lasts; the rows of the timeline tell of its two ends."""

    began: datetime
    ended: datetime | None = None
    how: str = CLEARED
    began_row: str = ""
    ended_row: str = ""


def told_of(events: Iterable[Event]) -> Mapping[Key, Sequence[Event]]:
    """The events that tell of an alert's beginnings and ends, by which alert it is."""
    found: dict[Key, list[Event]] = {}
    for event in events:
        labels = event.data.get("labels")
        if isinstance(labels, dict) and (event.moment in _BEGINS or event.moment is Moment.CLEARED):
            source, name = (str(event.data.get(word, "")) for word in ("source", "alertname"))
            found.setdefault((source, name, repr(sorted(labels.items()))), []).append(event)
    return found


def key_of(member: Member) -> Key:
    """Which alert a member is."""
    alert = member.alert
    return alert.source, alert.name, repr(sorted(alert.labels.items()))


def episodes_of(member: Member, told: Sequence[Event], over_by: datetime, *, open_still: bool) -> tuple[Episode, ...]:
    """The stretches, oldest first and the newest EPISODES_MAX of them.

    `over_by` is when whatever fires no longer was over at the latest: the end of the incident, or of its signal.
    """
    found: list[Episode] = []
    for event in sorted(told, key=lambda one: one.seq):
        lasting = bool(found) and found[-1].ended is None
        if event.moment is Moment.CLEARED and lasting:
            ended = max(found[-1].began, _instant(event.data.get("ends_at")) or tamed(event.at))
            found[-1] = replace(found[-1], ended=ended, ended_row=f"ev-{event.seq}")
        elif event.moment in _BEGINS and not lasting:
            found.append(Episode(_after(found, _instant(event.data.get("starts_at")) or tamed(event.at)), None))
            found[-1] = replace(found[-1], began_row=f"ev-{event.seq}")
    first = min(tamed(member.alert.starts_at), tamed(member.joined_at))
    if not found:
        found = [Episode(first)]
    found[0] = replace(found[0], began=min(found[0].began, first))
    return tuple(_finished(found, member, over_by, open_still=open_still)[-EPISODES_MAX:])


def _finished(found: list[Episode], member: Member, over_by: datetime, *, open_still: bool) -> list[Episode]:
    """The same as the last delivery has it, which may know more: of repeats the timeline tells only the first few."""
    last = found[-1]
    if member.firing and last.ended is not None:
        last = Episode(_after(found, tamed(member.alert.starts_at)))
        found.append(last)
    if last.ended is None and not (member.firing and open_still):
        told = member.alert.ends_at if not member.firing else None
        how = CLEARED if not member.firing else WITH_INCIDENT
        found[-1] = replace(last, ended=max(last.began, tamed(told or over_by)), how=how)
    return found


def _after(found: Sequence[Episode], at: datetime) -> datetime:
    return max(at, found[-1].ended) if found and found[-1].ended is not None else at


def _instant(told: object) -> datetime | None:
    """A time as an event holds it: itself, or written down."""
    if isinstance(told, str):
        try:
            told = datetime.fromisoformat(told)
        except ValueError:
            return None
    if not isinstance(told, datetime):
        return None
    return tamed(told if told.tzinfo is not None else told.replace(tzinfo=UTC))
