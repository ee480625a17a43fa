"""Everything the response can see and touch: all integrations' roles joined, each look bounded. Decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lamplighter.domain.alert import Alert
from lamplighter.domain.discretion import discreet
from lamplighter.domain.evidence import Evidence, Question, bounded
from lamplighter.domain.nickname import Nicknames
from lamplighter.domain.plan import Offer, Target, Verb
from lamplighter.domain.redaction import redact
from lamplighter.domain.topology import Component, Edge, edges_from_labels, edges_from_rules
from lamplighter.domain.verification import Reading, SignalState
from lamplighter.ports import (
    Clock,
    EvidenceTool,
    Inventory,
    NotificationChannel,
    RemediationAction,
    Roles,
    Snapshot,
    ToolError,
)

LOOK_SECONDS_MAX = 10.0
LOOKS_AT_ONCE = 8
BUDGET_SECONDS = 30.0
PIECES_MAX = 240
MOST_TELLING = (
    "docker.inspect",
    "supervisor.status",
    "systemctl",
    "kubectl.get",
    "proxmox",
    "http",
    "tcp",
    "dns",
    "tls",
    "docker.events",
    "kubectl.events",
    "docker.logs",
    "supervisor",
    "kubectl.logs",
    "journalctl",
    "logs",
    "loki",
    "docker",
    "host",
    "df",
    "prometheus",
    "postgresql",
    "alertmanager",
    "ansible",
    "packages",
    "grafana",
)
INVENTORY_SUFFIX = ".inventory"


@dataclass(frozen=True, slots=True)
class Survey:
    """What runs, as far as could be seen, and which engines could not be asked."""

    components: tuple[Component, ...]
    failures: tuple[Evidence, ...] = ()


@dataclass(slots=True)
class World:
    """The outside, through the roles of all integrations."""

    clock: Clock
    roles: tuple[Roles, ...]
    depends: dict[str, list[str]] = field(default_factory=dict)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Everything that could be done, as declared."""
        return tuple(action.offer for roles in self.roles for action in roles.actions)

    @property
    def channels(self) -> tuple[NotificationChannel, ...]:
        """Every way to tell people."""
        return tuple(channel for roles in self.roles for channel in roles.channels)

    @property
    def nicknames(self) -> Nicknames:
        """What people are called who answer on channels."""
        return Nicknames({one: name for roles in self.roles for one, name in roles.nicknames.items()})

    def action(self, system: str, verb: Verb) -> RemediationAction | None:
        """The role that does this verb in this system."""
        actions = (action for roles in self.roles for action in roles.actions)
        return next((a for a in actions if a.offer.system == system and a.offer.verb is verb), None)

    @property
    def systems(self) -> frozenset[str]:
        """Every engine that a survey asks."""
        return frozenset(inventory.system for roles in self.roles for inventory in roles.inventories)

    async def survey(self, seconds: float = LOOK_SECONDS_MAX) -> Survey:
        """Ask every engine what it runs; each has so many seconds."""
        inventories = [inventory for roles in self.roles for inventory in roles.inventories]
        answers = await asyncio.gather(*(self._components(inventory, seconds) for inventory in inventories))
        seen = tuple(part for answer in answers if not isinstance(answer, Evidence) for part in answer)
        return Survey(seen, tuple(answer for answer in answers if isinstance(answer, Evidence)))

    async def _components(self, inventory: Inventory, seconds: float) -> Sequence[Component] | Evidence:
        try:
            async with asyncio.timeout(seconds):
                return await inventory.components()
        except (ToolError, TimeoutError) as problem:
            why = redact(str(problem) or f"no answer in {seconds:.0f} s")
            return self._failed(f"{inventory.system}{INVENTORY_SUFFIX}", "", why)

    def edges(self, components: tuple[Component, ...]) -> tuple[Edge, ...]:
        """What needs what: the configuration's word and the containers' own labels."""
        return tuple(dict.fromkeys((*edges_from_rules(self.depends, components), *edges_from_labels(components))))

    async def look(
        self, questions: Iterable[Question], *, before: int = 0, budget_seconds: float = BUDGET_SECONDS
    ) -> tuple[Evidence, ...]:
        """Ask every tool that serves each question's component, the first question and the most telling tool first.

        Redacted, bounded in pieces and time, and numbered on from the `before` pieces that there are already. What the
        budget leaves no time for is a failed look.
        """
        places = asyncio.Semaphore(LOOKS_AT_ONCE)
        deadline = self.clock.monotonic() + budget_seconds
        tools = sorted((tool for roles in self.roles for tool in roles.tools), key=_telling)
        jobs = [self._ask(tool, q, places, deadline) for q in questions for tool in tools if tool.serves(q.component)]
        found = [piece for pieces in await asyncio.gather(*jobs) for piece in pieces]
        kept = found[: max(0, PIECES_MAX - before)]
        return tuple(_safe(piece, number) for number, piece in enumerate(kept, start=before + 1))

    async def _ask(
        self, tool: EvidenceTool, question: Question, places: asyncio.Semaphore, deadline: float
    ) -> Sequence[Evidence]:
        async with places:
            if self.clock.monotonic() >= deadline:
                why = "not asked: the time for looking was used up"
                return (self._failed(tool.name, question.component.name, why),)
            try:
                async with asyncio.timeout(LOOK_SECONDS_MAX):
                    return await tool.gather(question)
            except (ToolError, TimeoutError) as problem:
                return (self._failed(tool.name, question.component.name, _why(problem)),)

    async def read_signal(self, alert: Alert) -> Reading | None:
        """The signal that fired, asked again now; None where nobody knows how to ask."""
        for reader in (reader for roles in self.roles for reader in roles.readers):
            try:
                async with asyncio.timeout(LOOK_SECONDS_MAX):
                    reading = await reader.read(alert)
            except (ToolError, TimeoutError) as problem:
                reading = Reading(SignalState.NO_DATA, self.clock.now(), alert.name, redact(_why(problem)))
            if reading is not None:
                return replace(reading, query=redact(reading.query), detail=redact(reading.detail))
        return None

    def _failed(self, tool: str, component: str, why: str) -> Evidence:
        return Evidence("", tool, component, {}, "text/plain", "", self.clock.now(), error=why)


async def looked_at(role: RemediationAction, target: Target) -> Snapshot:
    """The target as it is now. Raises `ToolError` where it cannot be seen, or not in time."""
    try:
        async with asyncio.timeout(LOOK_SECONDS_MAX):
            return await role.look(target)
    except TimeoutError as problem:
        raise ToolError(_why(problem)) from problem


def _telling(tool: EvidenceTool) -> int:
    """States and probes tell most for the least, series and logs next; what was changed explains the rest."""
    system = tool.name.partition(".")[0]
    names = (tool.name, system)
    return next((place for place, word in enumerate(MOST_TELLING) if word in names), len(MOST_TELLING))


def _why(problem: Exception) -> str:
    return str(problem) or f"no answer in {LOOK_SECONDS_MAX:.0f} s"


def _safe(piece: Evidence, number: int) -> Evidence:
    """The piece as it may be stored and shown."""
    safe = discreet(piece)
    content, cut = bounded(safe.content)
    return replace(safe, id=f"e{number}", content=content, truncated=piece.truncated or cut)
