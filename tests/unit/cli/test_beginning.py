from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from lamplighter.cli import app
from lamplighter.cli.output import Code, Stop
from lamplighter.domain.policy import Mode
from lamplighter.settings import load_settings


def begun(file: Path, *words: str) -> object:
    return CliRunner().invoke(app, ["init", str(file), *words])


@pytest.mark.parametrize("mode", list(Mode))
def test_what_is_written_is_a_configuration(tmp_path: Path, mode: Mode) -> None:
    file = tmp_path / "lamplighter.yaml"
    ended = CliRunner().invoke(app, ["init", str(file), "--name", "my lab", "--mode", mode])
    assert ended.exit_code == 0, ended.output
    assert ended.stdout == f"{file}\n"
    configuration = load_settings(file, {"HOME": str(tmp_path)}).configuration
    assert (configuration.site.name, configuration.autonomy.mode) == ("my lab", mode)
    assert file.stat().st_mode & 0o777 == 0o600


def test_every_line_that_is_commented_out_is_right_too(tmp_path: Path) -> None:
    file = tmp_path / "lamplighter.yaml"
    begun(file)
    lines = file.read_text(encoding="utf-8").splitlines()[4:]
    file.write_text("\n".join(line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in lines))
    assert load_settings(file, {"HOME": str(tmp_path)}).configuration.checks


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("site: {name: mine}\n", encoding="utf-8")
    ended = CliRunner().invoke(app, ["init", str(file)])
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code == Code.CONFLICT
    assert file.read_text(encoding="utf-8") == "site: {name: mine}\n"


@pytest.mark.parametrize("name", ["", "a: b", "a\nb", "{x}", "'", "\x1b"])
def test_a_name_that_would_break_the_file_is_refused(tmp_path: Path, name: str) -> None:
    ended = CliRunner().invoke(app, ["init", str(tmp_path / "x.yaml"), "--name", name])
    assert isinstance(ended.exception, Stop)
    assert not (tmp_path / "x.yaml").exists()


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    ended = CliRunner().invoke(app, ["init", str(tmp_path / "none" / "x.yaml")])
    assert isinstance(ended.exception, Stop)
    assert "cannot be written" in str(ended.exception)
