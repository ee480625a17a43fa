"""Storms: when so many troubles begin at once that grouping comes before looking. Pure; times come in as arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lamplighter.domain.topology import Component

WITHIN = timedelta(seconds=10)
SETTLING = timedelta(seconds=10)
CALM = timedelta(seconds=60)
GROUP_MIN = 4
HEALTHY_PERCENT_MIN = 51


@dataclass(frozen=True, slots=True)
class Storm:
    """One storm (UTC). `most` is the highest number of troubles that began within WITHIN."""

    began_at: datetime
    last_at: datetime
    most: int

    def settles_at(self) -> datetime:
        """Until when nothing begins, so that what belongs together is found first."""
        return self.began_at + SETTLING


def weather(before: Storm | None, begun: int, now: datetime, storm_from: int) -> Storm | None:
    """The storm at `now`, where `begun` troubles began within the last WITHIN; it lasts until CALM after the last."""
    if begun >= storm_from:
        if before is None:
            return Storm(now, now, begun)
        return replace(before, last_at=now, most=max(before.most, begun))
    if before is not None and timedelta(0) <= now - before.last_at <= CALM:
        return before
    return None


def mass_failure(target_id: str, components: Iterable[Component], troubled: Collection[str]) -> str:
    """Words where under HEALTHY_PERCENT_MIN of the target's group are healthy; empty where one fix may be enough.

    Healthy is what runs and is not in `troubled`, the names that alerts speak of.
    """
    known = tuple(components)
    target = next((part for part in known if part.id == target_id), None)
    if target is None or not target.group:
        return ""
    group = [part for part in known if (part.system, part.group) == (target.system, target.group)]
    healthy = [part for part in group if part.running and not part.names.intersection(troubled)]
    if len(group) < GROUP_MIN or len(healthy) * 100 >= HEALTHY_PERCENT_MIN * len(group):
        return ""
    return f"mass failure: only {len(healthy)} of {len(group)} in {target.group} are well, so a person decides"
