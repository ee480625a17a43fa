"""The configuration as one file that can be read again: what file, environment and flags set, without secrets."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML

from lamplighter.domain.redaction import redact
from lamplighter.settings.load import Settings
from lamplighter.settings.secrecy import FILE_SUFFIX, is_secret

WIDTH = 120
NOTHING = "# Nothing is set: everything is at its default.\n"


def exported(settings: Settings) -> tuple[str, tuple[str, ...]]:
    """The YAML text, and the keys of the secrets that were left out because no file holds them."""
    tree, left_out = open_tree(settings)
    return as_yaml(tree) if tree else NOTHING, left_out


def as_yaml(tree: Mapping[str, Any]) -> str:
    """Plain values as YAML; the library quotes whatever needs it."""
    yaml = YAML(typ="rt")
    yaml.width = WIDTH
    stream = io.StringIO()
    yaml.dump(dict(tree), stream)
    return stream.getvalue()


def open_tree(settings: Settings) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What was set, without secrets, and the keys of the secrets that were left out."""
    left_out: list[str] = []
    return _without_secrets(settings.written, "", left_out) or {}, tuple(left_out)


def secret_notes(left_out: tuple[str, ...]) -> tuple[str, ...]:
    """One line for each secret that was left out: what to write instead."""
    return tuple(
        f"{key} is left out: it is a secret; write it to a file and give {_twin(key)}: /path/of/the/file"
        for key in left_out
    )


def _twin(key: str) -> str:
    return key if key.rpartition(".")[2].isdigit() else f"{key}{FILE_SUFFIX}"


def _without_secrets(node: Any, key: str, left_out: list[str]) -> Any:  # noqa: ANN401 - a tree of plain values
    """The tree with each secret taken out. What becomes empty by that is taken out too."""
    if isinstance(node, dict):
        kept = {}
        for name, value in node.items():
            whole = f"{key}.{name}".removeprefix(".")
            inner = None if _hides(whole, value, left_out) else _without_secrets(value, whole, left_out)
            if inner is not None:
                kept[str(name)] = inner
        return kept
    if isinstance(node, list):
        items = ((f"{key}.{index}", value) for index, value in enumerate(node))
        return [
            _without_secrets(value, whole, left_out) for whole, value in items if not _hides(whole, value, left_out)
        ]
    return str(node) if isinstance(node, str) else node


def _hides(key: str, value: object, left_out: list[str]) -> bool:
    """Whether a value must not be written; its key is noted then."""
    plain = isinstance(value, dict) or value is None or value == ""
    hidden = not plain and (is_secret(key) or (isinstance(value, str) and redact(value) != value))
    if hidden:
        left_out.append(key)
    return hidden
