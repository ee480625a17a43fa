"""Flapping: a trouble that keeps coming back. Damped as routers damp routes (RFC 2439): a penalty that decays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from lamplighter.domain.alert import Alert, AlertStatus, Episode

HALF_LIFE = timedelta(minutes=30)
FLAPPING_FROM = 2.9
FLAPPING_UNTIL = 1.0
QUICK_RETURN = timedelta(minutes=1)
STABLE = timedelta(minutes=10)
PENALTY_MAX = 12.0


def penalty_at(episode: Episode, now: datetime) -> float:
    """The penalty as it has decayed by `now`."""
    if episode.changed_at is None:
        return 0.0
    age = max(timedelta(0), now - episode.changed_at)
    return float(episode.penalty * 0.5 ** (age / HALF_LIFE))


def flaps(episode: Episode | None, now: datetime, *, already: bool = False) -> bool:
    """Whether the trouble flaps; what flaps already is let go at a lower penalty than what does not yet."""
    if episode is None:
        return False
    return penalty_at(episode, now) >= (FLAPPING_UNTIL if already else FLAPPING_FROM)


def next_episode(before: Episode | None, alert: Alert, now: datetime, *, returned: bool = False) -> Episode:
    """What is known of the trouble after this alert. A late or repeated delivery changes nothing.

    Each return counts one, and two where the trouble had been away for less than QUICK_RETURN. A later start alone is
    no return: some sources stamp every report anew. It is one after an end that was told, or where the incident had
    been closed (`returned`).
    """
    ends_at = alert.ends_at if alert.status is AlertStatus.RESOLVED else None
    after = Episode(alert.trouble, alert.starts_at, alert.status, ends_at)
    if before is None:
        return replace(after, penalty=1.0, changed_at=now)
    same = alert.starts_at == before.starts_at
    if alert.starts_at < before.starts_at <= now or (same and before.status is AlertStatus.RESOLVED):
        return before
    if alert.status is before.status and not returned:
        return replace(after, penalty=before.penalty, changed_at=before.changed_at)
    if alert.status is AlertStatus.RESOLVED:
        return replace(after, penalty=penalty_at(before, now), changed_at=now)
    quick = before.changed_at is not None and now - before.changed_at < QUICK_RETURN
    step = 2.0 if quick and before.status is AlertStatus.RESOLVED else 1.0
    return replace(after, penalty=min(PENALTY_MAX, penalty_at(before, now) + step), changed_at=now)
