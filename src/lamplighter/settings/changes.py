"""What a configuration that is read again changes: what holds at once, and what waits for a restart. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from lamplighter.settings.load import Settings

# Sections that the running parts take over while they run. All others are built in at the start.
LIVE = frozenset({"autonomy", "depends", "maintenance", "verify", "responses", "retention", "runbooks"})
PARTS = frozenset({"sources", "notify"})


@dataclass(frozen=True, slots=True)
class Changes:
    """Dotted keys, sorted: what holds from now on, and what will hold after a restart."""

    applied: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


def changes(old: Settings, new: Settings) -> Changes:
    """Every key whose value differs. Values are never told: they may be secrets."""
    before, after = dict(_flat(_tree(old))), dict(_flat(_tree(new)))
    keys = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    live = tuple(key for key in keys if key.partition(".")[0] in LIVE)
    return Changes(live, tuple(key for key in keys if key not in live))


def adopted(old: Settings, new: Settings) -> Settings:
    """The settings as they hold now: what is live from the one that was read, the rest as it was at the start."""
    live = {name: getattr(new.configuration, name) for name in LIVE}
    waiting = {key: value for key, value in old.origins.items() if key.partition(".")[0] not in LIVE}
    origins = {key: value for key, value in new.origins.items() if key.partition(".")[0] in LIVE}
    written = {
        **{key: value for key, value in old.written.items() if key not in LIVE},
        **{key: value for key, value in new.written.items() if key in LIVE},
    }
    return replace(
        old,
        configuration=old.configuration.model_copy(update=live),
        origins={**waiting, **origins},
        warnings=new.warnings,
        written=written,
    )


def _tree(settings: Settings) -> dict[str, Any]:
    own = settings.configuration.model_dump(by_alias=True)
    parts = {"sources": settings.sources, "notify": settings.channels}
    read = {section: {name: _values(part) for name, part in each.items()} for section, each in parts.items()}
    read["notify"] |= settings.notify.model_dump(by_alias=True)
    return {
        **{key: value for key, value in own.items() if key not in PARTS},
        **read,
        "data_folder": settings.data_folder,
    }


def _values(part: BaseModel) -> dict[str, Any]:
    return {**part.model_dump(by_alias=True), "": "set"}


def _flat(node: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    """A list counts as one value, so that a line put before others does not change them all."""
    if isinstance(node, Mapping) and node:
        for key, value in node.items():
            yield from _flat(value, f"{prefix}.{key}".strip("."))
    else:
        yield prefix, node
