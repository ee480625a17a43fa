"""Reads what the engine's images, containers, volumes and build cache hold, and how much of it could be freed."""

from __future__ import annotations

from lamplighter.diagnosis.readers.document import decoded, flag, items, number, record, text
from lamplighter.diagnosis.readers.draft import draft, known, owner
from lamplighter.domain.evidence import Evidence, Fact
from lamplighter.domain.plan import bytes_words


def read_space(evidence: Evidence) -> list[Fact]:
    """One fact `disk_usage` for the engine, and one for what the component itself wrote. Raises `Unreadable`."""
    data = record(decoded(evidence.content))
    volumes, containers = items(data, "Volumes"), items(data, "Containers")
    caches = items(data, "BuildCache")
    values = known(
        layers_bytes=number(data, "LayersSize"),
        containers_bytes=_total(containers, "SizeRw"),
        volumes_bytes=_total(volumes, "UsageData", "Size"),
        build_cache_bytes=_total(caches, "Size"),
        reclaimable_bytes=_free(data, volumes, caches),
        partial=1.0 if evidence.truncated else None,
    )
    if "layers_bytes" not in values:
        return [draft(evidence, "unreadable", "the answer holds no LayersSize", {"tool": evidence.tool})]
    parts = [
        f"{label} {bytes_words(int(value))}" for label, key in _LABELS if isinstance(value := values.get(key), float)
    ]
    said = f"on the disk of the engine: {', '.join(parts)}"
    facts = [draft(evidence, "disk_usage", said, {**values, "of": "engine"}, at=evidence.at)]
    return facts + _own(evidence, containers, volumes)


_LABELS = (
    ("images", "layers_bytes"),
    ("containers", "containers_bytes"),
    ("volumes", "volumes_bytes"),
    ("build cache", "build_cache_bytes"),
    ("which nothing uses", "reclaimable_bytes"),
)


def _total(entries: list[object], *path: str) -> float:
    """The sum; the engine writes -1 for what it did not measure."""
    return sum(size for entry in entries if (size := number(entry, *path)) is not None and size > 0)


def _free(data: object, volumes: list[object], caches: list[object]) -> float:
    idle_volumes = [one for one in volumes if number(one, "UsageData", "RefCount") == 0]
    idle_caches = [one for one in caches if flag(one, "InUse") is False]
    idle_images = [one for one in items(data, "Images") if number(one, "Containers") == 0]
    own = (max(0.0, (number(one, "Size") or 0.0) - max(0.0, number(one, "SharedSize") or 0.0)) for one in idle_images)
    return _total(idle_volumes, "UsageData", "Size") + _total(idle_caches, "Size") + sum(own)


def _own(evidence: Evidence, containers: list[object], volumes: list[object]) -> list[Fact]:
    name = owner(evidence)
    found = next((one for one in containers if name and f"/{name}" in items(one, "Names")), None)
    if found is None:
        return []
    mounted = {text(mount, "Name") for mount in items(found, "Mounts")} - {""}
    held = _total([one for one in volumes if text(one, "Name") in mounted], "UsageData", "Size")
    written = number(found, "SizeRw") or 0.0
    values = known(of="container", written_bytes=written, volumes_bytes=held)
    said = f"{name} wrote {bytes_words(int(written))} into its own layer, its volumes hold {bytes_words(int(held))}"
    return [draft(evidence, "disk_usage", said, values, at=evidence.at)]
