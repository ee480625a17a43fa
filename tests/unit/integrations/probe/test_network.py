from __future__ import annotations

import pytest

from lamplighter.integrations.probe.network import host_port


@pytest.mark.parametrize(
    ("target", "expected"),
    [("db:5432", ("db", 5432)), ("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:80", ("::1", 80)), ("::1:80", ("::1", 80))],
)
def test_host_and_port_are_read(target: str, expected: tuple[str, int]) -> None:
    assert host_port(target) == expected


@pytest.mark.parametrize("target", ["", "db", "db:", ":80", "db:0", "db:65536", "db:-1", "db:8o", "db:٣"])
def test_what_is_no_address_is_none(target: str) -> None:
    assert host_port(target) is None
