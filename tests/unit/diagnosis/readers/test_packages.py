from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers import read
from lamplighter.diagnosis.readers.packages import is_related
from lamplighter.domain.evidence import Evidence, Fact

CHANGES = {
    "host": "web1",
    "changes": [
        {"at": "2026-03-01T06:00:00Z", "what": "upgraded libc6 2.36-9 to 2.36-10"},
        {"at": "2026-03-01T06:00:00Z", "what": "upgraded man-db 2.11 to 2.12"},
        {"at": "2026-03-01T11:00:00Z", "what": "upgraded nginx 1.22.0 to 1.24.0"},
    ],
}


def _read(content: object, component: str) -> list[Fact]:
    text = content if isinstance(content, str) else json.dumps(content)
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    return read(Evidence("e1", "packages.changes", component, {}, "application/json", text, at))


def test_a_package_of_the_components_name_is_its_own_change_and_the_rest_is_the_machines() -> None:
    rest, own = _read(CHANGES, "nginx")
    assert (own.kind, own.component, own.values["family"]) == ("change", "nginx", "deploy")
    assert own.at == datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
    assert (rest.component, rest.values["family"], rest.number("count")) == ("web1", "packages", 2.0)


@pytest.mark.parametrize(
    ("package", "component", "related"),
    [
        ("nginx", "nginx", True),
        ("nginx-full", "nginx", True),
        ("postgresql-15", "postgresql", True),
        ("php8.2", "php", True),
        ("libnginx-mod", "nginx", False),
        ("man-db", "db", False),
        ("a-b", "a", False),
    ],
)
def test_which_package_is_which_component(package: str, component: str, *, related: bool) -> None:
    assert is_related(package, component) is related


def test_rubbish_is_one_fact_that_says_so() -> None:
    for rubbish in ("", "[]", '{"changes": 1}'):
        assert [fact.kind for fact in _read(rubbish, "nginx")] == ["unreadable"]
    assert _read({"changes": []}, "nginx") == []
