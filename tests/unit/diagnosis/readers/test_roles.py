from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.roles import role_in, role_of, role_of_port, watches


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("shop-db", "database"),
        ("library/postgres:16", "database"),
        ("session-redis", "cache"),
        ("rabbitmq", "queue"),
        ("edge-haproxy", "proxy"),
        ("pihole", "resolver"),
        ("photo-album", ""),
    ],
)
def test_a_name_or_an_image_gives_the_role_away(name: str, role: str) -> None:
    assert role_of(name) == role


def test_a_port_and_a_scheme_do_so_too() -> None:
    assert (role_of_port("6379"), role_of_port("81")) == ("cache", "")
    assert role_in("dial amqp://mq:5672 failed") == "queue"
    assert role_in("GET http://x/") == ""


def test_what_watches_others_is_known() -> None:
    assert watches("node-exporter")
    assert not watches("checkout")
