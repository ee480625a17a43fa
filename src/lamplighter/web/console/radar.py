"""The system radar: where its axes lie, and how far each is filled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lamplighter.reports.shapes import Spoke, polygon, radar, web
from lamplighter.reports.vitals import Vital

CENTRE = (130.0, 100.0)
RADIUS = 66.0
RINGS = (0.25, 0.5, 0.75, 1.0)
SHAPE_FROM = 3


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis with what it tells."""

    vital: Vital
    spoke: Spoke


@dataclass(frozen=True, slots=True)
class Radar:
    """The axes, and the lines to draw; `shape` is empty where too little is known for one."""

    axes: tuple[Axis, ...]
    shape: str
    rings: tuple[str, ...]
    centre: tuple[float, float]

    @property
    def known(self) -> int:
        """How many axes are known."""
        return sum(one.vital.share is not None for one in self.axes)


def radar_of(vitals: Sequence[Vital]) -> Radar:
    """The radar of these levels."""
    spokes = radar([one.share for one in vitals], centre=CENTRE, radius=RADIUS)
    points = [spoke.value for spoke in spokes if spoke.value is not None]
    shape = polygon(points) if len(points) >= SHAPE_FROM else ""
    rings = tuple(web(len(vitals), share, centre=CENTRE, radius=RADIUS) for share in RINGS)
    axes = tuple(Axis(vital, spoke) for vital, spoke in zip(vitals, spokes, strict=True))
    return Radar(axes, shape, rings, CENTRE)
