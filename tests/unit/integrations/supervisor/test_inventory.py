from __future__ import annotations

import pytest

from lamplighter.integrations.supervisor.inventory import component
from lamplighter.integrations.supervisor.process import Info


def info(statename: str) -> Info:
    return Info("web-1", "web", 1, 0, 2, 20, statename, "", 0, 7)


@pytest.mark.parametrize(
    ("statename", "running"),
    [
        ("RUNNING", True),
        ("STARTING", False),
        ("BACKOFF", False),
        ("STOPPED", False),
        ("EXITED", False),
        ("FATAL", False),
    ],
)
def test_only_running_runs(statename: str, *, running: bool) -> None:
    part = component("shop", info(statename))
    assert (part.name, part.id, part.group, part.running) == ("web-1", "shop:web:web-1", "web", running)
