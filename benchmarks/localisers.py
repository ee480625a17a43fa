"""What others do to name a component, for comparison: plain correlation, robust deviation, and counting alerts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import sqrt
from statistics import fmean, median

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.signals.alerting import Trouble, component_of, trouble_of
from lamplighter.diagnosis.signals.series import Series, series_of
from lamplighter.diagnosis.signals.symptom import symptom_of
from lamplighter.domain.evidence import Case

MAD_TO_DEVIATION = 1.4826
SHARE_OF_MIDDLE = 0.05
Localiser = Callable[[Case], list[str]]


def by_correlation(case: Case) -> list[str]:
    """Components by how closely their series follow the target's in the window."""
    symptom = symptom_of(case, dependence(case.topology))
    family = "latency" if "latency" in symptom.families else "availability"
    series = [one for one in series_of(case) if one.family == family and not one.metric.endswith("p95")]
    target = next((dict(one.window) for one in series if one.component == symptom.component), {})
    others = [one for one in series if one.component != symptom.component]
    return _ranked({one.component: abs(_correlation(dict(one.window), target)) for one in others})


def by_cpu(case: Case) -> list[str]:
    """Components by the robust deviation of their CPU from the normal stretch."""
    return _ranked(_deviations([one for one in series_of(case) if one.family == "cpu"]))


def by_edge_latency(case: Case) -> list[str]:
    """Components by the robust deviation of the latency of calls to them; of their own latency where there is none."""
    latency = [one for one in series_of(case) if one.family == "latency"]
    return _ranked(_deviations([one for one in latency if one.source] or latency))


def by_most_alerts(case: Case) -> list[str]:
    """Components by the number of their alerts."""
    counts = Counter(component_of(case, alert) for alert in case.alerts)
    return _ranked({name: float(count) for name, count in counts.items()})


def by_deepest_alert(case: Case) -> list[str]:
    """Components whose own state alerts first, then those that fail, the deepest first."""
    below = dependence(case.topology)
    weight = {Trouble.STATE: 2000.0, Trouble.ERRORS: 1000.0}
    found: dict[str, float] = {}
    for alert in case.alerts:
        name = component_of(case, alert)
        score = weight.get(trouble_of(alert.name), 0.0) - len(below.below(name))
        found[name] = max(found.get(name, score), score)
    return _ranked(found)


def _ranked(scores: dict[str, float]) -> list[str]:
    return sorted(scores, key=lambda name: (-scores[name], name))


def _deviations(series: list[Series]) -> dict[str, float]:
    found: dict[str, float] = {}
    for one in series:
        if one.values and one.normal:
            middle = median(one.normal)
            deviation = MAD_TO_DEVIATION * median([abs(value - middle) for value in one.normal])
            # A series that hardly ever moves would otherwise win with any movement; this helps the others.
            farthest = (max(one.values) - middle) / max(deviation, SHARE_OF_MIDDLE * abs(middle), 1e-9)
            found[one.component] = max(found.get(one.component, 0.0), farthest)
    return found


def _correlation(left: dict[float, float], right: dict[float, float]) -> float:
    times = sorted(left.keys() & right.keys())
    if len(times) < len("xyz"):
        return 0.0
    one, two = [left[when] for when in times], [right[when] for when in times]
    mean_one, mean_two = fmean(one), fmean(two)
    product = sum((a - mean_one) * (b - mean_two) for a, b in zip(one, two, strict=True))
    size = sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_two) ** 2 for b in two))
    return product / size if size else 0.0
