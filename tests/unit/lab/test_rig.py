from pathlib import Path

from lamplighter.lab.rig import shop_configuration
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
        assert [check.name for check in checks] == ["shop", "orders", "store"]
        assert [check.alerts for check in checks] == [own_alert, False, False]
        assert (checks[0].component, checks[0].target) == ("front", "http://127.0.0.1:1001/order")
