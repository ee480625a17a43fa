from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.units import Unit, component_of, stem, unit_facts
from lamplighter.domain.evidence import Evidence

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)


def _look(component: str, **params: str) -> Evidence:
    return Evidence("e1", "systemctl.status", component, params, "text/plain", "", NOW)


@pytest.mark.parametrize(
    ("active", "sub", "running"),
    [
        ("active", "running", True),
        ("active", "exited", None),
        ("reloading", "reload", True),
        ("deactivating", "stop-sigterm", True),
        ("activating", "start", True),
        ("activating", "auto-restart", False),
        ("failed", "failed", False),
        ("maintenance", "", None),
    ],
)
def test_whether_a_unit_runs(active: str, sub: str, *, running: bool | None) -> None:
    assert Unit(name="a.service", active=active, sub=sub).running is running


def test_a_unit_that_was_never_started_is_not_down() -> None:
    assert Unit(active="inactive", sub="dead", result="success").running is None
    assert Unit(active="inactive", sub="dead", result="success", started=NOW).running is False


def test_whose_facts_a_units_are() -> None:
    assert stem("nginx.service") == "nginx"
    assert component_of(_look(""), "nginx.service", alone=False) == "nginx"
    assert component_of(_look("web"), "nginx.service", alone=True) == "web"
    assert component_of(_look("web1"), "nginx.service", alone=False) == "nginx"
    assert component_of(_look("web", unit="nginx.service"), "nginx.service", alone=False) == "web"


def test_many_restarts_while_starting_are_a_loop() -> None:
    unit = Unit("a.service", "loaded", "activating", "start", "exit-code", 1.0, restarts=4.0)
    (fact,) = unit_facts(_look("a"), unit, "a")
    assert fact.number("restarting") == 1.0
