"""How full what is watched is, read out of facts and checks: processor, memory, disk, network, database. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lamplighter.domain.check import CheckKind, CheckSpec, SampleState, Watch
from lamplighter.domain.evidence import Fact

CPU, MEMORY, DISK, NETWORK, DATABASE = "CPU", "memory", "disk", "network", "database"
AXES = (CPU, MEMORY, DISK, NETWORK, DATABASE)
# Values of facts that tell how full something is, from 0 to 1.
SHARES = {
    "cpu_share": CPU,
    "memory_share": MEMORY,
    "disk_share": DISK,
    "inode_share": DISK,
    "used_share": DISK,
    "connections_share": DATABASE,
}
NETWORK_CHECKS = frozenset({CheckKind.HTTP, CheckKind.TCP, CheckKind.DNS})
WHOLE_PERCENT = 100.0
UNWATCHED = "nobody watches it"


@dataclass(frozen=True, slots=True)
class Vital:
    """One axis: the fullest of what is watched, from 0 to 1. `share` is None where nobody watches it: not zero."""

    name: str
    share: float | None
    words: str


def vitals(facts: Iterable[Fact], specs: Iterable[CheckSpec], watches: Mapping[str, Watch]) -> tuple[Vital, ...]:
    """One for each of AXES, the worst of each."""
    found = [*_of_facts(facts), *_of_checks(tuple(specs), watches)]
    return tuple(
        max((one for one in found if one.name == axis), key=_level, default=Vital(axis, None, UNWATCHED))
        for axis in AXES
    )


def _level(one: Vital) -> float:
    return one.share if one.share is not None else -1.0


def _of_facts(facts: Iterable[Fact]) -> list[Vital]:
    found = []
    for fact in facts:
        for key, axis in SHARES.items():
            share = fact.number(key)
            if share is not None and share >= 0:
                found.append(Vital(axis, min(1.0, share), fact.component))
    return found


def _of_checks(specs: tuple[CheckSpec, ...], watches: Mapping[str, Watch]) -> list[Vital]:
    found = []
    for spec in specs:
        last = watches[spec.name].last if spec.name in watches else None
        if spec.kind is CheckKind.DISK and last is not None and last.value is not None:
            free = min(WHOLE_PERCENT, max(0.0, last.value))
            found.append(Vital(DISK, 1.0 - free / WHOLE_PERCENT, f"check {spec.name}"))
    asked = [watches[spec.name].last for spec in specs if spec.kind in NETWORK_CHECKS and spec.name in watches]
    seen = [sample for sample in asked if sample is not None and sample.state is not SampleState.CANNOT_SEE]
    if seen:
        bad = sum(sample.state is SampleState.FAILING for sample in seen)
        found.append(Vital(NETWORK, bad / len(seen), f"{bad} of {len(seen)} probes fail"))
    return found
