from __future__ import annotations

import pytest

from lamplighter.diagnosis import diagnose
from tests.unit.diagnosis.home import Home

CASES = [
    (
        Home("files fail", components=("files", "nas"))
        .series("node_filesystem_avail_bytes", {"nas": (9e9, 0.0)})
        .alert("Full", service="nas"),
        "nas",
        "disk_full",
    ),
    (
        Home("mail stops", components=("mail",))
        .series("node_filesystem_files_free", {"mail": (9e5, 0.0)})
        .log("mail", "write: No space left on device"),
        "mail",
        "inodes_exhausted",
    ),
    (Home("hub drops devices", components=("hub",)).log("hub", "accept: Too many open files"), "hub", "fd_exhausted"),
    (
        Home("few orders in shop", components=("shop",)).series("rate(http_requests_total[1m])", {"shop": (60.0, 1.0)}),
        "shop",
        "traffic_drop",
    ),
]


@pytest.mark.parametrize(("home", "component", "fault"), CASES, ids=[case[2] for case in CASES])
def test_the_kind_and_its_component_are_named(home: Home, component: str, fault: str) -> None:
    best = diagnose(home.case()).best
    assert best is not None
    assert (best.component, best.fault) == (component, fault)
