"""Who moved first, and whose levels move together with what is complained of. Weak reasons, and bounded work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import fmean

from lamplighter.diagnosis.signals.series import Series
from lamplighter.diagnosis.signals.shifts import Shift
from lamplighter.diagnosis.signals.symptom import Symptom

MOVED_FROM = 0.5
CALM_POINTS_MAX = 60
POINTS_MIN = 4
COMPLAINED_OF = frozenset({"latency", "availability", "errors"})

Points = dict[float, float]


def first_movers(shifts: Iterable[Shift], families: Iterable[str]) -> dict[str, Shift]:
    """The shifts of the components that moved before all others; none where nobody did, or where all moved at once."""
    wanted = frozenset(families)
    firsts: dict[str, Shift] = {}
    for shift in shifts:
        # What was so from the start of the window says nothing of when.
        timely = shift.size >= MOVED_FROM and not shift.whole and shift.onset > shift.series.window[0][0]
        name = shift.series.component
        if timely and shift.series.family in wanted and (name not in firsts or shift.onset < firsts[name].onset):
            firsts[name] = shift
    earliest = min((shift.onset for shift in firsts.values()), default=0.0)
    found = {name: shift for name, shift in firsts.items() if shift.onset <= earliest}
    return found if len(found) < len(firsts) else {}


def companions(shifts: Sequence[Shift], symptom: Symptom) -> dict[str, tuple[float, Shift]]:
    """How closely each component's levels follow what is complained of, from 0 to 1, by the shift that follows best."""
    complaints = [shift for shift in shifts if _is_symptom(shift, symptom)]
    if not complaints:
        return {}
    meant = max(complaints, key=lambda shift: shift.size)
    leading = _points(meant.series)
    found: dict[str, tuple[float, Shift]] = {}
    for shift in shifts:
        name = shift.series.component
        if shift.series is meant.series or shift.size < MOVED_FROM:
            continue
        likeness = correlation(leading, _points(shift.series))
        if likeness > found.get(name, (0.0, shift))[0]:
            found[name] = (likeness, shift)
    return found


def _is_symptom(shift: Shift, symptom: Symptom) -> bool:
    wanted = (symptom.families & COMPLAINED_OF) or COMPLAINED_OF
    return shift.series.component == symptom.component and shift.series.family in wanted and shift.size > 0


def _points(series: Series) -> Points:
    """The window, and as much of what is normal as shows its play."""
    step = -(-len(series.baseline) // CALM_POINTS_MAX) or 1
    return dict((*series.baseline[::step], *series.window))


def correlation(one: Points, other: Points) -> float:
    """Pearson's coefficient over the times that both have; 0 where they are too few, or where one stands still."""
    times = [when for when in one if when in other]
    if len(times) < POINTS_MIN:
        return 0.0
    left, right = [one[when] for when in times], [other[when] for when in times]
    middle_left, middle_right = fmean(left), fmean(right)
    both = sum((a - middle_left) * (b - middle_right) for a, b in zip(left, right, strict=True))
    spread = sqrt(sum((a - middle_left) ** 2 for a in left) * sum((b - middle_right) ** 2 for b in right))
    return both / spread if spread > 0 else 0.0
