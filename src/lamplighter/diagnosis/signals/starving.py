"""Who still gets requests and no longer passes them on: what it needs starves, so the fault lies in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from lamplighter.diagnosis.dependence import Dependence
from lamplighter.diagnosis.signals.series import Series
from lamplighter.diagnosis.signals.shifts import Shift, fall_of

REMAINDER = 0.1
STARVED_FROM = 1.0
FED_BELOW = 0.5
SEVERAL = 2
ONE_ALONE = 0.6
UNREACHED = 0.3


def falls_of(series: Iterable[Series]) -> dict[str, Shift | None]:
    """How far the requests of each component fell below what is normal for it; None where they did not."""
    found: dict[str, Shift | None] = {}
    for one in series:
        if one.family == "traffic" and not one.source and one.values:
            usual = median(one.normal or one.values)
            if usual > 0:
                found[one.component] = fall_of(one, REMAINDER * usual)
    return found


def starvers(falls: Mapping[str, Shift | None], dependence: Dependence) -> dict[str, tuple[float, Shift]]:
    """The components that starve what they need, with how much; where one alone starves, it may be out of reach."""
    depth = {name: -fall.size * fall.present if fall is not None else 0.0 for name, fall in falls.items()}
    found: dict[str, tuple[float, Shift]] = {}
    for name in sorted(dependence.needs):
        if name not in depth or depth[name] >= FED_BELOW:
            continue
        starved = [one for one in dependence.needs[name] if depth.get(one, 0.0) >= STARVED_FROM]
        if not starved:
            continue
        worst = max(starved, key=lambda one: (depth[one], one))
        shift = falls[worst]
        if shift is None:
            continue
        several = len(starved) >= SEVERAL
        found[name] = (depth[worst] * (1.0 if several else ONE_ALONE), shift)
        if not several and worst not in found:
            found[worst] = (depth[worst] * UNREACHED, shift)
    return found
