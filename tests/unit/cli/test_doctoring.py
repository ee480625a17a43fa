from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lamplighter.cli import app
from lamplighter.cli.output import Code, Stop


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "lamplighter.yaml"
    made.write_text(f"sources: {{docker: {{host: 'unix://{tmp_path}/none'}}}}\n", encoding="utf-8")
    return made


def run(file: Path, *words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(app, ["doctor", "--config", str(file), "--data", str(file.parent / "data"), *words])
    return ended.exit_code, ended.stdout


def test_the_worst_stands_first_and_each_has_its_fix(file: Path) -> None:
    code, said = run(file)
    lines = said.splitlines()
    assert code == 0
    assert lines[0].startswith("problem  sources   docker: I cannot see it")
    assert lines[1].strip().startswith("fix: ")
    assert any(line.startswith("mode ask") for line in lines)
    assert lines[-1].startswith("doctor: 1 problem")
    assert not (file.parent / "data").exists()


def test_json_holds_the_same_and_scripts_can_ask_for_an_exit_code(file: Path) -> None:
    code, said = run(file, "-o", "json", "--exit-code")
    found = json.loads(said)
    assert code == Code.FOUND_SOMETHING
    assert found["worst"] == "problem"
    assert {"area", "name", "health", "detail", "fix"} == set(found["findings"][0])


def test_a_configuration_that_cannot_be_read_is_the_first_thing_to_mend(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("sorces: {}\n", encoding="utf-8")
    ended = CliRunner().invoke(app, ["doctor", "--config", str(wrong)])
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code == Code.USAGE
    assert 'did you mean "sources"' in str(ended.exception)
