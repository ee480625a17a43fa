from __future__ import annotations

import pytest

from lamplighter.domain.check import CheckKind, CheckSpec
from lamplighter.integrations.probe.tls import chain_values, is_for, tls_address
from lamplighter.testing import NOON


@pytest.mark.parametrize(
    ("kind", "target", "address"),
    [
        (CheckKind.HTTP, "https://shop.lan/health", ("shop.lan", 443)),
        (CheckKind.HTTP, "https://[::1]:8443/", ("::1", 8443)),
        (CheckKind.HTTP, "http://shop.lan/", None),
        (CheckKind.HTTP, "https://", None),
        (CheckKind.HTTP, "https://a:b:c/", None),
        (CheckKind.TCP, "mail.lan:993", ("mail.lan", 993)),
        (CheckKind.TCP, "db.lan:5432", None),
        (CheckKind.TCP, "nonsense", None),
        (CheckKind.DNS, "shop.lan:443", None),
    ],
)
def test_behind_which_checks_tls_is_spoken(kind: CheckKind, target: str, address: tuple[str, int] | None) -> None:
    assert tls_address(CheckSpec("c", kind, target)) == address


@pytest.mark.parametrize(
    ("host", "names", "right"),
    [
        ("shop.lan", ["shop.lan"], True),
        ("SHOP.lan.", ["shop.LAN"], True),
        ("a.shop.lan", ["*.shop.lan"], True),
        ("a.b.shop.lan", ["*.shop.lan"], False),
        ("shop.lan", ["*.shop.lan"], False),
        ("127.0.0.1", ["127.0.0.1"], True),
        ("127.0.0.1", ["*.0.0.1"], False),
        ("shop.lan", [], False),
    ],
)
def test_for_whom_a_certificate_is(host: str, names: list[str], *, right: bool) -> None:
    assert is_for(host, names) is right


def test_a_certificate_that_cannot_be_read_is_told_as_such() -> None:
    told = chain_values([b"\x30\x03garbage"], "shop.lan", NOON)
    assert "cannot be read" in told["chain"][0]["error"]
    assert told["name_matches"] is False
    assert chain_values([], "shop.lan", NOON)["name_matches"] is None
