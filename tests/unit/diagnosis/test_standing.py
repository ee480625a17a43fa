from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from lamplighter.diagnosis.catalogue.fault_kind import Condition
from lamplighter.diagnosis.facts import collect
from lamplighter.diagnosis.standing import standings

if TYPE_CHECKING:
    from lamplighter.diagnosis.standing import Standing
    from tests.unit.diagnosis.conftest import Shop


def _store(shop: Shop) -> Standing:
    case = shop.case()
    return standings(case, collect(case))["store"]


def test_running_and_answering_is_healthy(shop: Shop) -> None:
    standing = _store(shop.container("store").probe("store"))
    assert standing.condition is Condition.HEALTHY
    assert len(standing.because) == 2


def test_running_without_an_answer_seen_is_only_running(shop: Shop) -> None:
    assert _store(shop.container("store")).condition is Condition.RUNNING


def test_an_open_port_alone_is_no_health(shop: Shop) -> None:
    assert _store(shop.container("store").probe("store", kind="tcp")).condition is Condition.RUNNING


def test_an_open_port_is_health_where_the_alert_is_about_it(shop: Shop) -> None:
    case = shop.probe("front", kind="tcp").case()
    assert standings(case, collect(case))["front"].condition is Condition.HEALTHY


def test_exited_and_paused_are_down(shop: Shop) -> None:
    assert _store(shop.exited("store", 0)).condition is Condition.DOWN


def test_a_container_between_restarts_is_restarting_though_it_says_running(shop: Shop) -> None:
    assert _store(shop.container("store", Status="restarting", Restarting=True)).condition is Condition.RESTARTING


def test_many_recent_deaths_are_a_loop_even_while_it_answers(shop: Shop) -> None:
    deaths = [("die", {"exitCode": "1"})] * 3
    shop.container("store", policy="always").probe("store").events("store", *deaths)
    assert _store(shop).condition is Condition.RESTARTING


def test_deaths_that_nothing_restarts_are_no_loop(shop: Shop) -> None:
    deaths = [("die", {"exitCode": "1"})] * 3
    assert _store(shop.container("store").probe("store").events("store", *deaths)).condition is Condition.HEALTHY


def test_restarts_by_hand_are_no_loop(shop: Shop) -> None:
    restarts = [("kill", {"signal": "15"}), ("die", {"exitCode": "143"})] * 4
    shop.container("store", policy="always").probe("store").events("store", *restarts)
    assert _store(shop).condition is Condition.HEALTHY


def test_the_newest_look_counts(shop: Shop) -> None:
    shop.probe("store", "failing", error="timeout").container("store")
    shop.now += timedelta(seconds=30)
    assert _store(shop.probe("store")).condition is Condition.HEALTHY


def test_lines_of_an_earlier_life_do_not_bear_on_a_running_process(shop: Shop) -> None:
    old, new = "2026-03-01T09:00:00.1Z too many open files", "2026-03-01T11:59:00.1Z No space left on device"
    signs = {
        fact.values.get("sign") for fact in _store(shop.hangs("store").container("store").log("store", old, new)).facts
    }
    assert "disk_full" in signs
    assert "fd_exhausted" not in signs


def test_nothing_seen_is_unknown(shop: Shop) -> None:
    assert _store(shop).condition is Condition.UNKNOWN
