"""Reads one sample of a container's use of memory, processor and processes."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import decoded, items, number, record
from lamplighter.diagnosis.readers.draft import draft, known, owner
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words


def read_stats(evidence: Evidence) -> list[Fact]:
    """One fact `usage`; shares are from 0 to 1 of what the container may use. Raises `Unreadable`."""
    data = record(decoded(evidence.content))
    used, limit = number(data, "memory_stats", "usage"), number(data, "memory_stats", "limit")
    cache = number(data, "memory_stats", "stats", "inactive_file") or 0.0
    held = max(0.0, used - cache) if used is not None else None
    values = known(
        memory_used_bytes=held,
        memory_ceiling_bytes=limit,
        memory_share=_share(held, limit),
        cpu_share=_cpu_share(data),
        throttled_share=_throttled_share(data),
        pids=number(data, "pids_stats", "current"),
        pids_share=_share(number(data, "pids_stats", "current"), number(data, "pids_stats", "limit")),
    )
    if not values:
        return []
    return [draft(evidence, "usage", _words(owner(evidence), values), values)]


def _share(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _throttled_share(data: object) -> float | None:
    """Of the periods between the sample and the one before it, or of all since the start where there is none."""
    throttled, periods = (_throttling(data, "cpu_stats", key) for key in ("throttled_periods", "periods"))
    throttled_before, periods_before = (
        _throttling(data, "precpu_stats", key) or 0.0 for key in ("throttled_periods", "periods")
    )
    if throttled is None or periods is None or periods < periods_before:
        return None
    return _share(throttled - throttled_before, periods - periods_before)


def _throttling(data: object, sample: str, key: str) -> float | None:
    return number(data, sample, "throttling_data", key)


def _cpu_share(data: object) -> float | None:
    """The share of all processors between the sample and the one before it; None for a sample without one."""
    used, used_before = (
        number(data, "cpu_stats", "cpu_usage", "total_usage"),
        number(data, "precpu_stats", "cpu_usage", "total_usage"),
    )
    system, system_before = (
        number(data, "cpu_stats", "system_cpu_usage"),
        number(data, "precpu_stats", "system_cpu_usage"),
    )
    if used is None or used_before is None or system is None or not system_before or system <= system_before:
        return None
    cores = number(data, "cpu_stats", "online_cpus") or len(items(data, "cpu_stats", "cpu_usage", "percpu_usage"))
    return (used - used_before) / (system - system_before) if cores else None


def _words(component: str, values: dict[str, str | float]) -> str:
    parts: list[str] = []
    used, ceiling = values.get("memory_used_bytes"), values.get("memory_ceiling_bytes")
    if isinstance(used, float) and isinstance(ceiling, float):
        parts.append(f"memory {bytes_words(int(used))} of {bytes_words(int(ceiling))}")
    cpu = values.get("cpu_share")
    if isinstance(cpu, float):
        parts.append(f"processor {cpu:.0%}")
    throttled = values.get("throttled_share")
    if isinstance(throttled, float):
        parts.append(f"throttled in {throttled:.0%} of periods")
    return f"{component} uses {', '.join(parts) or 'nothing that can be seen'}"
