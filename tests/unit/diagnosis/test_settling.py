from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis.settling import starting

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop


def test_a_process_that_is_starting_is_named(shop: Shop) -> None:
    shop.process("front").process("store", "STARTING")
    assert starting(shop.evidence) == ("store",)


@pytest.mark.parametrize(("age_seconds", "expected"), [(0.5, ("store",)), (30.0, ())])
def test_a_container_settles_within_seconds(shop: Shop, age_seconds: float, expected: tuple[str, ...]) -> None:
    started = (shop.now - timedelta(seconds=age_seconds)).isoformat().replace("+00:00", "Z")
    shop.container("store", StartedAt=started)
    assert starting(shop.evidence) == expected


def test_what_ended_or_cannot_be_read_is_not_starting(shop: Shop) -> None:
    shop.exited("store", 78).raw("docker.inspect", "orders", "[]").failed("supervisor.status", "front", "refused")
    shop.log("store", '{"status": "STARTING"}')
    assert starting(shop.evidence) == ()


@pytest.mark.parametrize(("age_seconds", "expected"), [(5.0, ("store",)), (30.0, ())])
def test_what_runs_for_a_few_seconds_and_does_not_listen_yet_is_starting(
    shop: Shop, age_seconds: float, expected: tuple[str, ...]
) -> None:
    started = (shop.now - timedelta(seconds=age_seconds)).isoformat().replace("+00:00", "Z")
    for name in ("store", "orders", "front"):
        shop.container(name, StartedAt=started)
    shop.probe("orders").hangs("front").probe("store", "failing", error="refused")
    assert starting(shop.evidence) == expected
