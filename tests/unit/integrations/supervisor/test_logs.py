from __future__ import annotations

from lamplighter.integrations.supervisor.client import SupervisorConfig, Supervisord
from lamplighter.integrations.supervisor.logs import guard_log


async def test_without_a_guard_nothing_is_asked() -> None:
    assert await guard_log(Supervisord(SupervisorConfig(url="unix:///nowhere"))) == ""
