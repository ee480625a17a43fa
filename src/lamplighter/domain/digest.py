"""The morning digest: what happened since the last one, what needs people, what went by itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lamplighter.domain.incident import Incident, State
from lamplighter.domain.wording import took

NAMED_MAX = 8


@dataclass(frozen=True, slots=True)
class Digest:
    """A headline and one line for each thing worth knowing."""

    headline: str
    items: tuple[str, ...]


def digest_of_night(happened: Iterable[Incident], still_open: Iterable[Incident], unseen: Mapping[str, str]) -> Digest:
    """What people read in the morning. `unseen` are sources that cannot be seen, with the reason."""
    incidents = [one for one in happened if one.state is not State.MERGED]
    gone = [one for one in incidents if one.state is State.SELF_CLEARED]
    fixed = [one for one in incidents if one.state is State.RESOLVED]
    waiting = [one for one in still_open if one.is_open]
    problems = len(incidents) - len(gone)
    verb = "needs" if len(waiting) == 1 else "need"
    broke = f"{problems} {'problem' if problems == 1 else 'problems'}"
    headline = f"{broke}, {len(fixed)} fixed, {len(waiting)} {verb} you"
    items = [
        *_named("Needs you", waiting),
        *_named("Fixed", fixed),
        *_named("Gone by itself", gone),
        *[f"I cannot see {name}: {why}" for name, why in list(unseen.items())[:NAMED_MAX]],
    ]
    return Digest(headline, tuple(items) or ("Nothing happened. All quiet.",))


def _named(label: str, incidents: list[Incident]) -> list[str]:
    lines = [f"{label}: {one.id} {one.title}{_lasted(one)}" for one in incidents[:NAMED_MAX]]
    more = len(incidents) - NAMED_MAX
    return [*lines, f"{label}: and {more} more"] if more > 0 else lines


def _lasted(incident: Incident) -> str:
    if incident.closed_at is None:
        return ""
    return f", {took((incident.closed_at - incident.opened_at).total_seconds())}"
