from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lamplighter.cli import app
from lamplighter.cli.output import Code, Stop
from lamplighter.domain.audit import What, act
from lamplighter.store import open_store
from lamplighter.testing import NOON, FakeClock
from lamplighter.workflow.notebook import Notebook


@pytest.fixture
def data(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir()
    with closing(sqlite3.connect(made / "lamplighter.db")) as connection, connection:
        connection.execute("CREATE TABLE thing (a INTEGER)")
    (made / "token").write_text("hunter2", encoding="utf-8")
    return made


def configured(folder: Path, text: str) -> Path:
    file = folder / "lamplighter.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_backup_comes_back_paused(data: Path, tmp_path: Path) -> None:
    file, config = tmp_path / "b.tar.gz", configured(tmp_path, "sources: {}\n")
    ended = CliRunner().invoke(app, ["backup", str(file), "--config", str(config), "--data", str(data), "-o", "json"])
    assert ended.exit_code == 0, ended.output
    assert json.loads(ended.stdout) == {
        "file": str(file),
        "files": ["lamplighter.db", "token"],
        "configuration": True,
        "audit_newest": "",
    }
    fresh = tmp_path / "fresh"
    ended = CliRunner().invoke(app, ["restore", str(file), "--data", str(fresh)])
    assert ended.exit_code == 0, ended.output
    assert "lamplighter resume" in ended.stderr
    assert "restored from a backup" in (fresh / "paused").read_text(encoding="utf-8")
    assert "hunter2" not in ended.output


def test_both_are_noted_for_the_audit_log_with_its_newest_hash(tmp_path: Path) -> None:
    data, file, config = tmp_path / "live", tmp_path / "b.tar.gz", configured(tmp_path, "sources: {}\n")
    data.mkdir()
    store = open_store(f"sqlite:///{data}/lamplighter.db", clock=FakeClock())
    store.audit.write(act(NOON, "ann", What.PAUSED, "all actions"))
    head = store.audit.head()
    store.close()
    ended = CliRunner().invoke(app, ["backup", str(file), "--config", str(config), "--data", str(data)])
    assert f"newest row of the audit log: {head.seq}:{head.hash}" in ended.stdout
    (made,) = Notebook(data).waiting()
    assert (made.act.what, made.act.detail["newest"]) == (What.BACKUP_MADE, f"{head.seq}:{head.hash}")
    fresh = tmp_path / "fresh"
    assert CliRunner().invoke(app, ["restore", str(file), "--data", str(fresh)]).exit_code == 0
    paused, restored = Notebook(fresh).waiting()
    assert (paused.act.what, restored.act.what) == (What.PAUSED, What.BACKUP_RESTORED)
    assert restored.act.detail["newest"] == f"{head.seq}:{head.hash}"


def test_a_store_that_is_there_is_a_conflict_unless_it_may_be_moved(data: Path, tmp_path: Path) -> None:
    file, config = tmp_path / "b.tar.gz", configured(tmp_path, "sources: {}\n")
    assert CliRunner().invoke(app, ["backup", str(file), "--config", str(config), "--data", str(data)]).exit_code == 0
    ended = CliRunner().invoke(app, ["restore", str(file), "--data", str(data)])
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code == Code.CONFLICT
    ended = CliRunner().invoke(app, ["restore", str(file), "--data", str(data), "--replace"])
    assert ended.exit_code == 0, ended.output
    assert "what was there is in" in ended.stderr


def test_of_postgresql_the_line_that_keeps_it_is_said_without_its_password(data: Path, tmp_path: Path) -> None:
    config = configured(tmp_path, "sources: {}\nstore: {url: 'postgresql://me:hunter2@db:5433/shop'}\n")
    ended = CliRunner().invoke(
        app, ["backup", str(tmp_path / "b.tar.gz"), "--config", str(config), "--data", str(data)]
    )
    assert ended.exit_code == 0, ended.output
    assert "pg_dump -Fc -h db -p 5433 -U me shop" in ended.stderr
    assert "hunter2" not in ended.output


def test_a_secret_that_lies_elsewhere_is_named(data: Path, tmp_path: Path) -> None:
    secret = tmp_path / "grafana"
    secret.write_text("hunter3", encoding="utf-8")
    secret.chmod(0o600)
    config = configured(tmp_path, f"sources: {{grafana: {{url: 'http://g', token_file: {secret}}}}}\n")
    ended = CliRunner().invoke(
        app, ["backup", str(tmp_path / "b.tar.gz"), "--config", str(config), "--data", str(data)]
    )
    assert f"the secret in {secret} is not in the backup" in ended.stderr
    assert "hunter3" not in ended.output


def test_a_file_that_is_no_backup_is_refused_with_words(tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    file.write_text("hello", encoding="utf-8")
    ended = CliRunner().invoke(app, ["restore", str(file), "--data", str(tmp_path / "fresh")])
    assert isinstance(ended.exception, Stop)
    assert "no backup" in str(ended.exception)
    assert not (tmp_path / "fresh" / "paused").exists()
