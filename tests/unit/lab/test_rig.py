from pathlib import Path

from lamplighter.lab.rig import FAULT_CALLS, OF_ORDERS, shop_configuration
from lamplighter.lab.scenario import EXPECTATIONS, Scenario
from lamplighter.lab.shop.layout import Shop
from lamplighter.settings.model import Configuration

SHOP = Shop(Path("/lab/shop"), {"front": 1001, "orders": 1002, "store": 1003})


def test_the_configuration_is_one_that_lamplighter_takes() -> None:
    taken = Configuration.model_validate(shop_configuration(8460, SHOP, own_alert=True))
    assert taken.server.port == 8460
    assert taken.depends == {"front": ["orders"], "orders": ["store"]}


def test_only_the_front_door_alerts_and_only_where_lamplighter_itself_watches() -> None:
    for own_alert in (True, False):
        checks = Configuration.model_validate(shop_configuration(8460, SHOP, own_alert=own_alert)).check_specs
        assert [check.name for check in checks] == ["shop", "orders", "store", "store disk"]
        assert [check.alerts for check in checks] == [own_alert, False, False, False]
        assert (checks[0].component, checks[0].target) == ("front", "http://127.0.0.1:1001/order")


def test_the_store_is_waited_for_longer_than_an_answer_may_take_so_that_slow_is_not_silent() -> None:
    checks = Configuration.model_validate(shop_configuration(8460, SHOP, own_alert=True)).check_specs
    store, disk = (next(check for check in checks if check.name == name) for name in ("store", "store disk"))
    assert store.expects.latency_seconds_max == 1.0
    assert store.timeout_seconds > 2.0
    assert (disk.target, disk.component, disk.free_percent_min) == ("/lab/shop/store/ledger", "store", 5.0)


def test_a_fault_is_asked_of_the_very_service_that_is_to_be_blamed() -> None:
    assert all(role == EXPECTATIONS[scenario].component for scenario, (role, _) in FAULT_CALLS.items())
    assert {Scenario.HANG, Scenario.MEMORY, Scenario.CPU, Scenario.POOL} == OF_ORDERS
