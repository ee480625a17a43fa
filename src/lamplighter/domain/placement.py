"""What may become of an alert: it opens, joins, reopens, clears, or is put aside, each with its reason in words."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.domain.alert import Alert, Episode, JournalEntry
from lamplighter.domain.incident import Incident
from lamplighter.domain.member import Link, Member

# Stored with each incident, so that a grouping can be explained after the rules have changed.
GROUPING = "1"
PROVISIONAL_PREFIX = "new:"


@dataclass(frozen=True, slots=True)
class Opens:
    """A trouble nobody works on yet. `incident_id` is provisional (`new:<seq>`) until the store has numbered it."""

    incident_id: str
    reason: str
    severity: str
    component: str = ""
    regression_of: str = ""


@dataclass(frozen=True, slots=True)
class Joins:
    """It belongs to an open incident.

    `leads`: its component is the deepest in trouble now, so the incident is about this alert from here on.
    `absorbs`: incidents that this alert shows to be the same one; they are merged into it.
    """

    incident_id: str
    reason: str
    link: Link
    component: str = ""
    leads: bool = False
    absorbs: tuple[str, ...] = ()
    flapping: bool = False


@dataclass(frozen=True, slots=True)
class Reopens:
    """The trouble is back while its fix was on probation, or it flaps: `flapping` starts no further response."""

    incident_id: str
    reason: str
    component: str = ""
    flapping: bool = False


@dataclass(frozen=True, slots=True)
class Clears:
    """The monitoring system says that one trouble of an open incident is over.

    `over`: nothing else in the incident fires. `lead`: what leads from here on, where the one that led has cleared.
    """

    incident_id: str
    reason: str
    over: bool = True
    lead: Alert | None = None
    lead_component: str = ""


@dataclass(frozen=True, slots=True)
class Suppresses:
    """Recorded, but nothing follows from it."""

    reason: str


Placement = Opens | Joins | Reopens | Clears | Suppresses


@dataclass(frozen=True, slots=True)
class Past:
    """What the store knows of one trouble: its last episode, its last closed incident, its seat in an open one."""

    episode: Episode | None = None
    last_closed: Incident | None = None
    fix: str = ""
    member: Member | None = None


@dataclass(frozen=True, slots=True)
class Placed:
    """One journal entry with the decision, and what is known of its trouble from here on.

    `repeats`: it says word for word what its open trouble said often before, so nothing but counting follows from it.
    """

    entry: JournalEntry
    placement: Placement
    episode: Episode | None = None
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """How often a trouble of an incident was repeated since it was last counted."""

    incident_id: str
    trouble: str
    times: int
