"""The configuration in force as a flat list: every key, its value without secrets, and where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from lamplighter.settings.load import Settings, default_data_folder
from lamplighter.settings.model import Configuration
from lamplighter.settings.notify import NotifyRules
from lamplighter.settings.secrecy import masked

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Listed:
    """One value as it may be shown. `origin` is file:LINE, environment, flag or default."""

    key: str
    value: str
    origin: str


def listed(settings: Settings) -> list[Listed]:
    """All values, in the order of the model."""
    tree = settings.configuration.model_dump(by_alias=True)
    tree["data_folder"] = settings.data_folder
    tree["sources"] = {name: part.model_dump(by_alias=True) for name, part in settings.sources.items()}
    tree["notify"] = {name: part.model_dump(by_alias=True) for name, part in settings.channels.items()}
    tree["notify"] |= settings.notify.model_dump(by_alias=True)
    return [Listed(key, value, origin_of(settings, key)) for key, value in flat(tree)]


def defaults(settings: Settings) -> dict[str, str]:
    """What each key would be if nothing were set; a key without a default is left out."""
    parts = {
        section: {name: _default_values(part) for name, part in models.items()}
        for section, models in (("sources", settings.sources), ("notify", settings.channels))
    }
    tree = {**Configuration().model_dump(by_alias=True), "data_folder": default_data_folder(), **parts}
    tree["notify"] |= NotifyRules().model_dump(by_alias=True)
    return dict(flat(tree))


def origin_of(settings: Settings, key: str) -> str:
    """Where a value came from; a value in a part is from where the part is from."""
    while key:
        if key in settings.origins:
            return settings.origins[key]
        key = key.rpartition(".")[0]
    return DEFAULT


def _default_values(part: BaseModel) -> dict[str, Any]:
    fields = type(part).model_fields.items()
    return {
        info.alias or name: info.get_default(call_default_factory=True)
        for name, info in fields
        if not info.is_required()
    }


def flat(node: Any, prefix: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a tree of plain values
    """Each value with its dotted key, as it may be shown."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            yield from flat(value, f"{prefix}{key}.")
    elif isinstance(node, list | tuple) and node:
        for index, value in enumerate(node):
            yield from flat(value, f"{prefix}{index}.")
    else:
        key = prefix.removesuffix(".")
        yield key, masked(key, _plain(node))


def _plain(value: Any) -> Any:  # noqa: ANN401 - a plain value
    """A value as the file writes it: yes is true, and a whole number of seconds has no point."""
    if value is None or value in ([], {}, ()):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return int(value) if isinstance(value, float) and value.is_integer() else value
