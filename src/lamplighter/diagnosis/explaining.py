"""What one cause makes of others: who is flooded, starved or left without names is no cause beside who does it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from lamplighter.diagnosis.dependence import Dependence
from lamplighter.diagnosis.readers.roles import role_of
from lamplighter.diagnosis.weighing import Candidate

CARRIES_FROM = 0.5
HELD_FROM = 0.4
EXPLAINED_ODDS = -2.5
STARVED = frozenset({"cpu_saturation", "latency_injected", "network_latency", "disk_io_saturation", "traffic_surge"})
FLOODED = frozenset(
    {
        "cpu_saturation",
        "thread_pool_exhausted",
        "connection_pool_exhausted",
        "latency_injected",
        "error_injected",
        "network_latency",
        "traffic_surge",
        "slow_queries",
        "queue_backlog",
    }
)
# Kinds that follow the way of requests down, while all other trouble follows it up.
DOWNHILL = frozenset({"traffic_surge", "traffic_drop"})
# Of a way that is bad, everything behind it looks bad: the place where it begins counts, not the farthest.
OF_THE_WAY = frozenset({"network_latency", "network_partition", "host_down"})
# What measurements alone call a component that became slow or fails: any better reason is one.
WORDLESS = frozenset({"latency_injected", "error_injected", "network_latency", "connection_refused", "crash_loop"})


def explained(candidates: Sequence[Candidate], dependence: Dependence) -> list[Candidate]:
    """The candidates, weaker where a stronger one explains them."""
    found = list(candidates)
    for rule in (_starved, _flooded, _nameless, _same_kind, _wordless):
        found = rule(found, dependence)
    return found


def _weaken(
    candidates: Sequence[Candidate], by: Sequence[Candidate], hit: Callable[[Candidate, Candidate], bool]
) -> list[Candidate]:
    settled: list[Candidate] = []
    for one in candidates:
        cause = next((other for other in by if other is not one and hit(one, other)), None)
        if cause is None:
            settled.append(one)
            continue
        against = tuple(dict.fromkeys((*one.against, *(fact.id for fact in cause.cited[:1]))))
        odds = min(one.odds + EXPLAINED_ODDS, cause.odds - 1.0)
        settled.append(
            replace(one, odds=odds, ceiling=min(one.ceiling, max(0.05, cause.confidence - 0.1)), against=against)
        )
    return settled


def _strong(candidates: Sequence[Candidate], *names: str, least: float = CARRIES_FROM) -> list[Candidate]:
    return [one for one in candidates if one.kind.name in names and one.confidence >= least]


def _starved(candidates: list[Candidate], _dependence: Dependence) -> list[Candidate]:
    return _weaken(
        candidates,
        _strong(candidates, "noisy_neighbour"),
        lambda one, _hog: one.kind.name in STARVED and bool(_hog.cited) and _hog.cited[0].kind == "neighbour",
    )


def _flooded(candidates: list[Candidate], dependence: Dependence) -> list[Candidate]:
    surges = _strong(candidates, "traffic_surge")

    def hit(one: Candidate, surge: Candidate) -> bool:
        below = dependence.below(surge.component)
        at_once = one.component == surge.component and one.kind.name != "traffic_surge"
        return one.kind.name in FLOODED and (
            at_once or (one.component in below and surge.component not in dependence.below(one.component))
        )

    return _weaken(candidates, surges, hit)


def _nameless(candidates: list[Candidate], _dependence: Dependence) -> list[Candidate]:
    """Who cannot resolve a name is no cause where the one that resolves them is in trouble itself."""
    resolvers = [
        one
        for one in candidates
        if one.kind.name == "dns_failure" and (_resolves(one)) and one.confidence >= HELD_FROM / 2
    ]
    return _weaken(candidates, resolvers, lambda one, _by: one.kind.name == "dns_failure" and not _resolves(one))


def _resolves(one: Candidate) -> bool:
    return role_of(one.component) == "resolver" or any(fact.values.get("role") == "resolver" for fact in one.cited)


def _same_kind(candidates: list[Candidate], dependence: Dependence) -> list[Candidate]:
    """The same trouble on both ends of an edge is that of the end that is needed."""

    def hit(one: Candidate, other: Candidate) -> bool:
        same = one.kind.name == other.kind.name and one.kind.name not in DOWNHILL | OF_THE_WAY
        below = other.component in dependence.below(one.component)
        return same and below and one.component not in dependence.below(other.component)

    return _weaken(candidates, [one for one in candidates if one.confidence >= HELD_FROM], hit)


def _wordless(candidates: list[Candidate], dependence: Dependence) -> list[Candidate]:
    """What only stands out gives way to a reason that is known, at the same component or at one that it may need."""
    reasons = [
        one
        for one in candidates
        if (one.confidence >= HELD_FROM and not only_measured(one) and not one.kind.generic) or _changed(one)
    ]

    def hit(one: Candidate, reason: Candidate) -> bool:
        if not only_measured(one) or one.kind.name not in WORDLESS:
            return False
        near = reason.component == one.component or reason.component in dependence.below(one.component)
        return near or one.component not in dependence.listed or reason.component not in dependence.listed

    return _weaken(candidates, reasons, hit)


def _changed(one: Candidate) -> bool:
    return one.kind.name in {"bad_deploy", "bad_config_change"} and one.confidence >= HELD_FROM


def only_measured(one: Candidate) -> bool:
    """Whether nothing but measurements, and what others say, speaks for it: it stands out, and nobody saw why."""
    return (
        one.measured
        and one.kind.name in WORDLESS
        and not any(fact.kind in {"log_sign", "state", "kube"} for fact in one.cited)
    )
