import urllib.error
from email.message import Message
from pathlib import Path

import pytest

from lamplighter.lab.shop.layout import Shop
from lamplighter.lab.shop.service import Answer, BadConfig, Config, Trade, failure_of, parse_config

SHOP = Shop(Path("/lab/shop"), {"front": 1001, "orders": 1002, "store": 1003})
INI = Path("/lab/shop/store/store.ini")


def test_a_good_configuration_is_read() -> None:
    config = parse_config(SHOP.text_of("front", "4"), SHOP.config_of("front"), "front")
    behind, data = "http://127.0.0.1:1002", Path("/lab/shop/front")
    assert config == Config("front", 1001, 4, behind, "orders", 1.0, data, connections=8, processors=1)


def test_only_the_store_keeps_receipts() -> None:
    config = parse_config(SHOP.text_of("store", "4"), INI, "store")
    assert config.ledger == Path("/lab/shop/store/ledger")


def test_without_a_free_connection_an_order_is_refused_and_said_in_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    trade = Trade(parse_config(SHOP.text_of("orders", "4"), INI, "orders"))
    trade.health.drain()
    assert trade.order().status == 503
    assert "ERROR orders: connection pool exhausted: 8 of 8 connections are held" in capsys.readouterr().out


def test_an_order_whose_receipt_cannot_be_written_is_not_taken(capsys: pytest.CaptureFixture[str]) -> None:
    trade = Trade(parse_config(SHOP.text_of("store", "4"), INI, "store"))
    assert trade.order().status == 507
    assert "ERROR store: order failed: [Errno 2]" in capsys.readouterr().out


def test_a_wrong_value_is_named_with_file_section_key_and_value() -> None:
    with pytest.raises(BadConfig) as problem:
        parse_config(SHOP.text_of("store", "many"), INI, "store")
    assert str(problem.value) == "/lab/shop/store/store.ini: [store] workers = 'many': expected a whole number"


def test_a_missing_section_is_named() -> None:
    with pytest.raises(BadConfig, match=r"no section \[store\]"):
        parse_config("[front]\nport = 1\n", INI, "store")


@pytest.mark.parametrize(
    ("problem", "answer"),
    [
        (TimeoutError("timed out"), Answer(504, "orders did not answer within 1.0 s")),
        (urllib.error.URLError(TimeoutError()), Answer(504, "orders did not answer within 1.0 s")),
        (urllib.error.URLError(ConnectionRefusedError()), Answer(502, "orders refused the connection")),
        (ConnectionResetError("reset"), Answer(502, "orders failed: reset")),
    ],
)
def test_a_customer_is_told_what_failed_behind(problem: OSError, answer: Answer) -> None:
    assert failure_of("orders", problem, 1.0) == answer


def test_an_error_of_the_next_service_is_passed_on_as_its_own() -> None:
    with urllib.error.HTTPError("http://x", 502, "Bad Gateway", Message(), None) as problem:
        assert failure_of("orders", problem, 1.0) == Answer(502, "orders answered 502")


def test_metrics_tell_requests_by_status_and_only_the_front_tells_of_orders() -> None:
    front = Trade(parse_config(SHOP.text_of("front", "4"), SHOP.config_of("front"), "front"))
    store = Trade(parse_config(SHOP.text_of("store", "4"), INI, "store"))
    front.tally[504] += 2
    assert 'shop_requests_total{status="504"} 2\n' in front.metrics()
    assert front.metrics().endswith("shop_order_ok 0\n")
    assert "shop_order_ok" not in store.metrics()
