from __future__ import annotations

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec, SampleState
from lamplighter.integrations.probe.network import host_port, look_http


@pytest.mark.parametrize(
    ("target", "expected"),
    [("db:5432", ("db", 5432)), ("127.0.0.1:1", ("127.0.0.1", 1)), ("[::1]:80", ("::1", 80)), ("::1:80", ("::1", 80))],
)
def test_host_and_port_are_read(target: str, expected: tuple[str, int]) -> None:
    assert host_port(target) == expected


@pytest.mark.parametrize("target", ["", "db", "db:", ":80", "db:0", "db:65536", "db:-1", "db:8o", "db:٣"])
def test_what_is_no_address_is_none(target: str) -> None:
    assert host_port(target) is None


@pytest.mark.parametrize("host", ["169.254.169.254", "2852039166", "0.0.0.0:1", "[::]:1"])
async def test_a_check_of_an_address_that_is_never_asked_sees_nothing(host: str) -> None:
    look = await look_http(CheckSpec("x", CheckKind.HTTP, f"http://{host}/", timeout_seconds=20))
    assert look.state is SampleState.CANNOT_SEE
    assert "nothing is asked there" in look.detail
