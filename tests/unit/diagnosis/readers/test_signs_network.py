from __future__ import annotations

import re

import pytest

from lamplighter.diagnosis.readers.signs import first_sign
from lamplighter.diagnosis.readers.signs_network import NETWORK_SIGNS

SPOKEN = [
    ("lookup api.lan on 10.0.0.2:53: no such host", "dns_failure"),
    ("[UFW BLOCK] IN=eth0 SRC=10.0.0.4 DPT=5432", "firewall_or_policy_block"),
    (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
        "docker_daemon_unavailable",
    ),
    ("x509: certificate has expired or is not yet valid", "tls_certificate_expired"),
    ("Added toxic name=slow type=latency latency=900", "latency_injected"),
    ("[QUORUM] This node is within the non-primary component", "network_partition"),
]


@pytest.mark.parametrize(("line", "name"), SPOKEN)
def test_a_line_is_known_by_its_mechanism(line: str, name: str) -> None:
    found = first_sign(line)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("row", NETWORK_SIGNS, ids=lambda row: str(row[0]))
def test_a_pattern_can_be_read_and_does_not_match_everything(row: tuple[str, str, int]) -> None:
    pattern = re.compile(row[1])
    assert pattern.search("") is None
    assert pattern.search("INFO request 7 served in 12 ms") is None
