"""F4, F8, F22, F23, F31, I1: starting, stopping, being killed, and what is still there afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server, Servers

WEBHOOK = "/api/v1/alerts/alertmanager"
# The grace is ten seconds; the rest is for a machine on which others work too.
STOP_SECONDS_MAX = 40.0


def names_kept(server: Server) -> set[str]:
    """The alert names in the journal, read from outside."""
    with closing(sqlite3.connect(f"file:{server.data}/lamplighter.db?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT b.payload FROM journal j JOIN bodies b ON b.digest = j.digest").fetchall()
    return {json.loads(payload)["labels"]["alertname"] for (payload,) in rows}


def alerts_counted(server: Server) -> int:
    """The alerts of all incidents, read from outside: the API lists two hundred incidents on a page."""
    with closing(sqlite3.connect(f"file:{server.data}/lamplighter.db?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT coalesce(sum(alert_count), 0) FROM incidents").fetchone()[0])


def killed_under_load(server: Server, make: Payloads, prefix: str) -> set[str]:
    """Send from four threads, kill -9 in the middle, and return the names that got 2xx."""
    acknowledged: set[str] = set()
    taken = threading.Event()

    def send(thread: int) -> None:
        with httpx.Client(base_url=server.client.base_url, headers=dict(server.client.headers), timeout=60) as client:
            for number in range(10_000):
                names = [f"{prefix}-{thread}-{number}-{part}" for part in range(3)]
                body = make.body(*(make.alert(name, labels={"job": "load"}) for name in names))
                try:
                    answer = client.post(WEBHOOK, json=body)
                except httpx.TransportError:
                    return
                if answer.is_success:
                    acknowledged.update(names)
                    if len(acknowledged) > 60:
                        taken.set()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    assert taken.wait(60)
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    for thread in threads:
        thread.join()
    return acknowledged


def check_rounds(server: Server, make: Payloads, rounds: int) -> None:
    acknowledged: set[str] = set()
    for number in range(rounds):
        server.start()
        acknowledged |= killed_under_load(server, make, f"Kill{number}")
    assert acknowledged <= names_kept(server)
    server.start()
    make.wait_until("everything placed", lambda: alerts_counted(server) >= len(acknowledged), 60)
    assert server.stop() == 0


def test_what_got_2xx_is_there_after_kill_9(servers: Servers, make: Payloads) -> None:
    check_rounds(servers.new(), make, 2)


@pytest.mark.soak
def test_what_got_2xx_is_there_after_200_kills(servers: Servers, make: Payloads) -> None:
    check_rounds(servers.new(), make, 200)


def test_the_doors_of_a_data_folder_admit_one_server(servers: Servers, command_line: CommandLine) -> None:
    first = servers.new().start()
    second = servers.new(folder=first.folder)
    assert second.begin().wait(60) == 1
    assert "another Lamplighter runs on" in second.log
    third = servers.new({"server": {"port": first.port}})
    assert third.begin().wait(60) == 1
    assert f"cannot listen on 127.0.0.1 port {first.port}" in third.log
    assert "Traceback" not in first.log
    assert (first.data.stat().st_mode & 0o777, (first.data / "token").stat().st_mode & 0o777) == (0o700, 0o600)
    for file in first.data.iterdir():
        assert not file.stat().st_mode & 0o022, file
    began = time.monotonic()
    assert first.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS_MAX
    assert command_line.run("healthcheck", "--data", str(first.data)).code == 7


def test_sigterm_with_senders_in_the_middle_ends_in_time_with_0(
    servers: Servers, make: Payloads, exchange: Callable[..., bytes]
) -> None:
    server = servers.new().start()
    head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\nContent-Length: 9999\r\n\r\n"
    slow = threading.Thread(target=exchange, args=(server.port, [head.encode(), b"{"]))
    slow.start()
    server.send(make.alert("Last")).raise_for_status()
    began = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - began < STOP_SECONDS_MAX
    slow.join()
    assert names_kept(server) == {"Last"}


def test_sigint_ends_cleanly_too(servers: Servers) -> None:
    server = servers.new().start()
    assert server.stop(signal.SIGINT) in {0, 130}
    assert "Traceback" not in server.log


@pytest.fixture(scope="module")
def stopped(module_servers: Servers, make: Payloads) -> Server:
    """A server that kept two hundred alerts and was stopped."""
    server = module_servers.new().start()
    server.send(*(make.alert(f"Kept{n}", annotations={"text": "x" * 200}) for n in range(200))).raise_for_status()
    assert server.stop() == 0
    return server


@pytest.mark.parametrize("damage", ["middle", "head", "text", "truncated"])
def test_a_damaged_store_is_refused_and_left_as_it_is(servers: Servers, stopped: Server, damage: str) -> None:
    server = servers.new()
    shutil.copytree(stopped.data, server.data)
    file = server.data / "lamplighter.db"
    whole = file.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    assert len(whole) > 64 * 1024
    spoilt = {
        "middle": whole[:middle] + os.urandom(8192) + whole[middle + 8192 :],
        "head": os.urandom(4096) + whole[4096:],
        "text": b"not a database at all\n" * 300,
        "truncated": whole[: len(whole) // 2],
    }[damage]
    file.write_bytes(spoilt)
    files = sorted(path.name for path in server.data.iterdir())
    assert server.begin().wait(60) == 1
    assert "is damaged" in server.log
    assert "Traceback" not in server.log
    assert file.read_bytes() == spoilt
    assert sorted(path.name for path in server.data.iterdir()) == files


def test_the_kill_switch_works_without_server_and_database_and_survives_a_restart(
    servers: Servers, command_line: CommandLine, make: Payloads
) -> None:
    server = servers.new()
    server.data.mkdir()
    place = ["--data", str(server.data)]
    assert command_line.run("pause", "-m", "moving disks", *place).code == 0
    server.start()
    assert "moving disks" in server.client.get("/api/v1/status").json()["paused"]
    assert server.metric("lamplighter_paused ") == 1
    assert "PAUSED" in command_line.run("status", *place).out
    with closing(sqlite3.connect(server.data / "lamplighter.db", isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        assert command_line.run("resume", *place).code == 0
        assert server.metric("lamplighter_paused ") == 0
        assert command_line.run("pause", "1h", *place).code == 0
        assert server.metric("lamplighter_paused ") == 1
        assert server.client.post("/api/v1/resume").json()["paused"] == ""
        assert " until " in server.client.post("/api/v1/pause", json={"duration": "1h"}).json()["paused"]
        database.execute("ROLLBACK")
    assert server.client.post("/api/v1/pause", json={"reason": "a\u0000b \U0001f600 \x1b[2J"}).is_success
    shown = command_line.run("status", *place)
    assert "PAUSED" in shown.out
    assert "\x1b" not in shown.out
    for path in ("/api/v1/pause", "/api/v1/resume"):
        assert server.client.get(path).status_code == 405
    assert server.client.get("/api/v1/status").json()["paused"]
    assert make


@pytest.mark.parametrize(
    "rubbish", [b"", b"{", b"[]", b"no", b"\xff\x00", b'{"until": 5}', b'{"until": "x"}', b"{" * 9000]
)
def test_a_pause_file_that_cannot_be_read_counts_as_pressed(server: Server, rubbish: bytes) -> None:
    (server.data / "paused").write_bytes(rubbish)
    assert server.client.get("/api/v1/status").json()["paused"]
    assert server.metric("lamplighter_paused ") == 1
    assert server.client.post("/api/v1/resume").json()["paused"] == ""


def test_a_pause_folder_counts_as_pressed_and_resume_says_what_is_wrong(server: Server) -> None:
    (server.data / "paused").mkdir()
    try:
        assert server.client.get("/api/v1/status").json()["paused"]
        answer = server.client.post("/api/v1/resume")
        assert answer.status_code == 503, answer.text
        assert answer.json()["fix"]
    finally:
        (server.data / "paused").rmdir()


def test_whoever_has_no_name_can_press_the_kill_switch(environment: dict[str, str], tmp_path: Path) -> None:
    """In a container the number of the user often has no entry in the password file."""
    nameless = ["unshare", "--user", "--map-user=54321"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*nameless, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("unshare (util-linux) cannot make a user namespace here")
    bare = {key: value for key, value in environment.items() if key not in {"USER", "LOGNAME", "LNAME", "USERNAME"}}
    for word in ("pause", "resume"):
        command = [*nameless, sys.executable, "-m", "lamplighter", word, "--data", str(tmp_path)]
        ended = subprocess.run(command, env=bare, check=False, capture_output=True, timeout=60)
        assert ended.returncode == 0, ended.stderr.decode()
        assert (tmp_path / "paused").exists() == (word == "pause")


def test_the_same_payload_from_two_alertmanagers_is_one_incident(server: Server, make: Payloads) -> None:
    start = make.recent(5)
    body = [make.alert("Twin", startsAt=start, fingerprint="f" * 16)]
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(server.send(*body).status_code)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [202] * 8
    found = server.incident_titled("Twin")
    server.in_state(found["id"], "needs_human")
    assert [i["id"] for i in server.incidents() if "Twin" in i["title"]] == [found["id"]]
    assert [e["moment"] for e in server.timeline(found["id"])].count("opened") == 1


def test_an_ack_that_is_lost_and_sent_again_is_one_incident(
    server: Server, make: Payloads, exchange: Callable[..., bytes]
) -> None:
    body = json.dumps(make.body(make.alert("Lost", startsAt=make.recent(5)))).encode()
    head = f"POST {WEBHOOK} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
    for _ in range(3):
        exchange(server.port, [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body], read=False)
    assert server.client.post(WEBHOOK, content=body).status_code == 202
    found = server.incident_titled("Lost")
    server.in_state(found["id"], "needs_human")
    assert len([i for i in server.incidents() if "Lost" in i["title"]]) == 1


def test_resolved_before_firing_opens_nothing_and_a_stale_firing_reopens_nothing(
    server: Server, make: Payloads
) -> None:
    start, end = make.recent(60), make.recent(10)
    resolved = make.alert("Order", status="resolved", startsAt=start, endsAt=end)
    assert server.send(resolved).status_code == 202
    assert server.send(make.alert("Order", startsAt=start)).status_code == 202
    server.send(make.alert("Marker1")).raise_for_status()
    server.incident_titled("Marker1")
    open_now = [
        i for i in server.incidents() if "Order" in i["title"] and i["state"] not in {"resolved", "self_cleared"}
    ]
    assert open_now == []
    server.send(make.alert("Order", startsAt=make.recent(3600))).raise_for_status()
    server.send(make.alert("Marker2")).raise_for_status()
    server.incident_titled("Marker2")
    open_now = [
        i for i in server.incidents() if "Order" in i["title"] and i["state"] not in {"resolved", "self_cleared"}
    ]
    assert open_now == []
