"""A23: what people did is in a log; deleted, edited, reordered, cut and older rows are found, the first one by name."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server, Servers

SECRET = "hunter2hunter2"
WHAT = {
    "chain_begun",
    "setup_link_made",
    "configuration_loaded",
    "configuration_reloaded",
    "configuration_refused",
    "paused",
    "resumed",
    "account_made",
    "signed_in",
    "sign_in_refused",
    "token_made",
    "silence_made",
    "silence_ended",
    "incident_closed",
    "incident_reopened",
}


CUT = (
    "DELETE FROM audit WHERE seq > :last",
    "UPDATE audit_head SET seq = :last, hash = (SELECT hash FROM audit WHERE seq = :last)",
)
SWAP = (
    "UPDATE audit SET seq = 9999 WHERE seq = 3",
    "UPDATE audit SET seq = 3 WHERE seq = 4",
    "UPDATE audit SET seq = 4 WHERE seq = 9999",
)


def acts(server: Server) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        server.client.get("/api/v1/audit", params={"limit": 200}).raise_for_status().json()["acts"]
    )
    return found


def busy(server: Server, command_line: CommandLine, make: Payloads) -> None:
    """One of each act that needs no engine."""
    client = server.client
    server.send(make.alert("Broken")).raise_for_status()
    incident = server.incident_titled("Broken")["id"]
    server.in_state(incident, "needs_human")
    client.post(f"/api/v1/incidents/{incident}/resolve", json={"resolution": f"password={SECRET}"}).raise_for_status()
    client.post(f"/api/v1/incidents/{incident}/reopen", json={"reason": "again"}).raise_for_status()
    client.post("/api/v1/pause", json={"reason": f"token={SECRET}"}).raise_for_status()
    assert command_line.run("resume", "--data", str(server.data)).code == 0
    client.post("/api/v1/users", json={"name": "kim", "password": SECRET, "role": "viewer"}).raise_for_status()
    login = {"username": "kim", "password": SECRET}
    client.post("/login", json=login, headers={"authorization": ""}).raise_for_status()
    assert client.post("/login", json=login | {"password": f"{SECRET}!"}).status_code == 401
    client.post("/api/v1/tokens", json={"name": "ci", "scopes": ["read"]}).raise_for_status()
    made = client.post("/api/v1/silences", json={"matchers": ["alertname=Other"], "duration": "1h", "reason": "x"})
    client.delete(f"/api/v1/silences/{made.raise_for_status().json()['id']}").raise_for_status()
    client.post("/-/reload").raise_for_status()
    before = server.file.read_text()
    server.file.write_text("nonsense: [")
    assert client.post("/-/reload").status_code == 422
    server.file.write_text(before)


def verified(command_line: CommandLine, data: Path, *more: str) -> tuple[int, dict[str, Any]]:
    ended = command_line.run("audit", "verify", "--data", str(data), "-o", "json", *more)
    assert "Traceback" not in ended.err
    return ended.code, json.loads(ended.out)


def spoiled(folder: Path, data: Path, *changes: str, **named: int) -> Path:
    """A copy of the data folder whose database was changed by somebody who may write to it."""
    copy = folder / f"copy-{len(list(folder.iterdir()))}"
    shutil.copytree(data, copy)
    with closing(sqlite3.connect(copy / "lamplighter.db", isolation_level=None)) as database:
        for change in changes:
            database.execute(change, named)
    return copy


def test_what_people_did_is_in_the_log_and_any_change_of_it_is_found(
    servers: Servers, command_line: CommandLine, make: Payloads, tmp_path: Path
) -> None:
    server = servers.new().start()
    busy(server, command_line, make)
    make.wait_until("everything is written", lambda: {one["what"] for one in acts(server)} >= WHAT, 60)
    assert SECRET not in json.dumps(acts(server))
    newest = server.client.get("/api/v1/status").json()["audit_newest"]
    assert server.stop() == 0

    code, said = verified(command_line, server.data, "--anchor", newest)
    assert (code, said["ok"]) == (0, True)
    last = said["last"]
    older = spoiled(tmp_path, server.data, *CUT, last=last - 2)
    assert verified(command_line, older)[0] == 0, "a chain alone cannot show that its end was cut with its head"
    code, said = verified(command_line, older, "--anchor", newest)
    assert (code, said["row"], said["fault"]) == (1, last - 1, "cut tail")
    for change, row, fault in (
        ("UPDATE audit SET actor = 'eve' WHERE seq = 4", 4, "changed row"),
        ("DELETE FROM audit WHERE seq = 5", 5, "missing row"),
        ("DELETE FROM audit WHERE seq = :last", last, "cut tail"),
        ("UPDATE audit SET what = 'resumed' WHERE seq = 3", 3, "changed row"),
    ):
        code, said = verified(command_line, spoiled(tmp_path, server.data, change, last=last))
        assert (code, said["row"], said["fault"]) == (1, row, fault)
    code, said = verified(command_line, spoiled(tmp_path, server.data, *SWAP))
    assert (code, said["row"]) == (1, 3)


def test_a_log_that_lost_its_head_is_said_and_still_lets_people_pause(
    servers: Servers, command_line: CommandLine, make: Payloads
) -> None:
    server = servers.new().start()
    server.send(make.alert("Broken")).raise_for_status()
    incident = server.incident_titled("Broken")["id"]
    with closing(sqlite3.connect(server.data / "lamplighter.db", isolation_level=None, timeout=60)) as database:
        database.execute("DELETE FROM audit_head")
    standing = server.client.get("/api/v1/status").json()
    assert not standing["ready"]
    assert "lost its head" in " ".join(standing["reasons"])
    assert server.client.post("/api/v1/tokens", json={"name": "ci", "scopes": ["read"]}).status_code == 503
    server.send(make.alert("Another")).raise_for_status()
    assert server.incident_titled("Another")
    assert server.client.get(f"/incidents/{incident}", headers={"accept": "text/html"}).status_code == 200
    assert server.client.post("/api/v1/pause", json={"reason": "x"}).json()["paused"]
    assert server.stop() == 0
    code, said = verified(command_line, server.data)
    assert (code, said["fault"]) == (1, "cut tail")
