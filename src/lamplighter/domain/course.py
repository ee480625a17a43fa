"""What a placement makes of an incident's row. The store folds it over the row as it stands, the board over its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lamplighter.domain.alert import Alert, AlertStatus
from lamplighter.domain.incident import ACTING, RUNS_MAX, WAITING, Incident, State, moved
from lamplighter.domain.member import Link
from lamplighter.domain.placement import GROUPING, Clears, Joins, Opens, Placed, Reopens

TITLE_CHARS_MAX = 200
SEVERITIES = ("none", "info", "warning", "critical")
_RANKS = {name: rank for rank, name in enumerate(SEVERITIES)}


def opened(placed: Placed, now: datetime) -> Incident:
    """The incident that an `Opens` makes; its id is the provisional one. `TypeError` for any other placement."""
    placement, alert = placed.placement, placed.entry.alert
    if not isinstance(placement, Opens):
        raise TypeError(f"{type(placement).__name__} opens no incident")
    return Incident(
        placement.incident_id,
        title_of(alert),
        State.RECEIVED,
        placement.severity,
        alert.trouble,
        alert,
        now,
        now,
        component=placement.component,
        regression_of=placement.regression_of,
        grouping=GROUPING,
    )


def after(incident: Incident, placed: Placed, now: datetime) -> Incident:
    """The incident after a placement that names it. What a placement absorbs is told by `grown` and `merged`."""
    match placed.placement:
        case Joins() as joins:
            return _joined(incident, placed.entry.alert, joins, now)
        case Reopens() as reopens:
            return _reopened(incident, placed.entry.alert, reopens, now)
        case Clears() as clears:
            return _cleared(incident, clears, now)
        case _:
            return incident


def grown(incident: Incident, absorbed: Incident, now: datetime) -> Incident:
    """The surviving incident with what the absorbed one held: its alerts, its members, its severity if higher."""
    return replace(
        incident,
        severity=graver(incident.severity, absorbed.severity),
        alert_count=incident.alert_count + absorbed.alert_count,
        member_count=incident.member_count + absorbed.member_count,
        signal_cleared_at=incident.signal_cleared_at and absorbed.signal_cleared_at,
        flapping=incident.flapping or absorbed.flapping,
        acknowledged_by=incident.acknowledged_by or absorbed.acknowledged_by,
        updated_at=now,
    )


def merged(incident: Incident, into: str, now: datetime) -> Incident:
    """The absorbed incident: closed, and pointing at the one that goes on. Raises `BadMove`."""
    ended = moved(incident, State.MERGED, now)
    return replace(ended, merged_into=into, resolution=f"merged into {into}", held="", again=False)


def graver(one: str, other: str) -> str:
    """The higher of two severities."""
    return one if _RANKS.get(one, 0) >= _RANKS.get(other, 0) else other


def stepped_up(severity: str) -> str:
    """The next higher severity; the highest stays."""
    return SEVERITIES[min(_RANKS.get(severity, 0) + 1, len(SEVERITIES) - 1)]


def title_of(alert: Alert) -> str:
    """What an incident led by this alert is called."""
    return (alert.annotations.get("summary") or alert.name)[:TITLE_CHARS_MAX]


def _joined(incident: Incident, alert: Alert, joins: Joins, now: datetime) -> Incident:
    known = joins.link is Link.SAME_TROUBLE
    lead = incident.alert
    if joins.leads or (alert.trouble == incident.trouble and alert.starts_at >= lead.starts_at):
        lead = alert
    firing = alert.status is AlertStatus.FIRING
    after_join = replace(
        incident,
        updated_at=now,
        alert=lead,
        severity=graver(incident.severity, alert.severity),
        alert_count=incident.alert_count + 1,
        member_count=incident.member_count + (not known),
        signal_cleared_at=None if firing else incident.signal_cleared_at,
        flapping=incident.flapping or joins.flapping,
    )
    if not joins.leads or alert.trouble == incident.trouble:
        return after_join
    return restarted(_led(after_join, alert, joins.component))


def _led(incident: Incident, alert: Alert, component: str) -> Incident:
    return replace(incident, alert=alert, trouble=alert.trouble, title=title_of(alert), component=component)


def restarted(incident: Incident) -> Incident:
    """The response begins again with the new lead, or follows the one that is acting. One not begun needs nothing."""
    if incident.state in ACTING:
        return replace(incident, again=True)
    if incident.state is State.RECEIVED or incident.flapping or incident.run >= RUNS_MAX:
        return incident
    return replace(incident, state=State.RECEIVED, run=incident.run + 1, held="")


def _asked_anew(incident: Incident) -> Incident:
    """What was asked about the lead that has cleared is void; where no further run is left, people have it."""
    last = incident.run >= RUNS_MAX
    if not last or incident.flapping or incident.state is State.RECEIVED or incident.state in WAITING:
        return restarted(incident)
    return replace(incident, state=State.NEEDS_HUMAN, run=incident.run + 1, held="")


def _reopened(incident: Incident, alert: Alert, reopens: Reopens, now: datetime) -> Incident:
    """Open again; by a person where it flaps, or where it was begun often enough."""
    for_person = reopens.flapping or incident.run >= RUNS_MAX
    led = _led(incident, alert, reopens.component or incident.component)
    return replace(
        led,
        state=State.NEEDS_HUMAN if for_person else State.RECEIVED,
        severity=graver(incident.severity, alert.severity),
        updated_at=now,
        run=incident.run + 1,
        alert_count=incident.alert_count + 1,
        signal_cleared_at=None,
        closed_at=None,
        resolution="",
        resolved_by="",
        acknowledged_by="",
        held="",
        again=False,
        flapping=incident.flapping or reopens.flapping,
    )


def _cleared(incident: Incident, clears: Clears, now: datetime) -> Incident:
    led = incident
    # While an action is verified, what it was for must not change under it.
    if clears.lead is not None and incident.state not in ACTING:
        led = _led(incident, clears.lead, clears.lead_component)
    if not clears.over:
        return replace(led if led is incident else _asked_anew(led), updated_at=now)
    cleared = replace(led, signal_cleared_at=now, updated_at=now)
    idle = incident.state in WAITING or (incident.state is State.RECEIVED and bool(incident.held))
    if not idle or incident.flapping:
        return cleared
    return replace(
        moved(cleared, State.SELF_CLEARED, now), resolution=f"it cleared by itself: {clears.reason}", held=""
    )
