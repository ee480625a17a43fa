from __future__ import annotations

import pytest

from lamplighter.integrations.docker.container import Details, Network, Port, Summary, decoded
from lamplighter.ports import ToolError

KEY = "1f" * 32


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["/store"], "store"),
        (["/front/store", "/store"], "store"),
        (["store"], "store"),
        ([], KEY[:12]),
        (None, KEY[:12]),
    ],
)
def test_the_name_is_the_containers_own(names: list[str] | None, expected: str) -> None:
    assert Summary(KEY, names).name == expected


@pytest.mark.parametrize(
    ("state", "status", "healthy"),
    [
        ("running", "Up 5 minutes", True),
        ("running", "Up 5 minutes (healthy)", True),
        ("running", "Up 1 second (health: starting)", True),
        ("running", "Up 5 minutes (unhealthy)", False),
        ("paused", "Up 5 minutes (Paused)", False),
        ("restarting", "Restarting (1) 3 seconds ago", False),
        ("exited", "Exited (137) 1 second ago", False),
        ("dead", "Dead", False),
        ("created", "Created", False),
    ],
)
def test_running_is_only_what_runs_and_is_not_unhealthy(state: str, status: str, *, healthy: bool) -> None:
    assert Summary(KEY, ["/store"], None, state, status).healthy is healthy


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"Id": 5}', b"\xff", b"[" * 100_000])
def test_what_is_no_inspection_is_an_error_that_names_the_query(body: bytes) -> None:
    with pytest.raises(ToolError, match="GET /x"):
        decoded(body, Details, "GET /x")


def test_a_container_without_health_or_limit_can_be_read() -> None:
    body = b'{"Id": "a", "State": {"Status": "created", "Health": null}, "HostConfig": {}, "Other": 1}'
    details = decoded(body, Details, "GET /x")
    assert details.state.health is None
    assert details.host_config.memory == 0


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("", "9090>90"), ("shop_default", "9090>90"), ("host", "host"), ("none", "none"), ("container:0123", "none")],
)
def test_open_ports_say_whether_it_has_a_network_of_its_own(mode: str, expected: str) -> None:
    entry = Summary(KEY, ["/store"], host_config=Network(mode), ports=[Port(90, 9090), Port(91)])
    assert entry.opened == expected
