"""Whether an incident as a whole is muted: it is where all that still fires in it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from lamplighter.domain.incident import Incident
from lamplighter.domain.member import Member
from lamplighter.ports import Store

MEMBERS_MAX = 50


class Mutes(Protocol):
    """Who knows the silences and the maintenance windows."""

    def muted(self, labels: Mapping[str, str], component: str) -> str:
        """Words where an alert with these labels is muted now; empty otherwise."""
        ...


class NothingMuted:
    """Where there are no silences."""

    def muted(self, labels: Mapping[str, str], component: str) -> str:
        """Never."""
        del labels, component
        return ""


@dataclass(frozen=True, slots=True)
class Muting:
    """Asks for whole incidents."""

    store: Store
    mutes: Mutes

    def of(self, incident: Incident, members: Iterable[Member]) -> str:
        """Words where the lead and the first MEMBERS_MAX other firing members are muted; empty otherwise."""
        words = self.mutes.muted(incident.alert.labels, incident.component)
        if not words:
            return ""
        others = (member for member in members if member.firing and member.trouble != incident.trouble)
        firing = islice(others, MEMBERS_MAX)
        return words if all(self.mutes.muted(one.alert.labels, one.component) for one in firing) else ""

    async def now(self, incident: Incident) -> str:
        """The same with the members as the store has them, asked for only where the lead is muted."""
        if not self.mutes.muted(incident.alert.labels, incident.component):
            return ""
        return self.of(incident, await asyncio.to_thread(self.store.incidents.members, incident.id))
