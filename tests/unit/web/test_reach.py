"""The address that the set-up link shows."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from lamplighter.settings import Configuration
from lamplighter.web.reach import address, outward_address


def told(host: str, url: str | None = None) -> str:
    return address(Configuration.model_validate({"server": {"host": host}, "site": {"url": url}}))


def test_what_the_configuration_says_comes_first() -> None:
    assert told("0.0.0.0", "https://lamp.example/") == "https://lamp.example"


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("lamp.lan", "lamp.lan")])
def test_one_address_is_told_as_it_is(host: str, shown: str) -> None:
    assert told(host) == f"http://{shown}:8460"


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_for_all_addresses_one_is_guessed_that_others_can_reach(host: str) -> None:
    shown = told(host)
    assert host not in shown.replace("[::", "")
    assert shown.endswith(":8460")
    if found := outward_address():
        assert not ip_address(found).is_unspecified
