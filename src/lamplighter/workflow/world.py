"""Everything the response can see and touch: all integrations' roles joined, each look bounded. Decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from lamplighter.domain.alert import Alert
from lamplighter.domain.evidence import Evidence, Question, bounded
from lamplighter.domain.plan import Offer, Target, Verb
from lamplighter.domain.redaction import redact, redact_values
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

    def action(self, system: str, verb: Verb) -> RemediationAction | None:
        """The role that does this verb in this system."""
        actions = (action for roles in self.roles for action in roles.actions)
        return next((a for a in actions if a.offer.system == system and a.offer.verb is verb), None)

    async def survey(self) -> Survey:
        """Ask every engine what it runs."""
        inventories = [inventory for roles in self.roles for inventory in roles.inventories]
        answers = await asyncio.gather(*(self._components(inventory) for inventory in inventories))
        seen = tuple(part for answer in answers if not isinstance(answer, Evidence) for part in answer)
        return Survey(seen, tuple(answer for answer in answers if isinstance(answer, Evidence)))

    async def _components(self, inventory: Inventory) -> Sequence[Component] | Evidence:
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                return await inventory.components()
        except (ToolError, TimeoutError) as problem:
            return self._failed(f"{inventory.system}.inventory", "", redact(_why(problem)))

    def edges(self, components: tuple[Component, ...]) -> tuple[Edge, ...]:
        """What needs what: the configuration's word and the containers' own labels."""
        return tuple(dict.fromkeys((*edges_from_rules(self.depends, components), *edges_from_labels(components))))

    async def look(self, questions: Iterable[Question]) -> tuple[Evidence, ...]:
        """Ask every tool that serves each question's component; redacted, bounded, numbered e1, e2, …"""
        places = asyncio.Semaphore(LOOKS_AT_ONCE)
        tools = [tool for roles in self.roles for tool in roles.tools]
        jobs = [self._ask(tool, q, places) for q in questions for tool in tools if tool.serves(q.component)]
        found = [piece for pieces in await asyncio.gather(*jobs) for piece in pieces]
        return tuple(_safe(piece, number) for number, piece in enumerate(found, start=1))

    async def _ask(self, tool: EvidenceTool, question: Question, places: asyncio.Semaphore) -> Sequence[Evidence]:
        async with places:
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


def _why(problem: Exception) -> str:
    return str(problem) or f"no answer in {LOOK_SECONDS_MAX:.0f} s"


def _safe(piece: Evidence, number: int) -> Evidence:
    """The piece as it may be stored and shown."""
    content, cut = bounded(redact(piece.content))
    return replace(
        piece,
        id=f"e{number}",
        params=redact_values(piece.params),
        content=content,
        error=redact(piece.error),
        truncated=piece.truncated or cut,
    )
