"""The methods: each looks at one side of the evidence and votes for components, so strongly as it has reason to."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from lamplighter.diagnosis.dependence import Dependence
from lamplighter.diagnosis.novelty import WEIGHT_MIN
from lamplighter.diagnosis.signals.durations import Slowing
from lamplighter.diagnosis.signals.flow import WAITING, Amount
from lamplighter.diagnosis.signals.habits import Break
from lamplighter.diagnosis.signals.novelty import NEW, News
from lamplighter.diagnosis.signals.shifts import Shift
from lamplighter.diagnosis.signals.symptom import Symptom
from lamplighter.diagnosis.signals.timing import companions, first_movers

FAILING = frozenset({"latency", "availability", "errors"})
RESOURCES: Mapping[str, float] = {"cpu": 1.5, "disk": 1.2, "saturation": 1.2, "memory": 0.7, "host": 0.3}
SHIFT_MAX = 6.0
ENTRY = 0.5
SEEN_FROM = 0.5
EXPLAINS_FROM = 0.5
EXPLAINED = 0.35
FLOW_STRENGTH = 8.0
OTHER_COMPLAINT = 0.2
COUNTED = 0.3
BREAK_MAX = 12.0
BREAK_STRENGTH = 0.6
ERROR_BONUS = 1.0
COMPLAINT = 0.5
NEWS = 0.3
NEWS_MAX = 10.0
NO_ERROR = 0.3
FIRST = 0.2
TOGETHER = 0.3
ALIKE_FROM = 0.6
# Components are named as they are, without the marks that a sentence puts around them.
_NAME = re.compile(r"[A-Za-z0-9_][\w:@./-]{0,200}(?<![:./-])")


@dataclass(frozen=True, slots=True)
class Vote:
    """One method's reason to suspect one component. `lead` is the family that moved."""

    component: str
    method: str
    strength: float
    lead: str
    basis: Shift | Amount | Break | Slowing | News | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """What all methods look at."""

    dependence: Dependence
    symptom: Symptom
    shifts: Sequence[Shift] = ()
    amounts: Sequence[Amount] = ()
    breaks: Sequence[Break] = ()
    troubles: Mapping[str, tuple[float, str]] = field(default_factory=dict)
    known: frozenset[str] = frozenset()
    starving: Mapping[str, tuple[float, Shift]] = field(default_factory=dict)
    slowings: Sequence[Slowing] = ()
    changed: frozenset[str] = frozenset()
    news: Sequence[News] = ()


Method = Callable[[Scene], list[Vote]]


def levels(scene: Scene) -> list[Vote]:
    """Slow or failing components, less where something below them moved as much."""
    best = _best(scene, dict.fromkeys(FAILING, 1.0))
    sizes = {name: size for name, (size, _) in best.items()}
    counted = COUNTED if any(amount.own > 0 for amount in scene.amounts) else 1.0
    return [
        Vote(name, "level", counted * size * _share(name, sizes, scene.dependence), shift.series.family, shift)
        for name, (size, shift) in best.items()
    ]


def resources(scene: Scene) -> list[Vote]:
    """Components whose own processor, disk, pool or memory ran high: nobody else's trouble does that."""
    best = _best(scene, RESOURCES)
    return [Vote(name, "resource", size, shift.series.family, shift) for name, (size, shift) in best.items()]


def flows(scene: Scene) -> list[Vote]:
    """Whose own share of the extra waiting or failures is largest."""
    weight = {
        kind: 1.0 if (kind == WAITING) == ("latency" in scene.symptom.families) else OTHER_COMPLAINT
        for kind in {amount.kind for amount in scene.amounts}
    }
    total = {
        kind: sum(amount.own * amount.surety for amount in scene.amounts if amount.kind == kind) for kind in weight
    }
    return [
        Vote(
            amount.component,
            "flow",
            FLOW_STRENGTH * weight[amount.kind] * amount.own * amount.surety / total[amount.kind],
            "latency" if amount.kind == WAITING else "errors",
            amount,
        )
        for amount in scene.amounts
        if amount.own > 0
    ]


def habits(scene: Scene) -> list[Vote]:
    """Components that no longer do what they always did, less where one that they call broke as well."""
    best: dict[str, tuple[float, Break]] = {}
    for one in scene.breaks:
        strength = BREAK_STRENGTH * min(one.weight, BREAK_MAX) + ERROR_BONUS * one.error * min(1.0, one.weight)
        if strength > best.get(one.component, (0.0, one))[0]:
            best[one.component] = (strength, one)
    return [
        Vote(name, "habit", strength * _own_break(name, best, scene.dependence), "errors", one)
        for name, (strength, one) in best.items()
    ]


