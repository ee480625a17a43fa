"""Where an alert goes: it opens, joins, reopens, clears, or is put aside, each with its reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert, AlertStatus, Episode
from lamplighter.domain.incident import Incident, State, on_probation

LATE_DELIVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Opens:
    """A trouble nobody works on yet."""

    reason: str


@dataclass(frozen=True, slots=True)
class Joins:
    """The same trouble as an open incident's."""

    incident_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reopens:
    """The trouble is back while its fix was on probation."""

    incident_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Clears:
    """The monitoring system says that an open incident's signal is over."""

    incident_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suppresses:
    """Recorded, but nothing follows from it."""

    reason: str


Placement = Opens | Joins | Reopens | Clears | Suppresses


def place(
    alert: Alert, open_incident: Incident | None, last_closed: Incident | None, episode: Episode | None, now: datetime
) -> Placement:
    """Place one alert, given what is known of the same trouble (same source, same fingerprint).

    `episode` is the last one recorded; deliveries may be late, repeated and out of order, so an
    episode is told from another by its start and never by the order of arrival.
    """
    if alert.status is AlertStatus.RESOLVED:
        return _place_resolved(alert, open_incident)
    if episode is not None and episode.status is AlertStatus.RESOLVED and alert.starts_at <= episode.starts_at:
        return Suppresses(f"late delivery: this episode already ended at {_clock(episode.ends_at)}")
    if open_incident is not None:
        return Joins(open_incident.id, f"same trouble as {open_incident.id}: same source and fingerprint, still open")
    if last_closed is not None and last_closed.state is not State.MERGED and on_probation(last_closed, now):
        if alert.starts_at < last_closed.alert.starts_at:
            return Suppresses(f"late delivery: an earlier episode than that of {last_closed.id}, which is closed")
        if alert.starts_at == last_closed.alert.starts_at and _just_closed(last_closed, now):
            return Suppresses(f"the same episode as {last_closed.id}, delivered again after it was seen to be over")
        return Reopens(
            last_closed.id, f"{last_closed.id} closed at {_clock(last_closed.closed_at)} and the trouble is back"
        )
    return Opens("no open incident has this source and fingerprint")


def _place_resolved(alert: Alert, open_incident: Incident | None) -> Placement:
    if open_incident is None:
        return Suppresses("resolved, and no incident of this trouble is open")
    if alert.starts_at < open_incident.alert.starts_at:
        return Suppresses(f"an earlier episode than that of {open_incident.id} ended")
    return Clears(open_incident.id, f"{alert.source} says that it ended at {_clock(alert.ends_at)}")


def _just_closed(incident: Incident, now: datetime) -> bool:
    return incident.closed_at is not None and now - incident.closed_at <= LATE_DELIVERY


def _clock(at: datetime | None) -> str:
    return at.strftime("%H:%M:%S") if at else "an unknown time"
