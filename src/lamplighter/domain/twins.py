"""A silence that we keep and another system keeps too: which two are the same, and which of them holds. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lamplighter.domain.quiet import COMPONENT, Dated, holds
from lamplighter.domain.silence import Matcher, Silence

OURS = "lamplighter"
SLACK = timedelta(seconds=1)

Shape = tuple[frozenset[Matcher], datetime, datetime, str]


class Holds(StrEnum):
    """Whose state both are to have."""

    BOTH = "both"
    OURS = "ours"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Agreed:
    """How the two looked when they last were the same; `theirs` is None where it was not seen since we wrote ours."""

    ours: Shape
    theirs: Shape | None


@dataclass(frozen=True, slots=True)
class Pairs:
    """What belongs together; `unknown` are theirs alone and last, `missing` ours or their copies that are not there."""

    both: tuple[tuple[Silence, Dated], ...]
    unknown: tuple[Dated, ...]
    missing: tuple[Silence, ...]


def shape(silence: Silence) -> Shape:
    """What of a silence may be changed by people."""
    return frozenset(silence.matchers), silence.starts_at, silence.ends_at, silence.reason


def pairs(ours: Sequence[Silence], theirs: Sequence[Dated], system: str, now: datetime) -> Pairs:
    """Find the twins among our rows, of which some have ended, and what `system` has, the active ones first."""
    rows = [row for row in ours if row.origin in {OURS, system}]
    by_id = {row.id: row for row in rows if row.origin == OURS}
    by_outside = {row.outside_id: row for row in rows if row.outside_id}
    both: dict[str, tuple[Silence, Dated]] = {}
    unknown = []
    for one in theirs:
        candidates = (by_id.get(one.id), by_outside.get(one.outside_id))
        row = next((row for row in candidates if row is not None and row.id not in both), None)
        if row is not None:
            both[row.id] = (row, one)
        elif one.ends_at > now and one.outside_id not in by_outside:
            unknown.append(one)
    missing = tuple(row for row in rows if row.ends_at > now and row.id not in both)
    return Pairs(tuple(both.values()), tuple(unknown), missing)


def settled(
    ours: Silence, theirs: Dated, agreed: Agreed | None, ours_changed_at: datetime | None, now: datetime
) -> Holds:
    """Whose state holds: that of the side that was changed, and of two changes the later one."""
    if (ours.ends_at <= now and theirs.ends_at <= now) or alike(ours, theirs, now):
        return Holds.BOTH
    if agreed is None:
        return _unremembered(ours, theirs, now)
    ours_moved = shape(ours) != agreed.ours
    theirs_moved = shape(theirs) != agreed.theirs if agreed.theirs else not _as_written(theirs, agreed.ours)
    if ours_moved and theirs_moved:
        later = ours_changed_at and theirs.changed_at and ours_changed_at > theirs.changed_at
        return Holds.OURS if later else Holds.THEIRS
    if ours_moved:
        return Holds.OURS
    # Where neither moved, the other system only writes the same thing in its own way.
    return Holds.THEIRS if theirs_moved else Holds.BOTH


def alike(ours: Silence, theirs: Silence, now: datetime) -> bool:
    """Whether they do the same from now on, and for the same reason."""
    same_start = abs(ours.starts_at - theirs.starts_at) < SLACK or max(ours.starts_at, theirs.starts_at) <= now
    same_end = abs(ours.ends_at - theirs.ends_at) < SLACK
    return same_start and same_end and ours.reason == theirs.reason and set(ours.matchers) == set(theirs.matchers)


def may_go_out(silence: Silence) -> bool:
    """Whether another system would understand it as we do.

    It does not know our components, so "every component but this" would mute everything there.
    """
    own = (matcher for matcher in silence.matchers if matcher.name == COMPONENT)
    return silence.origin == OURS and not any(holds(matcher, {}) for matcher in own)


def of_system(found: Sequence[Silence]) -> Iterator[Dated]:
    """What an exchange gave; one that does not say when it was changed counts as changed at no known time."""
    for one in found:
        yield (
            one
            if isinstance(one, Dated)
            else Dated(
                one.id, one.matchers, one.starts_at, one.ends_at, one.author, one.reason, one.origin, one.outside_id
            )
        )


def forgotten(agreed: Mapping[tuple[str, str], Agreed], rows: Sequence[Silence]) -> tuple[tuple[str, str], ...]:
    """The keys (system, our id) of agreements on silences that are not kept any more."""
    known = {row.id for row in rows}
    return tuple(key for key in agreed if key[1] not in known)


def _as_written(theirs: Silence, ours: Shape) -> bool:
    """Whether theirs still is what we wrote there; a start may have been moved to the moment of writing."""
    matchers, _, ends_at, reason = ours
    return set(theirs.matchers) == matchers and abs(theirs.ends_at - ends_at) < SLACK and theirs.reason == reason


def _unremembered(ours: Silence, theirs: Dated, now: datetime) -> Holds:
    """After a restart: theirs, except that an end of our own silence holds until it is changed there later."""
    ended_here = ours.ends_at <= now and ours.origin == OURS
    changed_later = theirs.changed_at is not None and theirs.changed_at > ours.ends_at
    return Holds.OURS if ended_here and not changed_later else Holds.THEIRS
