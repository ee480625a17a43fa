"""What the evidence of a case shows of the things that run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from lamplighter.domain.evidence import Case, Evidence
from lamplighter.lab.case_inventory import inventory_of

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
INSPECTED = {
    "Id": "c0ffee",
    "Name": "/db",
    "State": {"Running": True},
    "Config": {"Labels": {"lamplighter.allow": "restart"}},
}


def piece(tool: str, component: str, content: object = "", **params: str) -> Evidence:
    text = content if isinstance(content, str) else json.dumps(content)
    return Evidence("e1", tool, component, params, "text/plain", text, AT)


def case(*pieces: Evidence) -> Case:
    return Case("c1", AT, evidence=pieces)


def test_a_container_is_pinned_by_the_engines_id_and_keeps_its_labels() -> None:
    (part,) = inventory_of(case(piece("docker.logs", "db"), piece("docker.inspect", "", INSPECTED)))
    assert (part.system, part.kind, part.name, part.id, part.running) == ("docker", "container", "db", "c0ffee", True)
    assert part.labels == {"lamplighter.allow": "restart"}


def test_what_is_only_named_has_no_engines_id() -> None:
    parts = inventory_of(
        case(
            piece("supervisor.status", "web", {"statename": "FATAL"}),
            piece("kubectl.describe", "api-0", "", kind="pod"),
            piece("docker.inspect", "odd", "not json"),
        )
    )
    assert [(one.system, one.kind, one.name, one.id) for one in parts] == [
        ("supervisor", "process", "web", "recorded:web"),
        ("docker", "container", "odd", "recorded:odd"),
        ("kubernetes", "pod", "api-0", "recorded:api-0"),
    ]
    assert not parts[0].running


def test_what_names_nothing_is_left_out() -> None:
    failed = replace(piece("docker.inspect", ""), error="refused")
    assert inventory_of(case(piece("logs", "web"), piece("df", ""), failed, piece("docker.inspect", "", "{}"))) == ()
