from __future__ import annotations

import pytest

from lamplighter.integrations.probe.names import address_of


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("192.168.1.2", ("192.168.1.2", 53)),
        ("192.168.1.2:5353", ("192.168.1.2", 5353)),
        ("fd00::1", ("fd00::1", 53)),
        ("[fd00::1]", ("fd00::1", 53)),
        ("[fd00::1]:54", ("fd00::1", 54)),
    ],
)
def test_a_server_is_an_address_with_a_port_or_not(server: str, expected: tuple[str, int]) -> None:
    assert address_of(server) == expected
