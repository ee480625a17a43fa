from __future__ import annotations

from typing import TYPE_CHECKING

from lamplighter.diagnosis import diagnose

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop


def test_locks_are_named_where_the_component_fails(shop: Shop) -> None:
    line = "ERROR: Lock wait timeout exceeded; try restarting transaction"
    best = diagnose(shop.gateway("store", 500).container("store").log("store", line).case()).best
    assert best is not None
    assert (best.component, best.fault) == ("store", "lock_contention")


def test_a_database_that_is_down_is_told_by_its_image(shop: Shop) -> None:
    inspected = {"State": {"Status": "exited", "Running": False, "ExitCode": 1}, "Config": {"Image": "postgres:15"}}
    found = diagnose(shop.raw("docker.inspect", "store", inspected).case())
    assert "database_down" in {cause.fault for cause in found.causes}
