"""Looks at all that Lamplighter needs, from its settings, with or without a running server. It judges nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lamplighter import integrations
from lamplighter.app import protected_names
from lamplighter.domain.check import Sample
from lamplighter.domain.evidence import Evidence
from lamplighter.domain.policy import Rules
from lamplighter.domain.reach import Reach, View, reaches
from lamplighter.ports import Clock, Roles, Surroundings
from lamplighter.settings import Settings
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.world import INVENTORY_SUFFIX, World

SIGHT_SECONDS_MAX = 5.0


class _NoSamples:
    """A doctor remembers no samples."""

    def keep(self, samples: Sequence[Sample]) -> None:
        """Forget them."""

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:  # noqa: ARG002 - the port's signature
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What the sentences come to now, and what could not be seen for that, by system."""

    reaches: tuple[Reach, ...]
    seen: int
    blind: dict[str, str] = field(default_factory=dict)


def roles_of(settings: Settings, clock: Clock) -> dict[str, Roles]:
    """The roles of every source and channel, by integration; nothing is connected yet."""
    surroundings = Surroundings(clock, settings.configuration.check_specs, _NoSamples())
    named = {**settings.sources, **settings.channels}
    return {name: integrations.load(name).build(part, surroundings) for name, part in named.items()}


def rules_of(settings: Settings) -> Rules:
    """The rules that policy would judge by."""
    return settings.configuration.autonomy.rules(protected_names(settings))


async def sight(settings: Settings) -> Sight:
    """Ask every engine what runs, each within its bound, and read the sentences against that."""
    clock = SystemClock()
    world = World(clock, tuple(roles_of(settings, clock).values()), settings.configuration.depends)
    survey = await world.survey(SIGHT_SECONDS_MAX)
    blind = {_system(piece): piece.error for piece in survey.failures}
    view = View(survey.components, world.offers, tuple(sorted(blind)))
    return Sight(reaches(rules_of(settings), view), len(survey.components), blind)


def _system(piece: Evidence) -> str:
    return piece.tool.removesuffix(INVENTORY_SUFFIX)
