"""`lamplighter audit`: what list asks, and what verify says of stores and exports that were changed."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from lamplighter.cli import app
from lamplighter.cli.output import Code, Stop
from lamplighter.domain.audit import What, act
from lamplighter.store import open_store
from lamplighter.testing import NOON, FakeClock

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

ACT = {
    "seq": 7,
    "at": "2026-01-01T02:00:00Z",
    "actor": "ann",
    "what": "approval_granted",
    "on": "INC-1",
    "detail": {"plan": "9c1f"},
    "previous": "0" * 64,
    "hash": "f" * 64,
}
CHAIN = {"state": "ok", "checked_up_to": 7, "newest": 7, "words": "chain ok"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a log of six rows."""
    folder = tmp_path / "data"
    folder.mkdir()
    store = open_store(f"sqlite:///{folder}/lamplighter.db", clock=FakeClock())
    for number in range(5):
        store.audit.write(act(NOON, "ann", What.PAUSED, "all actions", number=str(number)))
    store.close()
    return folder


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("site: {name: home}\n")
    return file


@pytest.fixture
def changed(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(data / "lamplighter.db", isolation_level=None)) as connection:
        yield connection


def run(data: Path, config: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words, "--config", str(config), "--data", str(data)])


def newest(data: Path, config: Path) -> str:
    return str(json.loads(run(data, config, "verify", "-o", "json").stdout)["newest"])


def test_list_asks_by_its_filters(fake: Fake, command: Command) -> None:
    fake.says("GET", "/api/v1/audit", {"acts": [ACT], "next": "more", "chain": CHAIN})
    ended = command("audit", "list", "--actor", "ann", "--incident", "INC-1", "--since", "24h", "--limit", "5")
    for word in ("7", "ann", "approval_granted", "INC-1", "plan 9c1f"):
        assert word in ended.out
    asked = dict(fake.asked[0].query)
    assert asked == {"actor": "ann", "incident": "INC-1", "since": "24h", "limit": "5"}


def test_a_whole_log_is_ok_and_says_its_newest_row(data: Path, config: Path) -> None:
    ended = run(data, config, "verify")
    assert ended.exit_code == 0
    assert ended.stdout.startswith("ok: 6 rows, 1 to 6\nnewest: 6:")
    assert "in another place" in ended.stderr


@pytest.mark.parametrize(
    ("change", "row", "fault"),
    [
        ("UPDATE audit SET actor = 'eve' WHERE seq = 3", 3, "changed row"),
        ("DELETE FROM audit WHERE seq = 4", 4, "missing row"),
        ("DELETE FROM audit WHERE seq = 6", 6, "cut tail"),
        ("DELETE FROM audit WHERE seq < 3", 1, "missing row"),
        ("UPDATE audit SET seq = 99 WHERE seq = 5", 5, "missing row"),
        ("UPDATE audit SET seq = -5 WHERE seq = 2", -5, "inserted row"),
        ("UPDATE audit SET at = 'never' WHERE seq = 3", 3, "changed row"),
        ("UPDATE audit SET at = 5 WHERE seq = 3", 3, "changed row"),
        ("UPDATE audit SET actor = x'ff' WHERE seq = 3", 3, "changed row"),
        ("UPDATE audit SET actor = CAST(x'ff' AS TEXT) WHERE seq = 3", 3, "changed row"),
        ("UPDATE audit SET detail = x'ff' WHERE seq = 3", 3, "changed row"),
        ("UPDATE audit SET detail = replace(detail, ':', ' : ') WHERE seq = 3", 3, "changed row"),
        ("UPDATE audit SET previous = x'00' WHERE seq = 3", 3, "changed row"),
        ("DELETE FROM audit_head", 7, "cut tail"),
        ("DROP TABLE audit_head", 7, "cut tail"),
        ("UPDATE audit_head SET seq = 'x'", 7, "cut tail"),
        ("INSERT INTO audit_head SELECT 2, seq, hash, installation FROM audit_head", 7, "cut tail"),
        ("UPDATE audit_head SET seq = 0", 1, "inserted row"),
    ],
)
def test_what_was_changed_is_named_and_ends_with_1(
    data: Path, config: Path, changed: sqlite3.Connection, change: str, row: int, fault: str
) -> None:
    changed.execute(change)
    ended = run(data, config, "verify", "-o", "json")
    assert ended.exit_code == 1
    said = json.loads(ended.stdout)
    assert (said["ok"], said["row"], said["fault"]) == (False, row, fault)
    assert f"broken: row {row}, {fault}" in run(data, config, "verify").stdout


