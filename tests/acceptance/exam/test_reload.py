"""A running server reads its configuration again: by the API, by the command, by SIGHUP. An error changes nothing."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server, Servers


@pytest.fixture(scope="module")
def running(module_servers: Servers) -> Server:
    return module_servers.new().start()


def rewrite(server: Server, **changes: Any) -> None:  # noqa: ANN401 - as the file has it
    whole = {**json.loads(server.file.read_text(encoding="utf-8")), **changes}
    server.file.write_text(json.dumps(whole), encoding="utf-8")


def mode(server: Server) -> str:
    return str(server.client.get("/api/v1/status").json()["mode"])


def test_what_changed_holds_at_once_and_the_rest_is_said_to_wait(running: Server, command_line: CommandLine) -> None:
    assert mode(running) == "ask"
    rewrite(running, autonomy={"mode": "watch"}, check_every="9m")
    answer = running.client.post("/-/reload")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"applied": ["autonomy.mode"], "restart": ["check_every"], "warnings": []}
    assert mode(running) == "watch"
    rewrite(running, autonomy={"mode": "auto"})
    ended = command_line.run("reload", "--data", str(running.data))
    assert ended.code == 0, ended.err
    assert ended.out == "holds now: autonomy.mode\nwaits for a restart: check_every\n"
    assert mode(running) == "auto"


@pytest.mark.parametrize("text", ["autonomy: {mode: sometimes}", "autonmy: {}", "{", "autonomy: {never: [nonsense]}"])
def test_an_error_keeps_the_old_one_and_names_file_line_and_fix(
    running: Server, command_line: CommandLine, text: str
) -> None:
    before, good = mode(running), running.file.read_text(encoding="utf-8")
    try:
        running.file.write_text(text, encoding="utf-8")
        answer = running.client.post("/-/reload")
        assert answer.status_code == 422
        assert f"{running.file}:1" in answer.json()["detail"]
        assert answer.json()["fix"]
        ended = command_line.run("reload", "--data", str(running.data))
        assert ended.code == 2
        assert mode(running) == before
    finally:
        running.file.write_text(good, encoding="utf-8")


def test_a_file_that_went_away_is_an_error_and_not_an_empty_configuration(running: Server) -> None:
    rewrite(running, autonomy={"mode": "watch", "never": ["* on nas"]})
    assert running.client.post("/-/reload").status_code == 200
    kept = running.file.read_text(encoding="utf-8")
    running.file.unlink()
    try:
        assert running.client.post("/-/reload").status_code == 422
        assert mode(running) == "watch"
    finally:
        running.file.write_text(kept, encoding="utf-8")


def test_a_hangup_reloads_and_never_ends_the_server(running: Server, make: Payloads) -> None:
    rewrite(running, autonomy={"mode": "auto"})
    assert running.process is not None
    running.process.send_signal(signal.SIGHUP)
    make.wait_until("the reload", lambda: mode(running) == "auto")
    running.file.write_text("nonsense: 1", encoding="utf-8")
    running.process.send_signal(signal.SIGHUP)
    make.wait_until("the words", lambda: "the old one holds" in running.log)
    assert running.is_ready()
    assert mode(running) == "auto"


def test_only_who_may_come_in_reloads_and_a_get_never_does(running: Server) -> None:
    assert running.client.get("/-/reload").status_code == 405
    bare = running.client.post("/-/reload", headers={"Authorization": ""})
    assert bare.status_code == 401
    assert running.client.post("/-/reload", headers={"Origin": "http://evil.example"}).status_code == 403
