"""The files of one case: a folder, a .tar.gz or a .zip, read into memory and bounded. Nothing is unpacked to disk."""

from __future__ import annotations

import gzip
import io
import itertools
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

CASE_FILE = "case.json"
ANSWER_FILE = "answer.json"
ARCHIVES = (".tar.gz", ".tgz", ".zip")
FILES_MAX = 2000
FILE_BYTES_MAX = 32 * 1024 * 1024
CASE_BYTES_MAX = 256 * 1024 * 1024
DEPTH_MAX = 8
# Folders and links count too, and headers of an archive.
ENTRIES_MAX = 20_000
ARCHIVE_OVERHEAD_BYTES_MAX = 32 * 1024 * 1024
WORDS_CHARS_MAX = 300
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError),
)


class BadCase(ValueError):
    """A case that is not well formed; one line that names the key or file, and what is wrong with it."""

    def __init__(self, words: str) -> None:
        super().__init__(" ".join(words.split())[:WORDS_CHARS_MAX])


def is_case(path: Path) -> bool:
    """Whether a path is one case: a folder with case.json, or an archive."""
    return (path / CASE_FILE).is_file() or (path.is_file() and path.name.endswith(ARCHIVES))


def cases_below(folder: Path, depth: int = DEPTH_MAX) -> Iterator[Path]:
    """Every case below a folder, or itself, in the order of names. Raises `BadCase` where a folder cannot be read."""
    try:
        if is_case(folder):
            yield folder
            return
        below = sorted(itertools.islice(folder.iterdir(), ENTRIES_MAX)) if depth and folder.is_dir() else []
    except OSError as problem:
        raise BadCase(f"{folder}: cannot be read: {problem.strerror or problem}") from problem
    for path in below:
        if path.is_dir() or path.name.endswith(ARCHIVES):
            yield from cases_below(path, depth - 1)


def files_of(path: Path, left_out: dict[str, str] | None = None) -> dict[str, bytes]:
    """Every file of a case or of a folder of raw outputs, by its path inside. Raises `BadCase`.

    What is past the bounds raises too, unless `left_out` is given: then it goes there, with the reason.
    """
    try:
        found = _read(path, _Collected(left_out))
    except BadCase:
        raise
    except OSError as problem:
        raise BadCase(f"{path}: cannot be read: {problem.strerror or problem}") from problem
    except _BROKEN as problem:
        raise BadCase(f"{path}: cannot be unpacked: {str(problem)[:120] or type(problem).__name__}") from problem
    return _without_common_folder(found)


def _read(path: Path, found: _Collected) -> _Collected:
    if path.is_dir():
        return _folder(path, found)
    if not path.is_file():
        raise BadCase(f"{path}: there is no such folder or archive")
    return _zip(path, found) if path.name.endswith(".zip") else _tar(path, found)


class _Collected(dict[str, bytes]):
    """Files as they come in, counted against the bounds."""

    def __init__(self, left_out: dict[str, str] | None = None) -> None:
        super().__init__()
        self._room = CASE_BYTES_MAX
        self._left_out = left_out

    def take(self, name: str, size: int, read: Callable[[int], bytes]) -> None:
        """Keep a file, or leave it out. Raises `BadCase` where nothing may be left out."""
        why = self._unfit(size)
        # What an archive claims is not what it holds: reading is bounded too.
        data = read(min(FILE_BYTES_MAX, self._room) + 1) if not why else b""
        why = why or ("larger than it says" if len(data) > min(FILE_BYTES_MAX, self._room) else "")
        if why and self._left_out is None:
            raise BadCase(f"{name}: {why}")
        if why and self._left_out is not None:
            self._left_out[name] = why
            return
        self._room -= len(data)
        self[name] = data

    def _unfit(self, size: int) -> str:
        if len(self) >= FILES_MAX:
            return f"more than {FILES_MAX} files"
        if size > min(FILE_BYTES_MAX, self._room):
            return f"too large; a file may have {FILE_BYTES_MAX} bytes, all of them {CASE_BYTES_MAX}"
        return ""


def _folder(path: Path, found: _Collected) -> _Collected:
    root = path.resolve()
    inside = list(itertools.islice(path.rglob("*"), ENTRIES_MAX + 1))
    if len(inside) > ENTRIES_MAX:
        raise BadCase(f"{path}: more than {ENTRIES_MAX} entries")
    for file in sorted(inside):
        # A link may lead anywhere on this machine, so that only what lies in the folder is read.
        if not file.is_file() or not file.resolve().is_relative_to(root):
            continue
        with file.open("rb") as stream:
            found.take(file.relative_to(path).as_posix(), file.stat().st_size, stream.read)
    return found


def _zip(path: Path, found: _Collected) -> _Collected:
    with zipfile.ZipFile(path) as archive:
        for info in itertools.islice(archive.infolist(), ENTRIES_MAX):
            if not info.is_dir():
                with archive.open(info) as stream:
                    found.take(info.filename, info.file_size, stream.read)
    return found


class _Unpacked(io.BufferedIOBase):
    """The bytes that come out of a compressed archive, counted: headers of a tar may be as large as they like."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._room = CASE_BYTES_MAX + ARCHIVE_OVERHEAD_BYTES_MAX

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes. Raises `BadCase` past the bound."""
        data = self._stream.read(size)
        self._room -= len(data)
        if self._room < 0:
            raise BadCase(f"the archive holds more than {CASE_BYTES_MAX} bytes")
        return data


def _tar(path: Path, found: _Collected) -> _Collected:
    with gzip.GzipFile(path) as raw, tarfile.open(fileobj=_Unpacked(raw), mode="r|") as archive:
        for count, member in enumerate(archive):
            if count >= ENTRIES_MAX:
                raise BadCase(f"{path}: more than {ENTRIES_MAX} entries")
            stream = archive.extractfile(member) if member.isreg() else None
            if stream is not None:
                found.take(member.name, member.size, stream.read)
    return found


def _without_common_folder(found: dict[str, bytes]) -> dict[str, bytes]:
    names = {name.removeprefix("./"): data for name, data in found.items()}
    heads = {name.partition("/")[0] for name in names}
    if CASE_FILE not in names and len(heads) == 1 and all("/" in name for name in names):
        return {name.partition("/")[2]: data for name, data in names.items()}
    return names
