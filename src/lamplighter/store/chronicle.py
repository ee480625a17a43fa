"""What the timeline says of a placement: the events, with bounds so that repeats do not grow it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lamplighter.domain.incident import Incident
from lamplighter.domain.member import Link
from lamplighter.domain.placement import Clears, Joins, Opens, Placed, Placement, Reopens
from lamplighter.domain.timeline import Crew, Event, Moment

# The alert that opens counts as one. Past these bounds only the incident's counters and its members go on.
JOINED_EVENTS_MAX = 50
REPEATED_EVENTS_MAX = 5
_MOMENTS: dict[type[Placement], Moment] = {
    Opens: Moment.OPENED,
    Joins: Moment.JOINED,
    Reopens: Moment.REOPENED,
    Clears: Moment.CLEARED,
}


def placed_events(before: Incident | None, after: Incident, placed: Placed, now: datetime) -> Iterator[Event]:
    """The events of one placement: what happened, a root that moved, flapping that began."""
    placement, entry = placed.placement, placed.entry
    if not _is_told_already(after, placement):
        alert = entry.alert
        data: dict[str, object] = {
            "source": alert.source,
            "alertname": alert.name,
            "severity": alert.severity,
            "status": str(alert.status),
            "labels": alert.labels,
            "annotations": alert.annotations,
            "starts_at": alert.starts_at,
            "ends_at": alert.ends_at,
            "state": str(after.state),
            "run": after.run,
            "received_at": entry.received_at,
            **_links(placement),
            **entry.extra,
        }
        key = f"placed:{entry.seq}"
        yield Event(after.id, key, now, _MOMENTS[type(placement)], Crew.MONITOR, placement.reason, data)
    if before is not None and before.is_open and before.trouble != after.trouble:
        yield _root_moved(before, after, placed, now)
    if after.flapping and not (before and before.flapping):
        words = "the trouble keeps coming back: it flaps, so it is damped and nothing further is tried by itself"
        data = {"alertname": entry.alert.name, "run": after.run}
        yield Event(after.id, f"flapping:{entry.seq}", now, Moment.FLAPPING, Crew.MONITOR, words, data)


def closed_event(after: Incident, placed: Placed, now: datetime) -> Event:
    """The incident closed by this placement."""
    data: dict[str, object] = {"state": str(after.state), "run": after.run}
    key = f"closed:{placed.entry.seq}"
    return Event(after.id, key, now, Moment.CLOSED, Crew.MONITOR, after.resolution, data)


def merged_events(lost: Incident, survivor: Incident, placed: Placed, now: datetime) -> Iterator[Event]:
    """One incident was absorbed by another: said on both."""
    key = f"merged:{lost.id}:{placed.entry.seq}"
    why = placed.placement.reason
    data: dict[str, object] = {"incident": lost.id, "into": survivor.id, "alertname": placed.entry.alert.name}
    yield Event(lost.id, key, now, Moment.MERGED, Crew.MONITOR, f"merged into {survivor.id}: {why}", data)
    yield Event(survivor.id, key, now, Moment.MERGED, Crew.MONITOR, f"took in {lost.id}: {why}", data)


def _is_told_already(after: Incident, placement: Placement) -> bool:
    if isinstance(placement, Joins) and not placement.leads:
        if placement.link is Link.SAME_TROUBLE:
            return after.alert_count > REPEATED_EVENTS_MAX + 1
        return after.member_count > JOINED_EVENTS_MAX + 1
    if isinstance(placement, Clears) and after.is_open and (after.flapping or not placement.over):
        return after.alert_count > JOINED_EVENTS_MAX + 1
    return False


def _links(placement: Placement) -> dict[str, object]:
    """What says why it belongs there."""
    if isinstance(placement, Joins):
        return {"link": str(placement.link), "component": placement.component, "leads": placement.leads}
    if isinstance(placement, Opens):
        return {"component": placement.component, "regression_of": placement.regression_of}
    return {}


def _root_moved(before: Incident, after: Incident, placed: Placed, now: datetime) -> Event:
    unknown = "an unknown component"
    words = f"the root moved from {before.component or unknown} to {after.component or unknown}: {after.title}"
    if before.component == after.component:
        words = f"what leads on {after.component or unknown} is now: {after.title}"
    data: dict[str, object] = {
        "from": before.component,
        "to": after.component,
        "from_trouble": before.trouble,
        "trouble": after.trouble,
        "alertname": after.alert.name,
        "title": after.title,
        "run": after.run,
    }
    key = f"root:{placed.entry.seq}"
    return Event(after.id, key, now, Moment.ROOT_MOVED, Crew.MONITOR, words, data)
