from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.dependence import dependence
from lamplighter.diagnosis.signals.alerting import Trouble, deduce, trouble_of, troubles_of

if TYPE_CHECKING:
    from tests.unit.diagnosis.signals.conftest import Plant


ERRORS, LATENCY = frozenset({Trouble.ERRORS}), frozenset({Trouble.LATENCY})
STATE, SILENCE = frozenset({Trouble.STATE}), frozenset({Trouble.SILENCE})


def _first(troubles: dict[str, frozenset[Trouble]], plant: Plant) -> str:
    found = deduce(troubles, dependence(plant.edges))
    return max(found, key=lambda name: found[name][0])


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("HighRequestErrorRate", Trouble.ERRORS),
        ("HighRequestLatency", Trouble.LATENCY),
        ("KubePodCrashLooping", Trouble.STATE),
        ("InstanceDown", Trouble.STATE),
        ("NoRequestsReceived", Trouble.SILENCE),
        ("NodeMemoryHigh", Trouble.RESOURCE),
        ("Watchdog", Trouble.OTHER),
    ],
)
def test_the_name_of_an_alert_tells_the_trouble(name: str, trouble: Trouble) -> None:
    assert trouble_of(name) is trouble


def test_the_deepest_of_those_that_fail_is_suspected(plant: Plant) -> None:
    assert _first({"entry": ERRORS, "shop": ERRORS | LATENCY}, plant) == "shop"


def test_who_does_not_stay_up_explains_all_above_it(plant: Plant) -> None:
    assert _first({"entry": ERRORS, "shop": ERRORS, "stock": STATE}, plant) == "stock"


def test_the_silent_one_that_explains_the_other_silent_ones(plant: Plant) -> None:
    assert _first({"entry": ERRORS, "shop": SILENCE, "stock": SILENCE, "pay": SILENCE}, plant) == "shop"


def test_one_of_many_silent_ones_is_a_consequence(plant: Plant) -> None:
    assert _first({"shop": ERRORS, "stock": SILENCE, "pay": SILENCE}, plant) == "shop"


def test_without_a_topology_the_silent_one_is_the_deeper(plant: Plant) -> None:
    plant.edges = ()
    assert _first({"shop": ERRORS, "stock": SILENCE}, plant) == "stock"


def test_what_fails_and_is_not_reached_itself_is_the_break(plant: Plant) -> None:
    assert _first({"shop": ERRORS | SILENCE, "stock": SILENCE, "pay": SILENCE}, plant) == "shop"


def test_alerts_are_gathered_by_the_component_that_they_name(plant: Plant) -> None:
    plant.alert("HighLatency", service="shop").alert("HighErrors", service="shop").alert("Down", pod="stock")
    assert troubles_of(plant.case()) == {"shop": ERRORS | LATENCY, "stock": STATE}
