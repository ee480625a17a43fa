"""The address that the set-up link shows."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from lamplighter.settings import Configuration
from lamplighter.web.reach import address, behind_a_bridge, from_elsewhere, outward_address, own_address


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


def configured(host: str, url: str | None = None) -> Configuration:
    return Configuration.model_validate({"server": {"host": host}, "site": {"url": url}})


@pytest.mark.parametrize(("host", "own"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]"), ("10.0.0.2", "10.0.0.2")])
def test_programs_of_this_machine_are_told_an_address_that_is_one(host: str, own: str) -> None:
    assert own_address(configured(host, "https://lamp.example")) == f"http://{own}:8460"


def test_a_container_of_its_own_network_does_not_tell_an_address_that_nobody_can_reach() -> None:
    assert address(configured("0.0.0.0"), bridged=True) == "http://localhost:8460"
    assert "in place of localhost" in from_elsewhere(configured("0.0.0.0"), bridged=True)
    assert from_elsewhere(configured("0.0.0.0"), bridged=False) == ""


def test_who_sits_elsewhere_is_told_the_way_to_an_address_of_this_machine_alone() -> None:
    assert "ssh -L 8460:127.0.0.1:8460" in from_elsewhere(configured("127.0.0.1"))
    assert from_elsewhere(configured("127.0.0.1", "https://lamp.example")) == ""
    assert from_elsewhere(configured("lamp.lan")) == ""


def test_a_container_is_known_by_its_mark_and_its_name(tmp_path: Path) -> None:
    mark = tmp_path / ".dockerenv"
    assert not behind_a_bridge(mark, "0123456789ab")
    mark.touch()
    assert behind_a_bridge(mark, "0123456789ab")
    assert not behind_a_bridge(mark, "nas")
