"""Where, when and by how much a series left its normal level, and stayed away. A single peak is no shift."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from lamplighter.diagnosis.signals.series import Series

SUSTAINED = 2
WINDOW_SHARE = 12
NORMAL_QUANTILE = 0.98
ALREADY_SO = 0.4
PASSED = 0.6
SATURATED_PERCENT = 90.0
ROOMY_PERCENT = 85.0
SATURATION = 2.0
REFERENCE_MIN = 2
FAILED_PERCENT = 1.0
SOME_PERCENT = 5.0
_PERCENT = re.compile(r"percent|pct", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shift:
    """A level that changed. `size` counts doublings beyond what is normal; it is below 0 where the level fell.

    `whole` says that the whole window was so: nothing changed in it; `passed`, that it was so only in its first half.
    """

    series: Series
    before: float
    after: float
    onset: float
    size: float
    whole: bool = False
    passed: bool = False

    @property
    def present(self) -> float:
        """How far it may belong to the trouble of this window: less where it was so before, or is over."""
        if self.whole:
            return ALREADY_SO
        return PASSED if self.passed else 1.0

    @property
    def rose(self) -> bool:
        """Whether the level went up."""
        return self.after > self.before


def scales(series: Iterable[Series]) -> dict[str, float]:
    """For each metric half of the middle of its components' normal levels: what is far below it does not matter."""
    everything = tuple(series)
    levels: dict[str, list[float]] = {}
    for one in everything:
        values = one.normal or one.values
        if values:
            levels.setdefault(one.metric, []).append(abs(median(values)))
    least = {one.metric: _least(one) for one in everything}
    return {metric: max(median(found) / 2, least[metric]) for metric, found in levels.items()}


def _least(series: Series) -> float:
    """The smallest amount that matters where the unit is known: a failed percent, a few percent of anything else."""
    if series.family == "availability":
        return FAILED_PERCENT
    return SOME_PERCENT if _PERCENT.search(series.metric) else 1e-9


def rise_of(series: Series, scale: float) -> Shift | None:
    """The strongest sustained rise in the window, or None where the level never left what is normal upwards."""
    return _strongest(series, series.values, series.normal, scale)


def fall_of(series: Series, scale: float) -> Shift | None:
    """The strongest sustained fall in the window, or None."""
    values, normal = [-value for value in series.values], [-value for value in series.normal]
    return _strongest(series, values, normal, scale, sign=-1)


def _strongest(series: Series, values: list[float], normal: list[float], scale: float, sign: int = 1) -> Shift | None:
    length = max(SUSTAINED, len(values) // WINDOW_SHARE)
    if len(values) < length:
        return None
    held = sustained(values, length)
    place = max(range(len(held)), key=held.__getitem__)
    middle = median(normal) if normal else median(values)
    if held[place] <= middle:
        return None
    begin, end = _run(values, place, length, (middle + held[place]) / 2)
    outside = values[:begin] + values[end:]
    if len(normal) + len(outside) < REFERENCE_MIN:
        return None
    usual = max(_usual(normal, length), _usual(outside, length))
    level = fmean(values[begin:end])
    before = median(outside) if len(outside) >= REFERENCE_MIN else middle
    if held[place] <= usual or level <= before:
        return None
    if sign > 0:
        size = max(_doublings(held[place], usual, scale), SATURATION * _saturated(series, held[place], usual))
    else:
        size = -_doublings(-usual, -held[place], scale)
    whole, passed = end - begin == len(values), begin == 0 and end <= len(values) // 2
    return Shift(series, sign * before, sign * level, series.window[begin][0], size, whole, passed)


def _saturated(series: Series, held: float, usual: float) -> bool:
    """Whether a share of a resource, which normally has room, is used up."""
    full = held >= SATURATED_PERCENT and usual < ROOMY_PERCENT
    return full and series.family != "availability" and bool(_PERCENT.search(series.metric))


def sustained(values: Sequence[float], length: int) -> list[float]:
    """For each place the level that the next `length` values all reach."""
    if length == SUSTAINED and len(values) > length:
        return list(map(min, values, values[1:]))
    return [min(values[place : place + length]) for place in range(len(values) - length + 1)] or [min(values)]


def _usual(values: Sequence[float], length: int) -> float:
    """The highest level that is normally held, without the rarest moments."""
    if not values:
        return -math.inf
    held = sorted(sustained(values, min(length, len(values))))
    return held[min(len(held) - 1, int(NORMAL_QUANTILE * len(held)))]


def spread(normal: Sequence[float]) -> float:
    """How far above its middle a normal stretch is sometimes held; 0 where there is none."""
    return max(0.0, _usual(normal, SUSTAINED) - median(normal)) if normal else 0.0


def _run(values: Sequence[float], place: int, length: int, border: float) -> tuple[int, int]:
    begin, end = place, place + length
    while begin > 0 and values[begin - 1] > border:
        begin -= 1
    while end < len(values) and values[end] > border:
        end += 1
    return begin, end


def _doublings(high: float, low: float, scale: float) -> float:
    return math.log2((max(high, 0.0) + scale) / (max(low, 0.0) + scale))


def shifts_of(series: Iterable[Series]) -> tuple[Shift, ...]:
    """The shifts of all series that shifted, the largest first."""
    everything = tuple(series)
    scale: Mapping[str, float] = scales(everything)
    found = [turn(one, scale.get(one.metric, 1e-9)) for one in everything for turn in (rise_of, fall_of)]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: -abs(one.size)))
