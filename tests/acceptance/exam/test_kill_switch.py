"""F31: the kill switch, pressed in the middle of an action and while the store is away. Effects are counted outside."""

from __future__ import annotations

import shlex
import sqlite3
import sys
import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.lab.premises import Premises
from lamplighter.lab.shop.layout import free_ports
from lamplighter.lab.supervised import Supervised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server, Servers

FIRST = "apple"
LATER = ("beech", "cedar")
HEALTHY = tuple(f"oak{number}" for number in range(8))
ENDS = ("needs_human", "resolved", "self_cleared", "rejected", "rolled_back")
# Long enough for the first to be acted on and the switch to be pressed, before the others are heard of.
LATER_SECONDS = 15
QUIET_SECONDS = 3.0
GRACE = timedelta(seconds=1)


class Rig:
    """Broken programs that a sentence lets be started alone; the first fires at once, the others some seconds later."""

    def __init__(self, premises: Premises, servers: Servers) -> None:
        self.daemon = Supervised(premises)
        broken = shlex.join([sys.executable, "-S", "-E", "-c", "raise SystemExit(3)"])
        self.daemon.start({**dict.fromkeys((FIRST, *LATER), broken), **dict.fromkeys(HEALTHY, "sleep 600")}, {})
        self.server: Server = servers.new(
            {
                "autonomy": {"mode": "ask", "auto": ["restart process where name *"]},
                "sources": {"supervisor": {"url": self.daemon.url}},
                "checks": [self.check(FIRST, 0), *(self.check(name, LATER_SECONDS) for name in LATER)],
            }
        )

    def check(self, name: str, after_seconds: int) -> dict[str, Any]:
        place = f"127.0.0.1:{free_ports(1)[0]}"
        more = {"every": "0.5s", "timeout": "1s", "for": f"{after_seconds}s"}
        return {"name": f"{name} answers", "tcp": place, "component": name, **more}

    def begun(self, *names: str) -> list[datetime]:
        """When supervisord began programs, by its own log and clock, without the start of all."""
        lines = self.daemon.log.read_text(encoding="utf-8").splitlines()
        found: dict[str, list[datetime]] = {name: [] for name in names}
        for line in lines:
            for name in names:
                if f"spawned: '{name}'" in line:
                    found[name].append(datetime.strptime(line[:23], "%Y-%m-%d %H:%M:%S,%f").astimezone())
        return sorted(moment for moments in found.values() for moment in moments[1:])


@pytest.fixture
def rig(servers: Servers) -> Iterator[Rig]:
    with Premises() as premises:
        made = Rig(premises, servers)
        yield made
        made.server.close()


def test_f31_nothing_begins_after_the_switch_whatever_is_under_way(
    rig: Rig, command_line: CommandLine, make: Payloads
) -> None:
    server = rig.server.start()
    # Without the switch a sentence is enough: the first one is acted on alone, and so would the others be.
    make.wait_until("an action", lambda: rig.begun(FIRST), 60)
    assert server.client.post("/api/v1/pause", json={"reason": "F31"}).is_success
    pressed = datetime.now().astimezone()
    for name in LATER:
        ended = server.in_state(server.incident_titled(name, 120)["id"], *ENDS, seconds=120)
        assert ended["attempts"] == []
        told = [event["text"] for event in server.timeline(ended["incident"]["id"])]
        assert any("policy: refused: paused" in text for text in told), told

    # It needs no store: letting go and pressing again work while another holds it.
    with closing(sqlite3.connect(server.data / "lamplighter.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert command_line.run("resume", "--data", str(server.data)).code == 0
        assert command_line.run("pause", "-m", "F31 again", "--data", str(server.data)).code == 0
        database.execute("ROLLBACK")

    # It survives a restart, whose recovered responses do not act either.
    assert server.stop() == 0
    server.start()
    assert "F31 again" in server.client.get("/api/v1/status").json()["paused"]
    time.sleep(QUIET_SECONDS)
    assert [moment for moment in rig.begun(FIRST, *LATER) if moment > pressed + GRACE] == []

    # Nothing but the switch held them.
    assert command_line.run("resume", "--data", str(server.data)).code == 0
    again = server.incident_titled(LATER[0])["id"]
    place = f"/api/v1/incidents/{again}"
    assert server.client.post(f"{place}/resolve", json={"resolution": "to be taken up again"}).is_success
    assert server.client.post(f"{place}/reopen", json={"reason": "F31"}).is_success
    make.wait_until("the action that was held", lambda: rig.begun(LATER[0]), 60)
