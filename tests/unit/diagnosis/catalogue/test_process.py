from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lamplighter.diagnosis import diagnose

if TYPE_CHECKING:
    from tests.unit.diagnosis.conftest import Shop


def _named(shop: Shop) -> tuple[str, str, bool]:
    best = diagnose(shop.case()).best
    assert best is not None
    return best.component, best.fault, best.confidence >= 0.6


def test_a_container_that_the_engine_was_told_to_stop(shop: Shop) -> None:
    shop.gateway("front", 502).exited("store", 137)
    shop.events(
        "store", ("kill", {"signal": "15"}), ("kill", {"signal": "9"}), ("die", {"exitCode": "137"}), ("stop", {})
    )
    assert _named(shop) == ("store", "process_stopped", True)


def test_a_process_that_supervisor_was_told_to_stop(shop: Shop) -> None:
    assert _named(shop.process("store", "STOPPED")) == ("store", "process_stopped", True)


def test_a_paused_container_is_stopped_and_not_hung(shop: Shop) -> None:
    assert _named(shop.hangs("store").container("store", Paused=True, Status="paused")) == (
        "store",
        "process_stopped",
        True,
    )


@pytest.mark.parametrize("code", [1, 2, 139])
def test_a_crash_without_a_better_reason(shop: Shop, code: int) -> None:
    shop.exited("store", code).events("store", ("die", {"exitCode": str(code)})).log(
        "store", "Traceback (most recent call last)"
    )
    assert _named(shop) == ("store", "process_crashed", True)


def test_a_process_that_supervisor_keeps_starting(shop: Shop) -> None:
    shop.process("store", "BACKOFF", exitstatus=1, spawnerr="Exited too quickly (process log may have details)")
    assert _named(shop) == ("store", "crash_loop", True)


def test_a_container_that_the_engine_keeps_starting(shop: Shop) -> None:
    shop.container("store", Status="restarting", Restarting=True, ExitCode=3)
    assert _named(shop) == ("store", "crash_loop", True)


def test_an_error_of_its_own_while_all_below_answers(shop: Shop) -> None:
    shop.gateway("front", 500).container("front").probe("orders").container("orders")
    assert _named(shop) == ("front", "health_endpoint_failing", True)


def test_a_gateway_error_while_all_below_answers_carries_nothing(shop: Shop) -> None:
    shop.gateway("front", 502).container("front").probe("orders").container("orders")
    assert diagnose(shop.case()).undetermined
