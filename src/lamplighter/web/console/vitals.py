"""How full what is watched is: processor, memory, disk, network, database. What nobody watches is unknown, not zero."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.reports.shapes import Spoke, polygon, radar, web
from lamplighter.web.context import Context

AXES = ("CPU", "memory", "disk", "network", "database")
CENTRE = (120.0, 96.0)
RADIUS = 64.0
RINGS = (0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Vital:
    """One axis: the fullest of what is watched. `share` is None where nobody watches it."""

    name: str
    share: float | None
    words: str
    spoke: Spoke


@dataclass(frozen=True, slots=True)
class Radar:
    """The axes, and the lines to draw."""

    vitals: tuple[Vital, ...]
    shape: str
    rings: tuple[str, ...]
    centre: tuple[float, float]

    @property
    def known(self) -> int:
        """How many axes are known."""
        return sum(one.share is not None for one in self.vitals)


def radar_values(here: Context) -> Radar:
    """The radar as it is now."""
    del here
    shares: list[tuple[float | None, str]] = [(None, "nobody watches it") for _ in AXES]
    spokes = radar([share for share, _ in shares], centre=CENTRE, radius=RADIUS)
    vitals = tuple(
        Vital(name, share, words, spoke) for name, (share, words), spoke in zip(AXES, shares, spokes, strict=True)
    )
    shape = polygon([one.spoke.value for one in vitals if one.spoke.value is not None])
    rings = tuple(web(len(AXES), share, centre=CENTRE, radius=RADIUS) for share in RINGS)
    return Radar(vitals, shape, rings, CENTRE)
