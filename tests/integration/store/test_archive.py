"""Backups of a data folder: made while it is written to, checked before they come back, and safe against forgeries."""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import io
import json
import sqlite3
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lamplighter.store.archive import (
    CONFIGURATION,
    MANIFEST,
    BadArchive,
    Contents,
    make_archive,
    restore_archive,
)
from lamplighter.testing import NOON


def database(path: Path, rows: int = 3) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE IF NOT EXISTS thing (a INTEGER, b INTEGER)")
        connection.executemany("INSERT INTO thing VALUES (?, ?)", [(n, n) for n in range(rows)])


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM thing").fetchone()[0])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "data"
    made.mkdir(mode=0o700)
    for name in ("lamplighter.db", "durable.db"):
        database(made / name)
    for name in ("token", "executor-id", "lock", "server"):
        (made / name).write_text(f"the {name}", encoding="utf-8")
    (made / "deeper").mkdir()
    (made / "link").symlink_to("/etc/passwd")
    return made


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    file = tmp_path / "lamplighter.yaml"
    file.write_text("site: {name: lab}\n", encoding="utf-8")
    return file


def made(folder: Path, configuration: Path | None, to: Path) -> Contents:
    return make_archive(folder, configuration, to, now=NOON, version="0.1.0")


def restored(file: Path, folder: Path, **more: Any) -> tuple[Contents, Path | None]:  # noqa: ANN401 - as it takes them
    return restore_archive(file, folder, press=lambda _: None, **more)


def test_everything_durable_goes_in_and_comes_back(folder: Path, configuration: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    contents = made(folder, configuration, file)
    assert set(contents.files) == {"lamplighter.db", "durable.db", "token", "executor-id"}
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in folder.iterdir() if path.name.startswith(".")) == []
    fresh = tmp_path / "fresh"
    back, moved = restored(file, fresh, configuration=tmp_path / "again.yaml")
    assert (back, moved) == (contents, None)
    assert rows(fresh / "lamplighter.db") == rows(fresh / "durable.db") == 3
    assert (fresh / "token").read_text(encoding="utf-8") == "the token"
    assert (tmp_path / "again.yaml").read_text(encoding="utf-8") == "site: {name: lab}\n"
    for path in fresh.iterdir():
        assert path.name == "lock" or path.stat().st_mode & 0o777 == 0o600


def test_a_store_in_use_is_copied_at_one_moment(folder: Path, tmp_path: Path) -> None:
    done = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(folder / "lamplighter.db", timeout=60)) as connection:
            number = 0
            while not done.is_set():
                with connection:
                    connection.execute("INSERT INTO thing VALUES (?, 0)", (number,))
                    connection.execute("INSERT INTO thing VALUES (?, 1)", (number,))
                number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            made(folder, None, tmp_path / f"{number}.tar.gz")
    finally:
        done.set()
        writer.join()
    restored(tmp_path / "4.tar.gz", tmp_path / "fresh")
    # Two rows in each transaction, so that half of one would be odd.
    assert (rows(tmp_path / "fresh" / "lamplighter.db") - 3) % 2 == 0


