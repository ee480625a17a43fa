"""B24, B10 for the commands of a first run: no terminal, no Unicode, a reader that goes away, files that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lamplighter.lab.shop.layout import free_ports

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.exam.conftest import CommandLine, Payloads, Server, Servers

STARTED = (
    "ready on http://127.0.0.1:",
    "Open http://",
    "seen: ",
    "warning: set-up: engines",
    "more: lamplighter doctor",
)

ODD = "lab \x1b]0;title\x07\u202e\u00e9"
TEXT = {
    "site": {"name": ODD},
    "autonomy": {"auto": ["restart container where name caf\u00e9-*"]},
    "sources": {"docker": {"host": "unix:///nowhere/\u00e9.sock"}},
    "checks": [{"name": f"Root {ODD}", "disk": "/"}],
}
COMMANDS = (
    ["config", "check"],
    ["config", "show"],
    ["config", "show", "--sources", "--defaults", "-o", "json"],
    ["config", "export"],
    ["doctor"],
    ["doctor", "-o", "json"],
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("first") / "lamplighter.yaml"
    made.write_text(json.dumps(TEXT), encoding="utf-8")
    return made


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_configuration_cannot_steer_the_terminal_and_ascii_is_enough(
    command_line: CommandLine, file: Path, words: list[str]
) -> None:
    for language in ({}, {"LANG": "C"}, {"LC_ALL": "POSIX", "PYTHONIOENCODING": "ascii"}):
        ended = command_line.run(*words, "--config", str(file), **language)
        assert ended.code == 0, ended.err
        assert not set("\x1b\x07\u202e") & set(ended.out + ended.err)
        if "json" in words:
            assert json.loads(ended.out)


@pytest.mark.parametrize("words", [*COMMANDS, ["config", "schema"], ["completion", "bash"]], ids=" ".join)
def test_a_reader_that_goes_away_is_no_error(command_line: CommandLine, file: Path, words: list[str]) -> None:
    config = [] if words[-1] in {"schema", "bash"} else ["--config", str(file)]
    with command_line.start(*words, *config) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
        process.wait(60)
    assert "Traceback" not in said
    assert "Broken pipe" not in said
    assert process.returncode in {0, 141}, (words, said)


def test_what_is_not_there_is_said_with_the_right_code(command_line: CommandLine, tmp_path: Path) -> None:
    none = str(tmp_path / "none.yaml")
    for words in (["config", "check", none], ["config", "export", none], ["doctor", "--config", none]):
        ended = command_line.run(*words)
        assert (ended.code, ended.out) == (2, "")
        assert "there is no such file" in ended.err
    folder = ["--data", str(tmp_path / "data")]
    assert command_line.run("restore", str(tmp_path / "none.tar.gz"), *folder).code == 1
    assert command_line.run("backup", str(tmp_path / "b.tar.gz"), *folder).code == 1
    assert command_line.run("completion", "tcsh").code == 2
    assert command_line.run("init", "--mode", "sometimes").code == 2
    away = ["--server", "http://127.0.0.1:9", "--token", "x"]
    assert command_line.run("doctor", *away).code == 7
    assert command_line.run("reload", *away).code == 7


def test_the_first_start_says_the_link_what_is_seen_and_what_is_missing_in_that_order(
    servers: Servers, make: Payloads
) -> None:
    server = servers.new({"server": {"host": "0.0.0.0"}, "notify": {}}).start()
    make.wait_until("the doctor's words", lambda: "more: lamplighter doctor" in server.log)
    lines = server.log.splitlines()
    places = [next(n for n, line in enumerate(lines) if line.startswith(word)) for word in STARTED]
    assert places == sorted(places)
    assert all(len(line) <= 200 for line in lines)
    assert len(lines) <= 20
    assert "0.0.0.0" not in server.log
    assert "Traceback" not in server.log
    assert (server.data / "server").read_text(encoding="utf-8") == f"http://127.0.0.1:{server.port}"
    assert server.stop() == 0
    again = servers.new({"server": {"host": "0.0.0.0"}, "notify": {}}, folder=server.folder).start()
    assert again.log.count("more: lamplighter doctor") == 1


def test_a_start_that_cannot_be_says_why_and_what_to_do(
    command_line: CommandLine, servers: Servers, tmp_path: Path
) -> None:
    server = servers.new().start()
    at = ["--port", str(server.port), "--data"]
    twice = command_line.run("serve", *at, str(server.data))
    assert (twice.code, twice.out) == (1, "")
    assert (
        f"Lamplighter runs already: open http://127.0.0.1:{server.port}; see it with: lamplighter status" in twice.err
    )
    other = command_line.run("serve", *at, str(tmp_path / "other"))
    assert (other.code, "see who has it: ss -ltnp" in other.err) == (1, True)
    file = tmp_path / "file"
    file.touch()
    for folder, words in ((file, "is a file; give a folder with --data"), (file / "x", "give another with --data")):
        ended = command_line.run("serve", "--port", str(free_ports(1)[0]), "--data", str(folder))
        assert (ended.code, words in ended.err) == (1, True), ended.err


def test_a_question_before_the_first_start_says_how_to_start(command_line: CommandLine, tmp_path: Path) -> None:
    for words in (["status"], ["setup-url"], ["notify", "test"], ["alerts", "send", "--name", "X"]):
        ended = command_line.run(*words, "--data", str(tmp_path / "none"))
        assert (ended.code, ended.out) == (7, "")
        assert "start one with: lamplighter serve" in ended.err


def test_a_first_run_from_nothing_to_a_server_that_answers(
    command_line: CommandLine, servers: Servers, tmp_path: Path
) -> None:
    begun = tmp_path / "lamplighter.yaml"
    assert command_line.run("init", str(begun)).code == 0
    assert command_line.run("config", "check", str(begun)).code == 0
    server: Server = servers.new().start()
    at = ["--data", str(server.data)]
    assert command_line.run("healthcheck", *at).out == "ready\n"
    token = tmp_path / "token"
    token.write_text(f"{server.token}\n", encoding="utf-8")
    token.chmod(0o600)
    address = f"http://127.0.0.1:{server.port}"
    named = command_line.run("status", "--server", address, LAMPLIGHTER_TOKEN_FILE=str(token))
    assert named.code == 0, named.err
    token.write_text("", encoding="utf-8")
    assert command_line.run("status", "--server", address, LAMPLIGHTER_TOKEN_FILE=str(token)).code == 4
