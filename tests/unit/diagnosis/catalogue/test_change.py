from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from lamplighter.diagnosis import diagnose
from lamplighter.domain.change import Change

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop


def test_a_change_before_trouble_is_a_possible_cause(shop: Shop) -> None:
    change = Change(shop.now - timedelta(minutes=5), "store", "parameter workers set to 4", "ansible")
    case = replace(shop.gateway("store", 500).container("store").case(), changes=(change,))
    cause = next(cause for cause in diagnose(case).causes if cause.fault == "bad_config_change")
    assert "parameter workers set to 4" in cause.statement
    assert cause.confidence < 0.6


def test_a_change_of_a_healthy_component_is_ruled_out(shop: Shop) -> None:
    change = Change(shop.now - timedelta(minutes=5), "store", "image shop:2 rolled out", "ansible")
    found = diagnose(replace(shop.probe("store").container("store").case(), changes=(change,)))
    assert "bad_deploy" in {out.fault for out in found.ruled_out}
