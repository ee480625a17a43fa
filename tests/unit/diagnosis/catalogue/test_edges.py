from __future__ import annotations

import pytest

from lamplighter.diagnosis import diagnose
from tests.unit.diagnosis.home import Home

CASES = [
    (
        Home("nothing runs").piece(
            "docker.ps",
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            host="box",
        ),
        "box",
        "docker_daemon_unavailable",
    ),
    (
        Home("cam is away").piece(
            "ping", "PING cam (10.0.0.4) 56(84) bytes\n4 packets transmitted, 0 received, 100% packet loss", host="desk"
        ),
        "cam",
        "host_down",
    ),
    (
        Home("mail warns", components=("mail",)).log("mail", "TLS handshake failed: certificate has expired"),
        "mail",
        "tls_certificate_expired",
    ),
    (
        Home("sync to vault hangs", components=("vault",)).log(
            "vault", "[UFW BLOCK] IN=eth0 SRC=10.0.0.4 DST=10.0.0.8 DPT=22"
        ),
        "vault",
        "firewall_or_policy_block",
    ),
]


@pytest.mark.parametrize(("home", "component", "fault"), CASES, ids=[case[2] for case in CASES])
def test_the_kind_and_its_component_are_named(home: Home, component: str, fault: str) -> None:
    best = diagnose(home.case()).best
    assert best is not None
    assert (best.component, best.fault) == (component, fault)
