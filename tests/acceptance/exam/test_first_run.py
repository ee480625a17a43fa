"""B24, B10 for the commands of a first run: no terminal, no Unicode, a reader that goes away, files that are none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.exam.conftest import CommandLine, Server, Servers

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
