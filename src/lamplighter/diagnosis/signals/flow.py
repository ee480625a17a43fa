"""Follows waiting time and failures through the calls: whose own share explains what arrives at the symptom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lamplighter.diagnosis.dependence import Dependence
from lamplighter.diagnosis.signals.series import PERCENT, Series
from lamplighter.diagnosis.signals.shifts import rise_of, spread

WAITING = "waiting"
FAILURES = "failures"
POINTS_MIN = 2
_PERCENTILE = re.compile(r"p\d{2}|quantile|max|percentile", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much more a component makes others wait, or fail, than before; `own` is what nothing below it explains."""

    component: str
    kind: str
    extra: float
    own: float
    surety: float
    onset: float
    evidence: str


def amounts_of(series: Iterable[Series], dependence: Dependence) -> tuple[Amount, ...]:
    """Amounts of all components whose requests are counted, by kind."""
    everything = tuple(series)
    counts = {one.component: one for one in everything if one.family == "traffic" and not one.source}
    found: list[Amount] = []
    for kind, family in ((WAITING, "latency"), (FAILURES, "availability")):
        extras = {
            one.component: extra
            for one in everything
            if one.family == family and not one.source and not _PERCENTILE.search(one.metric)
            if one.component in counts and (extra := _extra(one, counts[one.component], kind)) is not None
        }
        found += [_with_own(extra, extras, dependence) for extra in extras.values()]
    return tuple(found)


def _extra(level: Series, count: Series, kind: str) -> Amount | None:
    """The sustained surplus of level times requests; what appears from nothing has no past to compare with."""
    requests = dict(count.window)
    unit = PERCENT if kind == FAILURES else 1.0
    window = tuple((when, value * requests[when] / unit) for when, value in level.window if when in requests)
    if len(window) < POINTS_MIN or (not level.baseline and len(window) < len(count.window)):
        return None
    near = rise_of(replace(level, window=window, baseline=()), 1e-9)
    if near is None:
        return None
    extra = near.after - near.before
    usual = dict(count.baseline)
    noise = spread([value * usual[when] / unit for when, value in level.baseline if when in usual])
    return Amount(level.component, kind, extra, 0.0, extra / (extra + noise), near.onset, level.evidence)


def _with_own(amount: Amount, extras: Mapping[str, Amount], dependence: Dependence) -> Amount:
    below = sum(extras[name].extra for name in dependence.needs.get(amount.component, ()) if name in extras)
    return replace(amount, own=max(0.0, amount.extra - below))
