"""A backup of a working server, put back beside it: the same incidents, the same token, no action until a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import CommandLine, Payloads, Servers


def test_a_server_in_use_is_backed_up_and_comes_back_paused(
    servers: Servers, command_line: CommandLine, make: Payloads
) -> None:
    first = servers.new().start()
    first.send(*(make.alert(f"Kept{number}") for number in range(5))).raise_for_status()
    ids = [first.incident_titled(f"Kept{number}")["id"] for number in range(5)]
    file = first.folder / "kept.tar.gz"
    ended = command_line.run("backup", str(file), "--config", str(first.file), "--data", str(first.data))
    assert ended.code == 0, ended.err
    refused = command_line.run("restore", str(file), "--data", str(first.data), "--replace")
    assert refused.code == 5, refused.err
    assert "a Lamplighter runs on" in refused.err
    assert {incident["id"] for incident in first.incidents()} >= set(ids)

    second = servers.new()
    ended = command_line.run("restore", str(file), "--data", str(second.data))
    assert ended.code == 0, ended.err
    second.start()
    assert second.token == first.token
    assert {incident["id"] for incident in second.incidents()} >= set(ids)
    assert "restored from a backup" in second.client.get("/api/v1/status").json()["paused"]
    assert command_line.run("resume", "--data", str(second.data)).code == 0
    assert second.client.get("/api/v1/status").json()["paused"] == ""


def test_the_doctor_looks_from_inside_and_from_outside(servers: Servers, command_line: CommandLine) -> None:
    server = servers.new().start()
    answer = server.client.get("/api/v1/doctor")
    assert answer.status_code == 200, answer.text
    found = {finding["name"]: finding for finding in answer.json()["findings"]}
    assert found["running"]["health"] == "ok"
    outside = command_line.run("doctor", "--config", str(server.file), "--data", str(server.data))
    assert f"ready at http://127.0.0.1:{server.port}" in outside.out
    inside = command_line.run(
        "doctor", "--server", f"http://127.0.0.1:{server.port}", "--token", server.token, "--exit-code"
    )
    assert inside.code == 6, inside.err
    # The first start says in few lines what a first run lacks.
    assert "more: lamplighter doctor" in server.log
    assert "nobody is woken" in server.log
