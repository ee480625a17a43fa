"""A member is one trouble inside an incident: its last alert, whether it fires, and why it belongs there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from lamplighter.domain.alert import Alert, AlertStatus


class Link(StrEnum):
    """How a trouble belongs to an incident, from the surest reason to the weakest."""

    OPENED = "opened"
    SAME_TROUBLE = "same_trouble"
    SAME_RULE = "same_rule"
    SAME_COMPONENT = "same_component"
    DEPENDS = "depends"
    SHARED_NEED = "shared_need"
    GROUP = "group"
    BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class Member:
    """One trouble of one incident. `alert` is the last accepted delivery, `count` all of them; times are UTC."""

    incident_id: str
    trouble: str
    alert: Alert
    component: str
    link: Link
    reason: str
    joined_at: datetime
    count: int = 1

    @property
    def firing(self) -> bool:
        """Whether the monitoring system still says so."""
        return self.alert.status is AlertStatus.FIRING
