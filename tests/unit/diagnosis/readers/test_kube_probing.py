from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.kube_probing import probe_values


@pytest.mark.parametrize(
    ("why", "error", "port"),
    [
        ('Get "http://10.0.1.1:8081/": dial tcp 10.0.1.1:8081: connect: connection refused', "refused", 8081.0),
        ('Get "https://10.0.1.1:8080/": http: server gave HTTP response to HTTPS client', "protocol", 8080.0),
        ('Get "http://10.0.1.1:8080/": context deadline exceeded (Client.Timeout exceeded)', "timeout", 8080.0),
        ('Get "http://10.0.1.1:5432/": EOF', "cut", 5432.0),
        ("HTTP probe failed with statuscode: 503", "status", None),
        ("dial tcp 10.0.1.1:6379: i/o timeout", "timeout", 6379.0),
        ('command "cat /tmp/ok" failed', "command", None),
    ],
)
def test_a_failed_probe_tells_how_and_where(why: str, error: str, port: float | None) -> None:
    found = probe_values(f"Readiness probe failed: {why}")
    assert (found["probe"], found["error"], found.get("port")) == ("readiness", error, port)


def test_other_messages_are_no_probes() -> None:
    assert probe_values("Back-off restarting failed container") == {}
