from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from lamplighter import integrations
from lamplighter.settings import Configuration
from lamplighter.settings.schema import schema

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
Node = dict[str, Any]


def complaints(node: object, shape: Node, whole: Node, at: str = "") -> Iterator[str]:
    """What an editor would underline: the words of JSON Schema that the schema uses, and no others."""
    if "$ref" in shape:
        yield from complaints(node, whole["$defs"][shape["$ref"].removeprefix("#/$defs/")], whole, at)
    for word in ("anyOf", "oneOf"):
        if word in shape and all(list(complaints(node, one, whole, at)) for one in shape[word]):
            yield f"{at}: none of {word}"
    for one in shape.get("allOf", ()):
        yield from complaints(node, one, whole, at)
    yield from _of_value(node, shape, at)
    if isinstance(node, dict):
        yield from _of_object(node, shape, whole, at)
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from complaints(item, shape.get("items", {}), whole, f"{at}.{index}")


def _of_value(node: object, shape: Node, at: str) -> Iterator[str]:
    kinds = [shape["type"]] if isinstance(shape.get("type"), str) else shape.get("type", [])
    if kinds and not any(isinstance(node, TYPES[kind]) for kind in kinds):
        yield f"{at}: not {kinds}"
    if isinstance(node, str) and "pattern" in shape and not re.search(shape["pattern"].replace("?<", "?P<"), node):
        yield f"{at}: not like {shape['pattern']}"
    if "enum" in shape and node not in shape["enum"]:
        yield f"{at}: not one of {shape['enum']}"


def _of_object(node: Node, shape: Node, whole: Node, at: str) -> Iterator[str]:
    known, more = shape.get("properties", {}), shape.get("additionalProperties", True)
    yield from (f"{at}: lacks {name}" for name in shape.get("required", ()) if name not in node)
    for key, value in node.items():
        if key in known:
            yield from complaints(value, known[key], whole, f"{at}.{key}")
        elif more is False:
            yield f"{at}: no {key}"
        elif isinstance(more, dict):
            yield from complaints(value, more, whole, f"{at}.{key}")


@pytest.fixture(scope="module")
def whole() -> Node:
    return schema(integrations.BUILT_IN)


def said(whole: Node, text: str) -> list[str]:
    return list(complaints(YAML(typ="safe").load(text), whole, whole))


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.yaml")), ids=lambda file: file.name)
def test_every_example_is_right_by_the_schema(whole: Node, file: Path) -> None:
    assert said(whole, file.read_text(encoding="utf-8")) == []


def test_it_is_one_document_of_json_that_knows_every_section_and_every_integration(whole: Node) -> None:
    again = json.loads(json.dumps(whole))
    assert set(again["properties"]) == {info.alias or name for name, info in Configuration.model_fields.items()}
    assert set(integrations.BUILT_IN) <= set(again["properties"]["sources"]["anyOf"][0]["properties"])
    for place in re.findall(r'"\$ref": "#/\$defs/([^"]+)"', json.dumps(whole)):
        assert place in whole["$defs"]


@pytest.mark.parametrize(
    "text",
    [
        "site: {name: x}",
        "verify: {for: 5s, deadline: 2m}",
        "verify:",
        "autonomy: {limits: {per_target: 3/1h}}",
        "sources: {docker: {}, host: null, proxmox: {url: 'https://p:8006', token_id: a@pve!b, token_file: /x}}",
        "store: {url_file: /run/secrets/url}",
        "notify: {others: ['ntfy://x/y'], digest: '08:00', quiet: {hours: '23:00-07:00'}, heartbeat_out: 'https://x'}",
        "notify: {telegram: {token_file: /x, chat: 1, approvers: [1]}}",
        "auth: {oidc: {issuer: 'https://x', client_id: a, client_secret_file: /x}}",
        "checks: [{name: a, http: 'http://x', status: [200, 204], below: 10%}]",
    ],
)
def test_what_may_be_written_is_not_underlined(whole: Node, text: str) -> None:
    assert said(whole, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "sit: {name: x}",
        "autonomy: {mod: ask}",
        "autonomy: {mode: sometimes}",
        "autonomy: {limits: {per_target: many}}",
        "sources: {dokcer: {}}",
        "sources: {prometheus: {ulr: 'http://x'}}",
        "sources: {proxmox: {url: 'https://p:8006', token_id: a@pve!b}}",
        "verify: {for: soon}",
        "notify: {quiet: {hour: '23:00-07:00'}}",
        "notify: {telegram: {chat: 1}}",
        "site: {url: ftp://x}",
    ],
)
def test_a_mistake_is_underlined(whole: Node, text: str) -> None:
    assert said(whole, text)


def test_what_the_schema_says_of_a_section_is_what_the_documents_say(whole: Node) -> None:
    assert whole["$defs"]["Site"]["properties"]["name"]["description"] == "shown in messages"
