"""What falls silent is a trouble, and what cannot be seen is none: a watchdog, a heartbeat, checks that see nothing."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.exam.conftest import Server, making_servers
from tests.acceptance.signals.conftest import OPEN, alert, wait_until

WATCHDOG = {"severity": "none", "cluster": "home"}


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("disk")


@pytest.fixture(scope="module")
def server(environment: dict[str, str], disk: Path) -> Any:  # noqa: ANN401 - yields a server
    checks = [
        {"name": "Nowhere", "http": "http://no-such-name.invalid/", "every": "0.5s", "timeout": "2s"},
        {"name": "Nothing", "disk": "/no/such/path", "every": "0.5s"},
        {"name": "Full", "disk": str(disk), "below": "99%", "every": "0.5s"},
    ]
    with making_servers(environment) as made:
        yield made.new({"checks": checks, "watchdog": {"within": "15s"}}).start()


def named(server: Server, word: str, *, open_only: bool = True) -> list[dict[str, Any]]:
    found = [one for one in server.incidents() if word in str(one["alert"]) + one["title"]]
    return [one for one in found if one["state"] in OPEN or not open_only]


def test_a_watchdog_opens_nothing_its_silence_does_and_its_return_ends_that(server: Server) -> None:
    bark = alert("Watchdog", labels=WATCHDOG)
    for _ in range(4):
        assert server.send(bark).status_code == 202
        time.sleep(1.0)
    assert named(server, "Watchdog", open_only=False) == []
    (missing,) = wait_until("its silence is a trouble", lambda: named(server, "WatchdogMissing"), 90)
    assert missing["severity"] == "critical"
    assert "Watchdog" in missing["title"] + str(missing["alert"])

    def ended() -> bool:
        assert server.send(bark).status_code == 202
        return server.show(missing["id"])["incident"]["state"] not in OPEN

    wait_until("its return ends that", ended, 90)
    assert len(named(server, "WatchdogMissing", open_only=False)) == 1


def ping_url(server: Server) -> str:
    checks = server.client.get("/api/v1/checks").raise_for_status().json()["checks"]
    (backups,) = [one for one in checks if one["name"] == "Backups"]
    return next(value for value in backups.values() if isinstance(value, str) and "/ping/" in value)


def test_a_heartbeat_is_kept_by_its_ping_url_and_missed_without_it(environment: dict[str, str]) -> None:
    check = {"name": "Backups", "heartbeat": "8s", "grace": "4s", "every": "0.5s"}
    with making_servers(environment) as made:
        server = made.new({"checks": [check]}).start()
        url = ping_url(server)
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False) as job:
            path = url[url.index("/ping/") :]
            assert job.post(f"{path}x").status_code in {401, 404}
            for _ in range(8):
                assert job.get(path).status_code in {200, 204}
                assert named(server, "Backups", open_only=False) == []
                time.sleep(1.0)
            (missed,) = wait_until("it is missed", lambda: named(server, "Backups"), 90)
            assert job.post(path).status_code in {200, 204}
            wait_until("a ping ends it", lambda: not named(server, "Backups"), 90)
            assert [one["id"] for one in named(server, "Backups", open_only=False)] == [missed["id"]]


def states(server: Server) -> dict[str, str]:
    return dict(server.client.get("/api/v1/status").raise_for_status().json()["checks"])


def test_what_cannot_be_seen_opens_nothing_and_ends_nothing(server: Server, disk: Path) -> None:
    (full,) = wait_until("a full disk", lambda: named(server, "Full"), 90)
    shutil.rmtree(disk)
    wait_until("it cannot be seen", lambda: states(server)["Full"] == "cannot_see")
    blind = {"Nowhere", "Nothing", "Full"}
    wait_until("nothing can be seen", lambda: {states(server)[name] for name in blind} == {"cannot_see"})
    time.sleep(4)
    assert {states(server)[name] for name in blind} == {"cannot_see"}
    assert named(server, "Nowhere", open_only=False) == []
    assert named(server, "Nothing", open_only=False) == []
    shown = server.show(full["id"])["incident"]
    assert shown["state"] in OPEN
    assert shown["signal_cleared_at"] is None
