"""A sign of life arrives as the service wants it; what went wrong is said without the address, which is a secret."""

from __future__ import annotations

import pytest

from lamplighter.integrations.ntfy.simulator import SimulatedNtfy, simulated_ntfy
from lamplighter.ports import ChannelError, Heartbeat
from lamplighter.testing import roles_of, serving_json


def heartbeat(url: str, method: str = "GET") -> Heartbeat:
    (found,) = roles_of("heartbeat_out", {"url": url, "method": method, "timeout_seconds": 1}).heartbeats
    return found


async def test_the_address_is_asked() -> None:
    with serving_json() as server:
        server.answers = {"/uuid": {}}
        await heartbeat(f"{server.url}/uuid").beat()
        assert [path for path, _ in server.asked] == ["/uuid"]


async def test_it_may_be_posted() -> None:
    with simulated_ntfy(SimulatedNtfy(faults=[(200, {})])) as server:
        await heartbeat(server.url, "POST").beat()
        assert server.asked == 1


@pytest.mark.parametrize("status", [404, 500, 302])
async def test_an_answer_that_is_not_good_is_a_failure(status: int) -> None:
    told = SimulatedNtfy(faults=[(status, {})])
    with simulated_ntfy(told) as server, pytest.raises(ChannelError, match=str(status)):
        await heartbeat(server.url, "POST").beat()


async def test_a_failure_does_not_name_the_address() -> None:
    with pytest.raises(ChannelError) as caught:
        await heartbeat("http://127.0.0.1:9/very-secret-uuid").beat()
    assert "very-secret-uuid" not in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "hc-ping.com/uuid", "gopher://host", ""])
def test_only_a_web_address_is_taken(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        roles_of("heartbeat_out", {"url": url})