def test_a_tail_that_was_cut_with_its_head_is_found_by_an_anchor_alone(
    data: Path, config: Path, changed: sqlite3.Connection
) -> None:
    anchor = newest(data, config)
    assert run(data, config, "verify", "--anchor", anchor).exit_code == 0
    assert "the anchor is in it" in run(data, config, "verify", "--anchor", anchor.partition(":")[2]).stdout
    changed.execute("DELETE FROM audit WHERE seq > 4")
    changed.execute("UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)")
    assert run(data, config, "verify").exit_code == 0, "a chain alone cannot show it"
    for known in (anchor, anchor.partition(":")[2]):
        ended = run(data, config, "verify", "--anchor", known)
        assert ended.exit_code == 1
        assert "row 5, cut tail" in ended.stdout


def test_an_anchor_whose_row_was_pruned_is_not_said_to_be_in_it(
    data: Path, config: Path, changed: sqlite3.Connection
) -> None:
    anchor = newest(data, config)
    last = changed.execute("SELECT hash FROM audit WHERE seq = 6").fetchone()[0]
    store = open_store(f"sqlite:///{data}/lamplighter.db", clock=FakeClock())
    store.audit.write(act(NOON, "lamplighter", What.ROWS_PRUNED, "audit", through="6", hash=last))
    store.close()
    changed.execute("DELETE FROM audit WHERE seq <= 6")
    ended = run(data, config, "verify", "--anchor", anchor)
    assert ended.exit_code == 0
    assert "the anchor's row was pruned" in ended.stdout
    assert json.loads(run(data, config, "verify", "--anchor", anchor, "-o", "json").stdout)["anchor"] == "pruned"


@pytest.mark.parametrize("anchor", ["x", "0:" + "a" * 64, "a" * 63, "5:" + "g" * 64])
def test_what_is_no_anchor_is_refused(data: Path, config: Path, anchor: str) -> None:
    ended = run(data, config, "verify", "--anchor", anchor)
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code is Code.USAGE


def test_an_export_is_verified_by_itself(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    assert run(data, config, "export", "-o", "jsonl", "--to", str(file)).exit_code == 0
    assert file.stat().st_mode & 0o077 == 0
    lines = file.read_text().splitlines()
    assert run(data, config, "export").stdout.splitlines() == lines
    assert run(data, config, "verify", str(file)).exit_code == 0
    spoiled = {
        "changed row": [*lines[:2], lines[2].replace("ann", "eve"), *lines[3:]],
        "missing row": [*lines[:2], *lines[3:]],
        "inserted row": [*lines[:3], *lines[2:]],
    }
    for fault, changed in spoiled.items():
        file.write_text("\n".join(changed) + "\n")
        ended = run(data, config, "verify", str(file))
        assert ended.exit_code == 1
        assert f"row 3, {fault}" in ended.stdout
    file.write_text("\n".join([*lines[:2], "rubbish \x1b[31m", *lines[3:]]))
    assert "row 3, changed row" in run(data, config, "verify", str(file)).stdout
    file.write_text("\n".join(lines[:4]) + "\n")
    assert run(data, config, "verify", str(file)).exit_code == 0
    assert "row 5, cut tail" in run(data, config, "verify", str(file), "--anchor", newest(data, config)).stdout
    file.write_text("")
    assert "row 1, cut tail" in run(data, config, "verify", str(file)).stdout
    file.write_text(lines[0].replace('"seq":1', '"seq":"1"') + "\n")
    assert "row 1, changed row" in run(data, config, "verify", str(file)).stdout


def test_an_export_is_whole_where_the_terminal_knows_only_ascii(data: Path, config: Path, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{data}/lamplighter.db", clock=FakeClock())
    store.audit.write(act(NOON, "Ünal", What.PAUSED, "all actions"))
    store.close()
    command = [sys.executable, "-m", "lamplighter", "audit", "export", "--config", str(config), "--data", str(data)]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(command, env=ascii_only, capture_output=True, check=True, timeout=60)
    file = tmp_path / "audit.jsonl"
    file.write_bytes(ended.stdout)
    assert run(data, config, "verify", str(file)).exit_code == 0
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=60)
    assert ended.returncode == 1
    assert ended.stderr.decode().splitlines() == ["error: standard output cannot be written: No space left on device"]


def test_no_file_is_written_over(data: Path, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    file.write_text("mine")
    ended = run(data, config, "export", "--to", str(file))
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code is Code.CONFLICT
    assert file.read_text() == "mine"


def test_where_there_is_no_store_it_is_said(config: Path, tmp_path: Path) -> None:
    ended = run(tmp_path / "none", config, "verify")
    assert isinstance(ended.exception, Stop)
    assert ended.exception.code is Code.NOT_FOUND
    gone = run(tmp_path, config, "verify", str(tmp_path / "gone.jsonl"))
    assert isinstance(gone.exception, Stop)
