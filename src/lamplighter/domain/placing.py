"""Where an alert goes: it opens, joins, reopens, clears, or is put aside, each with its reason in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert, AlertStatus, Episode, JournalEntry
from lamplighter.domain.board import Board
from lamplighter.domain.course import graver, stepped_up
from lamplighter.domain.flapping import flaps, next_episode
from lamplighter.domain.incident import Incident, State, on_probation
from lamplighter.domain.kinship import kin
from lamplighter.domain.leading import next_lead, takes_lead
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import (
    PROVISIONAL_PREFIX,
    Clears,
    Joins,
    Opens,
    Past,
    Placed,
    Placement,
    Reopens,
    Suppresses,
)

LATE_DELIVERY = timedelta(minutes=5)
FLAPPING_RETURN = timedelta(hours=1)
REGRESSION = timedelta(days=30)
NOTHING_KNOWN = Past()


def place_all(
    entries: Iterable[JournalEntry], board: Board, pasts: Mapping[str, Past], now: datetime
) -> tuple[Placed, ...]:
    """Place entries in order, each on the board as the last one left it. `pasts` is of troubles not on the board."""
    done: list[Placed] = []
    for entry in entries:
        alert = entry.alert
        trouble = alert.trouble
        past = pasts.get(trouble)
        if past is not None and not board.knows(trouble):
            board.recall(trouble, past)
        placement = place(alert, entry.seq, board, past or NOTHING_KNOWN, now)
        if board.only_repeats(alert, placement):
            placed = Placed(entry, placement, repeats=True)
            board.hear(trouble)
        else:
            placed = Placed(entry, placement, _episode_after(board.episode(trouble), placement, alert, now))
            board.take(placed, now)
        done.append(placed)
    return tuple(done)


def place(alert: Alert, seq: int, board: Board, past: Past, now: datetime) -> Placement:
    """Place one alert. Deliveries may be late, repeated and out of order, so an episode is told by its start alone."""
    before = board.episode(alert.trouble) or past.episode
    member = board.member(alert.trouble)
    if member is None and _is_sign_of_life(alert, board):
        return Suppresses(f"a sign of life: {alert.name} fires to show that alerting works")
    if alert.status is AlertStatus.RESOLVED:
        return _ended(alert, member, board)
    if before is not None and before.status is AlertStatus.RESOLVED and _is_late(alert, before.starts_at, now):
        return Suppresses(f"late delivery: this episode already ended at {_clock(before.ends_at)}")
    if member is not None:
        return _heard_again(alert, member, before, board, now)
    closed = board.closed(alert.trouble) or past.last_closed
    if closed is not None and board.incident(closed.id) is None:
        returned = _returned(alert, closed, before, board, now)
        if returned is not None:
            return returned
        return kin(alert, board, now) or _opened(alert, seq, board, closed, past.fix, now)
    return kin(alert, board, now) or _opened(alert, seq, board, None, "", now)


def _episode_after(before: Episode | None, placement: Placement, alert: Alert, now: datetime) -> Episode:
    """Most alerts only repeat what is known, and need no new value."""
    if before is not None and alert.starts_at == before.starts_at and alert.status is before.status:
        return before
    return next_episode(before, alert, now, returned=isinstance(placement, Opens | Reopens))


def _is_late(alert: Alert, began_at: datetime, now: datetime) -> bool:
    """Whether it tells of an episode that is over. A start that lies ahead is of a wrong clock, and orders nothing."""
    return alert.starts_at == began_at or alert.starts_at < began_at <= now


def _is_sign_of_life(alert: Alert, board: Board) -> bool:
    return alert.severity == "none" or alert.labels.get("alertname", "") in board.watchdogs


def _heard_again(alert: Alert, member: Member, before: Episode | None, board: Board, now: datetime) -> Joins:
    """Another delivery, or another episode, of a trouble that is open."""
    incident = board.incident(member.incident_id)
    flapping = incident is not None and _keeps_coming(alert, before, incident, now)
    how = "it keeps coming back" if flapping else "same source and fingerprint, still open"
    return Joins(
        member.incident_id,
        f"same trouble as {member.incident_id}: {how}",
        Link.SAME_TROUBLE,
        member.component,
        leads=not member.firing and takes_lead(alert, member.incident_id, board),
        flapping=flapping,
    )


def _keeps_coming(alert: Alert, before: Episode | None, incident: Incident, now: datetime) -> bool:
    return flaps(next_episode(before, alert, now), now, already=incident.flapping)


def _ended(alert: Alert, member: Member | None, board: Board) -> Placement:
    if member is None:
        return Suppresses("resolved, and no incident of this trouble is open")
    if alert.starts_at < member.alert.starts_at:
        return Suppresses(f"an earlier episode than that of {member.incident_id} ended")
    if not member.firing and alert.starts_at == member.alert.starts_at:
        return Suppresses(f"already known: this episode ended at {_clock(member.alert.ends_at)}")
    reason = f"{alert.source} says that it ended at {_clock(alert.ends_at)}"
    others = len(board.firing(member.incident_id)) - member.firing
    if not others:
        return Clears(member.incident_id, reason)
    lead = next_lead(alert.trouble, member.incident_id, board)
    return Clears(
        member.incident_id,
        f"{reason}; {others} more of {member.incident_id} still fire",
        over=False,
        lead=None if lead is None else lead.alert,
        lead_component="" if lead is None else lead.component,
    )


def _returned(
    alert: Alert, closed: Incident, before: Episode | None, board: Board, now: datetime
) -> Reopens | Suppresses | None:
    """A trouble whose incident closed: back while its fix is on probation, flapping, or only delivered late."""
    if closed.state is State.MERGED or closed.closed_at is None:
        return None
    began_at = before.starts_at if before is not None else closed.alert.starts_at
    own = before is not None or closed.trouble == alert.trouble
    away = now - closed.closed_at
    component = board.sight(alert).component
    if own and alert.starts_at < began_at <= now and away <= REGRESSION:
        return Suppresses(f"late delivery: an earlier episode than that of {closed.id}, which is closed")
    if own and alert.starts_at == began_at and away <= LATE_DELIVERY:
        return Suppresses(f"the same episode as {closed.id}, delivered again after it was seen to be over")
    if away <= FLAPPING_RETURN and flaps(next_episode(before, alert, now, returned=True), now, already=closed.flapping):
        reason = f"it keeps coming back: {closed.id} closed at {_clock(closed.closed_at)}, and it is flapping"
        return Reopens(closed.id, reason, component, flapping=True)
    if on_probation(closed, now):
        return Reopens(
            closed.id, f"{closed.id} closed at {_clock(closed.closed_at)} and the trouble is back", component
        )
    return None


def _opened(alert: Alert, seq: int, board: Board, closed: Incident | None, fix: str, now: datetime) -> Opens:
    incident_id = f"{PROVISIONAL_PREFIX}{seq}"
    component = board.sight(alert).component
    if closed is None or not _regressed(closed, now):
        return Opens(incident_id, "nothing open has this trouble or explains it", alert.severity, component)
    held = f"{fix} did not hold" if fix else "what resolved it did not hold"
    reason = f"a regression of {closed.id}, resolved at {_day(closed.closed_at)}: {held}"
    severity = stepped_up(graver(alert.severity, closed.severity))
    return Opens(incident_id, reason, severity, component, regression_of=closed.id)


def _regressed(closed: Incident, now: datetime) -> bool:
    return closed.state is State.RESOLVED and closed.closed_at is not None and now - closed.closed_at <= REGRESSION


def _clock(at: datetime | None) -> str:
    return at.strftime("%H:%M:%S") if at else "an unknown time"


def _day(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M") if at else "an unknown time"