def complaints(scene: Scene) -> list[Vote]:
    """Components that new errors of others name: half of what the error says of the one that wrote it."""
    best: dict[str, tuple[float, Break]] = {}
    for one in scene.breaks:
        if one.error:
            words = frozenset(_NAME.findall(one.example or one.deed))
            for name in sorted((scene.known & words) - {one.component}):
                strength = COMPLAINT * BREAK_STRENGTH * min(one.weight, BREAK_MAX)
                if strength > best.get(name, (0.0, one))[0]:
                    best[name] = (strength, one)
    return [Vote(name, "complaint", strength, "errors", one) for name, (strength, one) in best.items()]


def _own_break(name: str, best: Mapping[str, tuple[float, Break]], dependence: Dependence) -> float:
    """Little where one below it broke in the same requests."""
    strength, broken = best[name]
    for one in dependence.below(name) & best.keys():
        deeper, other = best[one]
        shared = len(broken.traces & other.traces)
        if deeper >= EXPLAINS_FROM * strength and shared >= EXPLAINS_FROM * len(broken.traces):
            return EXPLAINED
    return 1.0


def own_times(scene: Scene) -> list[Vote]:
    """Components that take longer by themselves, by their spans."""
    best: dict[str, Slowing] = {}
    for one in scene.slowings:
        best.setdefault(one.component, one)
    return [Vote(name, "own_time", min(one.size, SHIFT_MAX), "latency", one) for name, one in best.items()]


def starving(scene: Scene) -> list[Vote]:
    """Components that still get requests and no longer pass them on."""
    return [Vote(name, "starving", size, "errors", shift) for name, (size, shift) in scene.starving.items()]


def entry(scene: Scene) -> list[Vote]:
    """Where requests fail for the users and nothing is known of where, the component that takes them is asked first."""
    outside = [
        one
        for one in scene.shifts
        if one.series.family in FAILING and one.size >= SEEN_FROM and one.series.component not in scene.known
    ]
    name = scene.symptom.component
    return [Vote(name, "entry", ENTRY, outside[0].series.family, outside[0])] if outside and name else []


def alerts(scene: Scene) -> list[Vote]:
    """What the set of alerts says by itself."""
    return [Vote(name, "alert", strength, trouble) for name, (strength, trouble) in scene.troubles.items()]


def news(scene: Scene) -> list[Vote]:
    """Components whose log says what it did not in normal times: a weak reason, and weaker where it is no error."""
    best: dict[str, tuple[float, News]] = {}
    for one in scene.news:
        strength = NEWS * min(abs(one.shift.weight), NEWS_MAX) / NEWS_MAX * (1.0 if one.shift.error else NO_ERROR)
        telling = abs(one.shift.weight) >= WEIGHT_MIN and (one.shift.error or one.change != NEW)
        if telling and strength > best.get(one.component, (0.0, one))[0]:
            best[one.component] = (strength, one)
    return [Vote(name, "news", strength, "errors", one) for name, (strength, one) in best.items()]


def firsts(scene: Scene) -> list[Vote]:
    """Components that moved before all others: what comes later may follow from it, and chance decides often."""
    found = first_movers(scene.shifts, (*FAILING, *RESOURCES))
    return [
        Vote(name, "first", FIRST / len(found), shift.series.family, shift)
        for name, shift in found.items()
        if not scene.known or name in scene.known
    ]


def together(scene: Scene) -> list[Vote]:
    """Components whose levels follow what is complained of; all that it makes wait does so too."""
    return [
        Vote(name, "together", TOGETHER * (likeness - ALIKE_FROM) / (1 - ALIKE_FROM), shift.series.family, shift)
        for name, (likeness, shift) in companions(scene.shifts, scene.symptom).items()
        if likeness > ALIKE_FROM and (not scene.known or name in scene.known)
    ]


METHODS: tuple[Method, ...] = (
    *(levels, resources, flows, habits, complaints, own_times, starving, entry, alerts, news),
    *(firsts, together),
)


def _best(scene: Scene, weights: Mapping[str, float]) -> dict[str, tuple[float, Shift]]:
    found: dict[str, tuple[float, Shift]] = {}
    for shift in scene.shifts:
        name, weight = shift.series.component, weights.get(shift.series.family, 0.0)
        if shift.size <= 0 or not weight or (scene.known and name not in scene.known):
            continue
        size = min(shift.size, SHIFT_MAX) * weight * shift.present
        if size > found.get(name, (0.0, shift))[0]:
            found[name] = (size, shift)
    return found


def _share(name: str, weights: Mapping[str, float], dependence: Dependence) -> float:
    """How much of a component's trouble stays its own: little where one below it is in as much trouble."""
    deeper = max((weights[one] for one in dependence.below(name) if one in weights), default=0.0)
    return EXPLAINED if deeper >= EXPLAINS_FROM * weights[name] else 1.0
