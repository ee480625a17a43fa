"""A backup of a data folder as one file: SQLite copied while it is in use, small files, the configuration, a manifest.

What comes back is checked before anything takes its place. PostgreSQL is kept by its own tools.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from lamplighter.store.data_folder import LOCK, FolderHeld, hold

FORMAT = 1
MANIFEST = "manifest.json"
DATA = "data"
CONFIGURATION = "config/lamplighter.yaml"
OWNER_ONLY = 0o600
SMALL_BYTES_MAX = 1024**2
MEMBERS_MAX = 200
WHOLE_BYTES_MAX = 256 * 1024**3
CHUNK_BYTES = 1024**2
BUSY_SECONDS = 30.0
MAGIC = b"SQLite format 3\x00"
# The checkpoints first: with a store that is newer than they are, whatever is repeated finds its effect in the ledger.
FIRST = "durable.db"
PASSING = frozenset({LOCK, "server"})
# The kill switch. It belongs to the folder, not to a backup: nothing here may let go of it.
SWITCH = "paused"
_PASSING_ENDS = ("-wal", "-shm", "-journal")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class BadArchive(Exception):
    """A backup that cannot be made, or a file that is none or was changed; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds: names below the data folder with their SHA-256, and whether a configuration is in it.

    `audit_newest` is the newest row of the audit log in it, `ROW:HASH`; empty where the store is not in it.
    """

    made_at: str
    version: str
    files: Mapping[str, str]
    configuration: bool = False
    audit_newest: str = ""


def make_archive(folder: Path, configuration: Path | None, to: Path, *, now: datetime, version: str) -> Contents:
    """Write the backup of a data folder, in use or not, to `to`, which must not exist. Raises `BadArchive`."""
    if not folder.is_dir():
        raise BadArchive(f"there is no data folder {folder}; name it with --data")
    if not any(_kept(folder)):
        # An empty backup would be found out on the day that it is needed.
        raise BadArchive(f"{folder} holds nothing; name the data folder with --data")
    try:
        descriptor = os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
    except FileExistsError as problem:
        raise BadArchive(f"{to} is there already; name another file") from problem
    except OSError as problem:
        raise BadArchive(f"{to} cannot be written: {problem.strerror}") from problem
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            contents = _written(folder, configuration, stream, now, version)
            stream.flush()
            os.fsync(stream.fileno())
            stream.seek(0)
            # What cannot be read back is no backup.
            with tempfile.TemporaryDirectory(dir=to.parent, prefix=".lamplighter-check-") as scratch:
                _unpacked(stream, Path(scratch))
    except (OSError, sqlite3.Error, BadArchive) as problem:
        to.unlink(missing_ok=True)
        raise BadArchive(f"no backup was made: {problem}") from problem
    return contents


def restore_archive(
    file: Path,
    folder: Path,
    *,
    press: Callable[[Contents], object],
    configuration: Path | None = None,
    aside: str = "",
) -> tuple[Contents, Path | None]:
    """Put a backup into a data folder that no server uses; what is there is moved to the folder `aside` below it.

    `press` presses the switch of the folder, before anything moves and while no server can begin on it.
    Returns what came back, and where the old files went. Without `aside` a folder that holds a store is refused.
    Raises `BadArchive`, and then nothing was changed.
    """
    if not file.is_file():
        raise BadArchive(f"{file} cannot be read: there is no such file")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise BadArchive(f"{folder} cannot be made: {problem.strerror}") from problem
    with _held(folder), tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as scratch:
        try:
            with file.open("rb") as stream:
                whole = _unpacked(stream, Path(scratch))
            contents = replace(whole, files={name: one for name, one in whole.files.items() if name != SWITCH})
        except OSError as problem:
            raise BadArchive(f"{file} cannot be read: {problem.strerror or problem}") from problem
        occupied = _holds_a_store(folder)
        if occupied and not aside:
            raise BadArchive(f"{folder} holds a store already; give an empty folder, or --replace to move it aside")
        if configuration is not None:
            _put_configuration(Path(scratch), contents, configuration)
        try:
            press(contents)
        except OSError as problem:
            if configuration is not None:
                configuration.unlink(missing_ok=True)
            raise BadArchive(f"the switch in {folder} cannot be pressed: {problem.strerror or problem}") from problem
        moved = _moved_aside(folder, aside) if occupied else None
        for name in contents.files:
            (Path(scratch) / DATA / name).replace(folder / name)
    return contents, moved


def _written(folder: Path, configuration: Path | None, stream: IO[bytes], now: datetime, version: str) -> Contents:
    digests: dict[str, str] = {}
    newest = ""
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".backup-") as scratch,
        tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as tar,
    ):
        for path in _kept(folder):
            copy = Path(scratch) / path.name
            if _is_sqlite(path):
                _copy_database(path, copy)
                newest = _audit_newest(copy) or newest
            else:
                copy.write_bytes(path.read_bytes())
            digests[path.name] = _digest(copy)
            tar.add(copy, f"{DATA}/{path.name}", recursive=False, filter=_plain)
            copy.unlink()
        if configuration is not None:
            tar.add(configuration, CONFIGURATION, recursive=False, filter=_plain)
            digests[CONFIGURATION] = _digest(configuration)
        made = {"made_at": now.isoformat(), "audit_newest": newest}
        manifest = {"format": FORMAT, "version": version, **made, "files": digests}
        body = json.dumps(manifest, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(body), OWNER_ONLY
        tar.addfile(entry, io.BytesIO(body))
    return _contents(manifest)


def _kept(folder: Path) -> Iterator[Path]:
    """What belongs into a backup: databases and small files, but nothing that only holds for one run."""
    names = sorted(folder.iterdir(), key=lambda path: (path.name != FIRST, path.name))
    for path in names:
        if path.is_symlink() or not path.is_file() or not _NAME.fullmatch(path.name):
            continue
        if path.name in {*PASSING, SWITCH} or path.name.endswith(_PASSING_ENDS):
            continue
        if _is_sqlite(path) or path.stat().st_size <= SMALL_BYTES_MAX:
            yield path


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def _copy_database(source: Path, to: Path) -> None:
    """One consistent copy; in write-ahead logging nobody who writes is held up by it."""
    with (
        closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as reading,
        closing(sqlite3.connect(to)) as writing,
    ):
        reading.backup(writing)
        # The copy is one file, whatever the original keeps beside it.
        writing.execute("PRAGMA journal_mode=DELETE")
    _check_database(to)


def _audit_newest(path: Path) -> str:
    """The head of the audit log's chain; empty where this is another database, or an older one."""
    with closing(sqlite3.connect(path)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'audit_head'").fetchone():
            return ""
        found = connection.execute("SELECT seq, hash FROM audit_head").fetchone()
    return f"{found[0]}:{found[1]}" if found else ""


def _check_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        try:
            said = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
        except sqlite3.DatabaseError as problem:
            raise BadArchive(f"{path.name} is damaged: {problem}") from problem
    if said != "ok":
        raise BadArchive(f"{path.name} is damaged: {said}")


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """No owner and no rights of this machine travel along."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = OWNER_ONLY
    return entry


def _unpacked(stream: IO[bytes], to: Path) -> Contents:
    """Everything in the archive, checked: names, kinds, sizes, digests, databases. Raises `BadArchive`."""
    digests: dict[str, str] = {}
    manifest: dict[str, Any] = {}
    left = WHOLE_BYTES_MAX
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as tar:
            for number, entry in enumerate(tar):
                name = _admitted(entry, number)
                left -= entry.size
                content = tar.extractfile(entry)
                if left < 0 or content is None:
                    raise BadArchive("it holds more than a backup can")
                if name == MANIFEST:
                    manifest = _manifest(content.read(SMALL_BYTES_MAX))
                    continue
                place = to / name
                place.parent.mkdir(mode=0o700, exist_ok=True)
                digests[name.removeprefix(f"{DATA}/")] = _taken(content, place)
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError) as problem:
        raise BadArchive(f"this is no backup, or it is damaged: {problem}") from problem
    if manifest.get("files") != digests:
        raise BadArchive("what it holds is not what its manifest says; it was changed or cut off")
    for path in (to / DATA).glob("*") if (to / DATA).is_dir() else ():
        if _is_sqlite(path):
            _check_database(path)
    return _contents(manifest)


def _admitted(entry: tarfile.TarInfo, number: int) -> str:
    """The name of an entry, which leads nowhere but into its place. Raises `BadArchive`."""
    folder, _, name = entry.name.rpartition("/")
    known = entry.name in {MANIFEST, CONFIGURATION} or (folder == DATA and _NAME.fullmatch(name) is not None)
    if number >= MEMBERS_MAX or not known or not entry.isreg():
        raise BadArchive(f"it holds {entry.name[:100]!r}, which no backup of mine holds; nothing was restored")
    if name in PASSING:
        raise BadArchive(f"it holds {name!r}, which belongs to one run alone; nothing was restored")
    return entry.name


def _manifest(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError as problem:
        raise BadArchive("its manifest cannot be read") from problem
    if not isinstance(found, dict) or not isinstance(found.get("files"), dict):
        raise BadArchive("its manifest cannot be read")
    if found.get("format") != FORMAT:
        raise BadArchive(f"it is of format {str(found.get('format'))[:20]}; this program reads {FORMAT}")
    return found


def _contents(manifest: Mapping[str, Any]) -> Contents:
    files = {name: digest for name, digest in manifest["files"].items() if name != CONFIGURATION}
    made_at, version = str(manifest.get("made_at", ""))[:40], str(manifest.get("version", ""))[:40]
    newest = str(manifest.get("audit_newest", ""))[:100]
    return Contents(made_at, version, files, CONFIGURATION in manifest["files"], newest)


def _taken(content: IO[bytes], place: Path) -> str:
    digest = hashlib.sha256()
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as stream:
        while chunk := content.read(CHUNK_BYTES):
            digest.update(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """No server may begin on the folder meanwhile. Raises `BadArchive` where one runs."""
    try:
        stream = hold(folder)
    except FolderHeld as problem:
        raise BadArchive(f"a Lamplighter runs on {folder}; stop it first") from problem
    except OSError as problem:
        raise BadArchive(f"{folder} cannot be written: {problem.strerror}") from problem
    with stream:
        yield


def _put_configuration(scratch: Path, contents: Contents, to: Path) -> None:
    if not contents.configuration:
        raise BadArchive("there is no configuration in it; leave --configuration out")
    try:
        descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except OSError as problem:
        raise BadArchive(f"{to} cannot be written: {problem.strerror}; name a file that is not there yet") from problem
    with os.fdopen(descriptor, "wb") as stream:
        stream.write((scratch / CONFIGURATION).read_bytes())


def _holds_a_store(folder: Path) -> bool:
    return any(path.suffix == ".db" for path in folder.iterdir())


def _moved_aside(folder: Path, aside: str) -> Path:
    """Take what the folder holds out of the way; a database goes together with what it keeps beside it."""
    place = folder / aside
    place.mkdir(mode=0o700)
    for path in [path for path in folder.iterdir() if path.is_file() and path.name not in {*PASSING, SWITCH}]:
        path.replace(place / path.name)
    return place