def test_a_file_that_is_there_is_not_overwritten_and_no_half_one_stays(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(BadArchive, match="is there already"):
        made(folder, None, file)
    assert file.read_text(encoding="utf-8") == "mine"
    spoilt = bytearray((folder / "durable.db").read_bytes())
    spoilt[4096:] = b"\xff" * (len(spoilt) - 4096)
    (folder / "durable.db").write_bytes(spoilt)
    with pytest.raises(BadArchive, match="no backup was made"):
        made(folder, None, tmp_path / "c.tar.gz")
    assert not (tmp_path / "c.tar.gz").exists()


def test_a_folder_in_use_is_left_alone(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    made(folder, None, file)
    with (folder / "lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BadArchive, match="a Lamplighter runs on"):
            restored(file, folder, aside="aside")
    assert rows(folder / "lamplighter.db") == 3


def test_the_switch_is_pressed_before_anything_moves_and_never_moves_itself(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    made(folder, None, file)
    (folder / "paused").write_text("mine", encoding="utf-8")
    seen: list[tuple[bool, bool]] = []

    def press(_: Contents) -> None:
        with (folder / "lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = False
            except OSError:
                held = True
        seen.append((held, (folder / "before").exists()))

    restore_archive(file, folder, press=press, aside="before")
    assert seen == [(True, False)]
    assert (folder / "paused").read_text(encoding="utf-8") == "mine"
    assert not (folder / "before" / "paused").exists()


def test_where_the_switch_cannot_be_pressed_nothing_moves(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    made(folder, None, file)
    database(folder / "lamplighter.db", rows=4)

    def press(_: Contents) -> None:
        raise PermissionError(13, "not allowed")

    with pytest.raises(BadArchive, match="cannot be pressed"):
        restore_archive(file, folder, press=press, aside="before")
    assert rows(folder / "lamplighter.db") == 7
    assert not (folder / "before").exists()


def test_a_switch_is_neither_kept_nor_restored(folder: Path, tmp_path: Path) -> None:
    (folder / "paused").write_text("then", encoding="utf-8")
    file = tmp_path / "b.tar.gz"
    assert "paused" not in made(folder, None, file).files
    digest = hashlib.sha256(b"then").hexdigest()
    older = forged(tmp_path / "older.tar.gz", ("data/paused", b"then"), manifest(paused=digest))
    (tmp_path / "fresh").mkdir()
    (tmp_path / "fresh" / "paused").write_text("now", encoding="utf-8")
    back, _ = restored(older, tmp_path / "fresh")
    assert "paused" not in back.files
    assert (tmp_path / "fresh" / "paused").read_text(encoding="utf-8") == "now"


def test_a_store_that_is_there_is_refused_or_moved_aside(folder: Path, configuration: Path, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    made(folder, configuration, file)
    database(folder / "lamplighter.db", rows=4)
    with pytest.raises(BadArchive, match="holds a store already"):
        restored(file, folder, configuration=tmp_path / "again.yaml")
    assert not (tmp_path / "again.yaml").exists()
    assert rows(folder / "lamplighter.db") == 7
    _, moved = restored(file, folder, aside="before")
    assert moved == folder / "before"
    assert rows(folder / "lamplighter.db") == 3
    assert rows(folder / "before" / "lamplighter.db") == 7
    assert not (folder / "lamplighter.db-wal").exists()


Entry = tuple[str, bytes]


def forged(file: Path, *entries: Entry, kind: bytes = tarfile.REGTYPE, target: str = "") -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for name, body in entries:
            entry = tarfile.TarInfo(name)
            entry.size, entry.type, entry.linkname = len(body), kind if name != MANIFEST else tarfile.REGTYPE, target
            tar.addfile(entry, io.BytesIO(body))
    return file


def manifest(**files: str) -> Entry:
    return MANIFEST, json.dumps({"format": 1, "version": "0", "made_at": "x", "files": files}).encode()


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "data/../../evil",
        "/etc/evil",
        "data/a/b",
        "data/",
        "data/.hidden",
        "data/..",
        "data/lock",
        "config/../../evil",
        "config/other.yaml",
        "data/a\nb",
        "evil",
        "data\\evil",
    ],
)
def test_a36_a_name_that_leads_elsewhere_restores_nothing(tmp_path: Path, name: str) -> None:
    file = forged(tmp_path / "b.tar.gz", (name, b"x"), manifest())
    fresh = tmp_path / "deep" / "fresh"
    with pytest.raises(BadArchive):
        restored(file, fresh)
    assert {path.name for path in fresh.iterdir()} <= {"lock"}
    assert [path.name for path in tmp_path.rglob("*evil*")] == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_a36_only_plain_files_are_taken(tmp_path: Path, kind: bytes) -> None:
    file = forged(tmp_path / "b.tar.gz", ("data/token", b""), manifest(), kind=kind, target="/etc/passwd")
    with pytest.raises(BadArchive):
        restored(file, tmp_path / "fresh")
    assert not (tmp_path / "fresh" / "token").exists()


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def spoilt(file: Path) -> None:
    body = bytearray(gzip.decompress(file.read_bytes()))
    place = body.find(b"the token")
    body[place : place + 3] = b"THE"
    file.write_bytes(gzip.compress(bytes(body)))


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def text(file: Path) -> None:
    file.write_bytes(b"hello\n" * 1000)


@pytest.mark.parametrize("harm", [cut_off, spoilt, emptied, text], ids=lambda harm: harm.__name__)
def test_a_file_that_was_changed_or_cut_off_restores_nothing(
    folder: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    file = tmp_path / "b.tar.gz"
    made(folder, None, file)
    harm(file)
    with pytest.raises(BadArchive):
        restored(file, tmp_path / "fresh")
    assert {path.name for path in (tmp_path / "fresh").iterdir()} == {"lock"}


@pytest.mark.parametrize(
    "entries",
    [
        (),
        ((MANIFEST, b"{"),),
        ((MANIFEST, b"[]"),),
        ((MANIFEST, json.dumps({"format": 2, "files": {}}).encode()),),
        (manifest(token="0" * 64), ("data/token", b"x")),
        (manifest(token="0" * 64),),
        (("data/token", b"x"), ("data/token", b"y"), manifest()),
        (*((f"data/f{number}", b"") for number in range(300)), manifest()),
    ],
    ids=["empty", "no json", "no object", "later format", "digest", "missing", "twice", "many"],
)
def test_a_forged_manifest_restores_nothing(tmp_path: Path, entries: tuple[Entry, ...]) -> None:
    with pytest.raises((BadArchive, FileExistsError)):
        restored(forged(tmp_path / "b.tar.gz", *entries), tmp_path / "fresh")
    assert {path.name for path in (tmp_path / "fresh").iterdir()} == {"lock"}


def test_a_damaged_database_with_a_right_digest_restores_nothing(tmp_path: Path) -> None:

    body = b"SQLite format 3\x00" + b"\xff" * 8192
    file = forged(
        tmp_path / "b.tar.gz",
        ("data/lamplighter.db", body),
        manifest(**{"lamplighter.db": hashlib.sha256(body).hexdigest()}),
    )
    with pytest.raises(BadArchive, match="damaged"):
        restored(file, tmp_path / "fresh")


def test_a_configuration_that_is_not_in_it_or_would_overwrite_one_is_said(
    folder: Path, configuration: Path, tmp_path: Path
) -> None:
    made(folder, None, tmp_path / "without.tar.gz")
    made(folder, configuration, tmp_path / "with.tar.gz")
    with pytest.raises(BadArchive, match="no configuration in it"):
        restored(tmp_path / "without.tar.gz", tmp_path / "a", configuration=tmp_path / "x.yaml")
    with pytest.raises(BadArchive, match="not there yet"):
        restored(tmp_path / "with.tar.gz", tmp_path / "b", configuration=configuration)
    assert not (tmp_path / "b" / "lamplighter.db").exists()
    assert CONFIGURATION not in made(folder, configuration, tmp_path / "third.tar.gz").files


def test_there_is_nothing_to_back_up_or_to_read(tmp_path: Path) -> None:
    with pytest.raises(BadArchive, match="no data folder"):
        made(tmp_path / "none", None, tmp_path / "b.tar.gz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadArchive, match="holds nothing"):
        made(tmp_path / "empty", None, tmp_path / "b.tar.gz")
    with pytest.raises(BadArchive, match="cannot be read"):
        restored(tmp_path / "none.tar.gz", tmp_path / "fresh")
    assert not (tmp_path / "fresh").exists()
    assert not (tmp_path / "b.tar.gz").exists()


@pytest.fixture
def unwritable(tmp_path: Path) -> Path:
    place = tmp_path / "file"
    place.write_text("x", encoding="utf-8")
    return place / "below"


def test_a_place_that_cannot_be_written_is_said(folder: Path, unwritable: Path) -> None:
    with pytest.raises(BadArchive, match="cannot be written"):
        made(folder, None, unwritable)
