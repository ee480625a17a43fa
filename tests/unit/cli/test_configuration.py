from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lamplighter.cli import app
from lamplighter.cli.output import Code, Stop

TEXT = """\
site: {name: lab}
autonomy:
  auto: [restart container where name web-*]
  never: ['* container db']
sources: {}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "lamplighter.yaml"
    made.write_text(TEXT, encoding="utf-8")
    return made


def ran(*words: str) -> str:
    ended = CliRunner().invoke(app, ["config", *words])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


@pytest.mark.parametrize("option", [[], ["--config"]])
def test_a_file_may_be_named_with_and_without_the_option(file: Path, option: list[str]) -> None:
    said = ran("check", *option, str(file), "--offline")
    assert said.startswith(f"ok: {file}\n")
    assert 'lets me alone: "restart container where name web-*"' in said
    assert 'never: "* container db"' in said


def test_a_wrong_key_names_file_line_and_the_right_one(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("site: {}\nautonmy: {}\n", encoding="utf-8")
    ended = CliRunner().invoke(app, ["config", "check", str(wrong)])
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code == Code.USAGE
    assert f'{wrong}:2: autonmy: there is no such key; did you mean "autonomy"?' in str(ended.exception)


def test_show_says_values_where_they_came_from_and_what_they_are_by_default(file: Path) -> None:
    found = json.loads(ran("show", "--config", str(file), "--sources", "--defaults", "-o", "json"))
    assert found["site.name"] == {"value": "lab", "from": "file:1", "default": "homelab"}
    assert found["server.port"] == {"value": "8460", "from": "default", "default": "8460"}
    assert json.loads(ran("show", "--config", str(file), "-o", "json"))["site.name"] == "lab"
    columns = ran("show", "--config", str(file), "--defaults").splitlines()[0].split()
    assert columns == ["key", "value", "default"]


def test_the_defaults_of_an_integration_are_shown_beside_what_was_set(tmp_path: Path) -> None:
    made = tmp_path / "lamplighter.yaml"
    made.write_text("sources: {prometheus: {url: http://p, timeout_seconds: 9}}\n", encoding="utf-8")
    found = json.loads(ran("show", "--config", str(made), "--defaults", "-o", "json"))
    assert found["sources.prometheus.timeout_seconds"] == {"value": "9", "default": "5"}


def test_the_schema_is_json(file: Path) -> None:
    assert json.loads(ran("schema"))["title"] == file.name


def test_export_writes_what_was_set_and_says_what_it_left_out(tmp_path: Path) -> None:
    made = tmp_path / "lamplighter.yaml"
    made.write_text("sources: {grafana: {url: http://g, token: hunter2}}\n", encoding="utf-8")
    ended = CliRunner().invoke(app, ["config", "export", str(made)])
    assert ended.exit_code == 0
    assert ended.stdout == "sources:\n  grafana:\n    url: http://g\n"
    assert "sources.grafana.token_file" in ended.stderr
    assert "hunter2" not in ended.output
