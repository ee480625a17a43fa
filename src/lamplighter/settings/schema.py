"""The configuration as a JSON Schema, for editors. What is read is checked by the models themselves, not by this."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import PydanticJsonSchemaWarning

from lamplighter import integrations
from lamplighter.settings.model import Configuration
from lamplighter.settings.notify import NotifyRules
from lamplighter.settings.secrecy import FILE_SUFFIX, is_secret

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TITLE = "lamplighter.yaml"
REFERENCE = "#/$defs/"
URLS = {"type": "array", "items": {"type": "string"}}
# Short forms of channels; the long ones are parts of their integrations.
ADDRESSES: dict[str, Any] = {
    "others": {"anyOf": [{"type": "string"}, URLS, {"type": "null"}], "description": "further channels: Apprise URLs"},
    "heartbeat_out": {
        "anyOf": [{"type": "string"}, {"$ref": f"{REFERENCE}integration.heartbeat_out"}, {"type": "null"}],
        "description": "an address that is asked every minute, and calls you when we stay away",
    },
}
Tree = dict[str, Any]


def schema(names: Iterable[str] | None = None) -> Tree:
    """The whole schema, with the part of every integration by name; `names` are all that can be loaded."""
    parts: Tree = {}
    definitions: Tree = {}
    for name in sorted(integrations.doors() if names is None else names):
        model = integrations.load(name).config
        part = _of(model)
        # Two integrations may call a part of theirs the same.
        definitions |= {f"{name}.{key}": _renamed(value, name) for key, value in part.pop("$defs", {}).items()}
        definitions[f"integration.{name}"] = {**_renamed(part, name), "title": name}
        parts[name] = {"anyOf": [{"$ref": f"{REFERENCE}integration.{name}"}, {"type": "null"}]}
    whole = _of(Configuration)
    definitions |= whole.pop("$defs", {})
    rules = _of(NotifyRules)
    definitions |= rules.pop("$defs", {})
    own = {"sources": {}, "notify": {**rules["properties"], **ADDRESSES}}
    for section, beside in own.items():
        told = whole["properties"][section].get("description", section)
        named = {**parts, **beside}
        whole["properties"][section] = {
            "type": "object",
            "description": told,
            "properties": named,
            "additionalProperties": False,
        }
    # A section with nothing but comments below it says nothing.
    whole["properties"] = {key: {"anyOf": [value, {"type": "null"}]} for key, value in whole["properties"].items()}
    return {"$schema": DIALECT, **whole, "title": TITLE, "$defs": dict(sorted(definitions.items()))}


def _of(model: type[BaseModel]) -> Tree:
    with warnings.catch_warnings():
        # A default that JSON cannot say, such as a rate, is told by `config show`.
        warnings.simplefilter("ignore", PydanticJsonSchemaWarning)
        made = model.model_json_schema(by_alias=True)
    for part in (made, *made.get("$defs", {}).values()):
        _with_files(part)
    return made


def _with_files(part: Tree) -> None:
    """Beside every secret may stand the path of a file that holds it; then the secret itself is not required."""
    properties = part.get("properties", {})
    for name in [name for name, value in properties.items() if is_secret(name) or _is_secret(value)]:
        twin = f"{name}{FILE_SUFFIX}"
        if twin in properties:
            continue
        properties[twin] = {"type": "string", "description": f"path of a file that holds {name}"}
        if name in part.get("required", []):
            part["required"].remove(name)
            part.setdefault("allOf", []).append({"anyOf": [{"required": [name]}, {"required": [twin]}]})


def _is_secret(value: Tree) -> bool:
    shapes = (value, *value.get("anyOf", ()))
    return any(one.get("format") == "password" or one.get("writeOnly") for one in shapes)


def _renamed(node: Any, name: str) -> Any:  # noqa: ANN401 - a tree of plain values
    if isinstance(node, dict):
        return {
            key: value.replace(REFERENCE, f"{REFERENCE}{name}.", 1)
            if key == "$ref" and isinstance(value, str)
            else _renamed(value, name)
            for key, value in node.items()
        }
    return [_renamed(item, name) for item in node] if isinstance(node, list) else node
