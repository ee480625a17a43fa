"""B24, B10, B17: the command line never breaks, says what to do, and ends with the exit code of the manual."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from lamplighter.cli import app
from lamplighter.cli.output import Stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server

ESCAPES = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x08\x08 \u202egnp.exe\u202c done"


def at(server: Server) -> list[str]:
    return ["--data", str(server.data)]


@pytest.fixture(scope="module")
def marked(server: Server, make: Payloads) -> str:
    """An incident whose alert tries to steer the terminal."""
    server.send(make.alert("Escapes", annotations={"summary": f"Escapes {ESCAPES} \u00e9\u2192"})).raise_for_status()
    return str(server.in_state(server.incident_titled("Escapes")["id"], "needs_human")["incident"]["id"])


@pytest.mark.parametrize("words", [["incidents", "list"], ["incidents", "show"], ["incidents", "timeline"], ["status"]])
def test_what_an_alert_says_cannot_steer_the_terminal(
    command_line: CommandLine, server: Server, marked: str, words: list[str]
) -> None:
    ended = command_line.run(*words, *([marked] if words[-1] in {"show", "timeline"} else []), *at(server))
    assert ended.code == 0, ended.err
    assert not set("\x1b\x07\x9b\x08\u202e\u202c") & set(ended.out + ended.err)
    assert words[-1] in {"status", "timeline"} or "done" in ended.out


@pytest.mark.parametrize(
    "language", [{"LANG": "C"}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "POSIX"}]
)
def test_a_terminal_that_knows_only_ascii_is_enough(
    command_line: CommandLine, server: Server, marked: str, language: dict[str, str]
) -> None:
    ended = command_line.run("incidents", "show", marked, *at(server), **language)
    assert ended.code == 0, ended.err
    assert marked in ended.out


def test_json_is_one_document_and_words_go_to_standard_error(
    command_line: CommandLine, server: Server, marked: str
) -> None:
    for words in (
        ["incidents", "list"],
        ["incidents", "show", marked],
        ["incidents", "timeline", marked],
        ["approvals", "list", "--all"],
        ["status"],
    ):
        ended = command_line.run(*words, "-o", "json", *at(server))
        assert ended.code == 0
        assert json.loads(ended.out)
        assert ended.err == ""


@pytest.mark.parametrize(
    "bad", ["INC-999", "x; rm -rf /", "../status", "INC-1/timeline", "INC-1?x=1", "INC-1\n", "", "#"]
)
def test_an_unknown_id_ends_with_3_and_a_wrong_one_with_2(command_line: CommandLine, server: Server, bad: str) -> None:
    ended = command_line.run("incidents", "show", bad, *at(server))
    assert ended.code == (3 if bad == "INC-999" else 2), (ended.out, ended.err)
    assert ended.out == ""
    assert ended.err.startswith("error: ")


def test_an_id_that_is_a_path_answers_no_other_question(command_line: CommandLine, server: Server) -> None:
    for bad in ("x/approve", "../pause", "INC-1-x/../../../pause?"):
        assert command_line.run("approvals", "deny", bad, *at(server)).code == 2
    assert command_line.run("approvals", "show", "INC-1-0000", *at(server)).code == 3
    assert server.client.get("/api/v1/status").json()["paused"] == ""


def test_wrong_usage_ends_with_2(command_line: CommandLine, server: Server) -> None:
    for words in (
        ["incident"],
        ["incidents", "list", "--limit", "0"],
        ["pause", "forever", *at(server)],
        ["pause", "0s", *at(server)],
        ["status", "--no"],
    ):
        ended = command_line.run(*words)
        assert ended.code == 2
        assert ended.err
    assert command_line.run("incidents", "list", "--state", "good", *at(server)).code == 2


def test_without_a_good_token_it_ends_with_4(command_line: CommandLine, server: Server, tmp_path: Path) -> None:
    address = ["--server", f"http://127.0.0.1:{server.port}", "--data", str(tmp_path)]
    for token in ([], ["--token", "wrong"], ["--token", "wr\u00f6ng"], ["--token", "new\nline"]):
        ended = command_line.run("status", *address, *token)
        assert ended.code == 4, (token, ended.err)
        assert "token" in ended.err


def test_a_server_that_is_away_ends_with_7_and_words(command_line: CommandLine, tmp_path: Path) -> None:
    away = ["--server", "http://127.0.0.1:9", "--token", "x"]
    for words in (
        ["status", *away],
        ["healthcheck", *away[:2]],
        ["pause", *away],
        ["status", "--server", "::nonsense", "--token", "x"],
    ):
        ended = command_line.run(*words)
        assert ended.code == 7, ended.err
        assert "no server answers" in ended.err
    (tmp_path / "server").write_bytes(b"\xff\xfe not an address")
    assert command_line.run("status", "--data", str(tmp_path)).code in {1, 4, 7}


class _Stranger(BaseHTTPRequestHandler):
    """A web server that is not Lamplighter, and answers all with the JSON in the path's place."""

    def do_GET(self) -> None:
        body = b'["ok"]' if self.server.server_port % 2 else b'{"status": "success", "data": {}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(params=[0, 1], ids=["object", "list"])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    made = [ThreadingHTTPServer(("127.0.0.1", 0), _Stranger)]
    while made[-1].server_port % 2 != request.param:
        made.append(ThreadingHTTPServer(("127.0.0.1", 0), _Stranger))
    thread = threading.Thread(target=made[-1].serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{made[-1].server_port}"
    made[-1].shutdown()
    thread.join()
    for each in made:
        each.server_close()


def test_another_program_at_the_address_is_told_from_a_server(command_line: CommandLine, stranger: str) -> None:
    ended = command_line.run("status", "--server", stranger, "--token", "x")
    assert ended.code == 7, ended.err
    assert "does not answer like a Lamplighter server" in ended.err


def test_a_reader_that_goes_away_is_no_error(command_line: CommandLine, server: Server, marked: str) -> None:
    for words in (["incidents", "show", marked, "-o", "json"], ["incidents", "list"], ["status"], ["version"]):
        with command_line.start(*words, *(at(server) if words != ["version"] else [])) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            said = process.stderr.read().decode()
            process.wait(60)
        assert said == "", said
        assert process.returncode in {0, 141}, words


def on_terminal(command_line: CommandLine, words: list[str], **environment: str) -> str:
    """What a command writes to a terminal."""
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb", buffering=0) as terminal:
        command = [sys.executable, "-m", "lamplighter", *words]
        whole = {**command_line.environment, "TERM": "xterm", **environment}
        with subprocess.Popen(command, env=whole, stdout=follower, stderr=follower) as process:
            os.close(follower)
            got = b""
            try:
                while piece := terminal.read(65536):
                    got += piece
            except OSError:
                # The kernel's way to say that the other end of a terminal is closed.
                process.wait(60)
    return got.decode(errors="replace")


def test_no_color_is_obeyed_on_a_terminal(command_line: CommandLine, server: Server, marked: str) -> None:
    words = ["incidents", "list", *at(server)]
    assert "\x1b[3" not in on_terminal(command_line, words, NO_COLOR="1")
    shown = on_terminal(command_line, words)
    assert marked in shown
    assert "\x1b[31mred" not in shown
    assert "\x1b]0" not in shown


def test_status_and_healthcheck_speak_by_exit_code(command_line: CommandLine, server: Server, marked: str) -> None:
    assert marked
    assert command_line.run("status", "--exit-code", *at(server)).code == 6
    assert command_line.run("status", *at(server)).code == 0
    assert command_line.run("healthcheck", *at(server)).code == 0


def test_a_second_answer_by_hand_changes_nothing(command_line: CommandLine, server: Server, make: Payloads) -> None:
    server.send(make.alert("ByHand")).raise_for_status()
    found = server.in_state(server.incident_titled("ByHand")["id"], "needs_human")["incident"]["id"]
    words = ["incidents", "resolve", found, *at(server), "-m"]
    assert command_line.run(*words, "x; $(reboot) `reboot`").code == 0
    assert command_line.run(*words, "other words").code in {0, 5}
    assert "x; $(reboot) `reboot`" in command_line.run("incidents", "show", found, *at(server)).out


CONFIGURATIONS = {
    "port": ("server:\n  port: 99999\n", ":2:", "server.port"),
    "scheme": ("sources:\n  prometheus:\n    url: prometheus:9090\n", ":3:", "http"),
    "no secret": (
        "sources:\n  prometheus:\n    url: http://p\n    bearer_token_file: /nowhere/x\n",
        ":4:",
        "bearer_token",
    ),
    "unknown": ("autonomy:\n  mod: ask\n", ":2:", 'did you mean "mode"'),
    "unknown top": ("site: {}\nchekcs: []\n", ":2:", 'did you mean "checks"'),
    "integration": ("sources:\n  promethius:\n    url: http://x\n", ":2:", 'did you mean "prometheus"'),
    "not yaml": ("site:\n  name: [\n", ":", "YAML"),
    "twice": ("site: {}\nsite: {}\n", ":2:", "site"),
    "a list": ("- a\n- b\n", ":1:", "keys and values"),
    "limit": ("autonomy:\n  limits:\n    per_target: 0/1h\n", ":3:", "3/1h"),
    "limit word": ("autonomy:\n  limits:\n    total: inf\n", ":3:", "3/1h"),
    "letter o": ("checks:\n- name: x\n  http: http://x\n  every: 5O\n", ":4:", "duration"),
    "null": ("server:\n  port: null\n", ":2:", "server.port"),
    "sentence": ("autonomy:\n  auto:\n  - please restart it\n", ":2:", "restart"),
    "two kinds": ("checks:\n- name: x\n  http: http://x\n  tcp: a:1\n", ":2:", "exactly one"),
    "bomb": ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", ":1:", "there is no such key"),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_wrong_configuration_is_named_by_file_and_line(tmp_path: Path, name: str) -> None:
    text, place, words = CONFIGURATIONS[name]
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    # In this process, because sixteen new ones would only wait for their imports.
    ended = CliRunner().invoke(app, ["config", "check", "--config", str(file)])
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code == 2
    assert f"{file}{place}" in str(ended.exception)
    assert words in str(ended.exception)


def test_a_configuration_that_is_no_text_ends_with_2(command_line: CommandLine, tmp_path: Path) -> None:
    binary = tmp_path / "c.yaml"
    binary.write_bytes(b"\x00\xff\xfe" * 100)
    for file in (binary, tmp_path, tmp_path / "absent.yaml"):
        ended = command_line.run("config", "check", "--config", str(file))
        assert ended.code == 2
        assert str(file) in ended.err
    assert command_line.run("config", "check", LAMPLIGHTER_AUTONOMY__MODE="yolo").code == 2
    wrong = command_line.run("config", "check", LAMPLIGHTER_AUTONOMIE__MODE="ask")
    assert wrong.code == 2
    assert "AUTONOMIE" in wrong.err


def test_secrets_are_masked_and_a_readable_one_is_warned_of(command_line: CommandLine, tmp_path: Path) -> None:
    secret = tmp_path / "pass"
    secret.write_text("hunter2-canary", encoding="utf-8")
    tmp_path.chmod(0o755)
    secret.chmod(0o644)
    text = f"sources:\n  prometheus:\n    url: http://u:hunter3-canary@p\n    bearer_token_file: {secret}\n"
    text += "store:\n  url: postgresql://u:hunter4-canary@h/n\n"
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    for words in (["show"], ["show", "--sources"], ["show", "-o", "json"], ["check"]):
        ended = command_line.run("config", *words, "--config", str(file))
        assert "canary" not in ended.out + ended.err, words
    assert "can be read by everybody" in ended.err


def test_a_host_that_is_none_is_refused_with_words(command_line: CommandLine, tmp_path: Path) -> None:
    for host in ("a" * 70, "192.0.2.1"):
        ended = command_line.run("serve", "--data", str(tmp_path / "d"), "--host", host)
        assert ended.code == 1
        assert "cannot listen" in ended.err
