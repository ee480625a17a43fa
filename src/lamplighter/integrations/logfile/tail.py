"""The end of a file, however large it is, and never of a file outside the folders that are allowed."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from lamplighter.domain.evidence import bounded

MATCHES_MAX = 1000


def newest_files(patterns: Iterable[str], files_max: int) -> tuple[list[Path], bool]:
    """The files that the patterns name, last written first, and whether there were more. Blocks.

    A path without a pattern stays, even where nothing is there.
    """
    found: dict[Path, float] = {}
    more = False
    for pattern in patterns:
        if not glob.has_magic(pattern):
            found[Path(pattern)] = _written(Path(pattern))
            continue
        matches = [Path(match) for match in islice(glob.iglob(pattern), MATCHES_MAX + 1)]  # noqa: PTH207 - a path may be absolute
        more = more or len(matches) > MATCHES_MAX
        found.update({match: _written(match) for match in matches[:MATCHES_MAX] if match.is_file()})
    newest = sorted(found, key=lambda path: (-found[path], path))
    return newest[:files_max], more or len(newest) > files_max


def tail(path: Path, folders: Sequence[Path], bytes_max: int) -> tuple[str, bool]:
    """The newest whole lines within `bytes_max` bytes, and whether more stands before them.

    Blocks. Raises `OSError`, also where a symbolic link leads out of the folders and for what is no plain file.
    """
    real = path.resolve(strict=True)
    _check_inside(real, path, folders)
    # Whatever takes the file's place between here and there is not followed, and a pipe does not hold us up.
    number = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is no plain file")
        _check_inside(_opened(number, real), path, folders)
        start = max(0, status.st_size - bytes_max)
        # One byte before tells whether the first line is whole.
        os.lseek(number, max(0, start - 1), os.SEEK_SET)
        raw = _read(number, bytes_max + (1 if start else 0))
    finally:
        os.close(number)
    if start:
        raw = raw[raw.find(b"\n") + 1 :] if b"\n" in raw else raw[1:]
    text, cut = bounded(raw.decode("utf-8", "replace"), bytes_max)
    return text, start > 0 or cut


def _read(number: int, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        part = os.read(number, size - len(parts))
        if not part:
            break
        parts += part
    return bytes(parts)


def _check_inside(real: Path, path: Path, folders: Sequence[Path]) -> None:
    if not any(real.is_relative_to(folder.resolve()) for folder in folders):
        raise PermissionError(f"{path} leads to {real}, which lies in none of the allowed folders")


def _opened(number: int, real: Path) -> Path:
    """Where the opened file truly lies, as far as this system tells."""
    try:
        return Path(f"/proc/self/fd/{number}").readlink()
    except OSError:
        return real


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
