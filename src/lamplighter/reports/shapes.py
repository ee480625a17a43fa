"""Where the lines of charts run: areas, rings and radars as numbers for SVG. Pure; colours and words are the page's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

RING_GAP = 0.012
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Area:
    """A closed path below a line, and the line itself."""

    path: str
    line: str


@dataclass(frozen=True, slots=True)
class Spoke:
    """One axis of a radar: its end, where its value lies (None: not known), and where its label stands."""

    end: tuple[float, float]
    value: tuple[float, float] | None
    label: tuple[float, float]
    anchor: str


def area(values: Sequence[float], top: float, *, left: float, right: float, high: float, low: float) -> Area:
    """`values` from left to right in a box; `top` is the value at its upper edge."""
    if not values:
        return Area("", "")
    step = (right - left) / max(1, len(values) - 1)
    scale = (low - high) / top if top > 0 else 0.0
    points = [(left + step * place, low - value * scale) for place, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    path = f"M{left:.1f},{low:.1f} L{line.replace(' ', ' L')} L{points[-1][0]:.1f},{low:.1f} Z"
    return Area(path, line)


def ceiling(value: float) -> int:
    """A round number at or above a value, so that a scale reads well: 1, 2, 4, 5, 10, 20, 40, 50, 100 …"""
    if value <= 1:
        return 1
    size: int = 10 ** math.floor(math.log10(value))
    return next(step * size for step in (1, 2, 4, 5, 10) if step * size >= value)


def ring(shares: Sequence[float], *, centre: float, outer: float, inner: float) -> tuple[tuple[str, float, float], ...]:
    """One path for each share of a whole, clockwise from the top, each with the middle of its band for a letter."""
    found = []
    begun = 0.0
    for share in shares:
        gap = RING_GAP if len(shares) > 1 and share > 4 * RING_GAP else 0.0
        begin, end = begun + gap / 2, begun + share - gap / 2
        middle = (begin + end) / 2
        x, y = _point(centre, (outer + inner) / 2, middle)
        found.append((_band(begin, min(end, begin + 0.9999), centre, outer, inner), x, y))
        begun += share
    return tuple(found)


def radar(values: Sequence[float | None], *, centre: tuple[float, float], radius: float) -> tuple[Spoke, ...]:
    """Values from 0 to 1, the first one at the top, clockwise."""
    spokes = []
    for place, value in enumerate(values):
        turn = place / len(values)
        at = (
            (round(one, 1) for one in _point2(centre, radius * min(1.0, max(0.0, value)), turn))
            if value is not None
            else None
        )
        label = _point2(centre, radius + 10, turn)
        side = label[0] - centre[0]
        anchor = "middle" if abs(side) < 1 else "start" if side > 0 else "end"
        end = _point2(centre, radius, turn)
        spokes.append(Spoke(_rounded(end), tuple(at) if at is not None else None, _rounded(label), anchor))  # type: ignore[arg-type]
    return tuple(spokes)


def polygon(points: Sequence[tuple[float, float]]) -> str:
    """Points as SVG takes them."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def web(sides: int, share: float, *, centre: tuple[float, float], radius: float) -> str:
    """A ring of a radar's web."""
    return polygon([_point2(centre, radius * share, place / sides) for place in range(sides)])


def _band(begin: float, end: float, centre: float, outer: float, inner: float) -> str:
    large = int(end - begin > HALF)
    one, two = _point(centre, outer, begin), _point(centre, outer, end)
    three, four = _point(centre, inner, end), _point(centre, inner, begin)
    return (
        f"M{one[0]:.2f},{one[1]:.2f} A{outer},{outer} 0 {large} 1 {two[0]:.2f},{two[1]:.2f} "
        f"L{three[0]:.2f},{three[1]:.2f} A{inner},{inner} 0 {large} 0 {four[0]:.2f},{four[1]:.2f} Z"
    )


def _point(centre: float, radius: float, turn: float) -> tuple[float, float]:
    return _point2((centre, centre), radius, turn)


def _point2(centre: tuple[float, float], radius: float, turn: float) -> tuple[float, float]:
    angle = 2 * math.pi * turn - math.pi / 2
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


def _rounded(point: tuple[float, float]) -> tuple[float, float]:
    return round(point[0], 1), round(point[1], 1)
