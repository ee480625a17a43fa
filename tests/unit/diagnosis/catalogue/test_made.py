from __future__ import annotations

from datetime import timedelta

import pytest

from lamplighter.diagnosis import diagnose
from lamplighter.domain.change import Change
from tests.unit.diagnosis.home import NOW, Home

CASES = [
    (
        Home(
            "shop is slow",
            components=("shop",),
            changes=(Change(NOW - timedelta(minutes=17), "shop", "feature flag fastCart turned on", "flagd"),),
        ).alert("Slow", service="shop"),
        "shop",
        "feature_flag_enabled",
    ),
    (
        Home(
            "shop fails",
            components=("shop",),
            changes=(Change(NOW - timedelta(minutes=17), "shop", "image shop:4 -> shop:5", "ci"),),
        )
        .alert("Errors", service="shop")
        .log("shop", "ERROR cannot read price")
        .series("rate(http_errors_total[1m])", {"shop": (0.0, 9.0)}),
        "shop",
        "bad_deploy",
    ),
    (
        Home("pay takes long", components=("pay",)).log("pay", "INF Added toxic type=latency latency=900"),
        "pay",
        "latency_injected",
    ),
    (Home("").alert("Watchdog", severity="none", job="prometheus"), "Watchdog", "expected_alert"),
]


@pytest.mark.parametrize(("home", "component", "fault"), CASES, ids=[case[2] for case in CASES])
def test_the_kind_and_its_component_are_named(home: Home, component: str, fault: str) -> None:
    best = diagnose(home.case()).best
    assert best is not None
    assert (best.component, best.fault) == (component, fault)
