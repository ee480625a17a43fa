from pathlib import Path

from lamplighter.lab.shop.layout import Shop, free_ports

SHOP = Shop(Path("/lab/shop"), {"front": 1001, "orders": 1002, "store": 1003})


def test_each_service_knows_the_next_one() -> None:
    assert "upstream = http://127.0.0.1:1002\nupstream_name = orders\n" in SHOP.text_of("front", "4")
    assert "upstream = http://127.0.0.1:1003\nupstream_name = store\n" in SHOP.text_of("orders", "4")
    assert "upstream" not in SHOP.text_of("store", "4")


def test_the_number_of_workers_is_what_is_broken() -> None:
    assert "workers = many\n" in SHOP.text_of("store", "many")
    assert SHOP.config_of("store") == Path("/lab/shop/store/store.ini")


def test_free_ports_are_different() -> None:
    assert len(set(free_ports(5))) == 5


def test_tidying_takes_away_all_that_outlives_a_restart(tmp_path: Path) -> None:
    shop = Shop(tmp_path, SHOP.ports)
    shop.ledger.mkdir(parents=True)
    shop.slow_down()
    assert float((tmp_path / "store" / "delay").read_text(encoding="ascii")) > 1.0
    shop.tidy()
    shop.tidy()
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["ledger"]
