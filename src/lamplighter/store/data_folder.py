"""The data folder: the lock that one server holds on it, and the small secrets that are made once in it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

LOCK = "lock"


class FolderHeld(Exception):
    """A server runs on the folder."""


class UnusableFolder(Exception):
    """No server can run on the folder; the words say what to do."""


def hold(folder: Path) -> IO[bytes]:
    """Hold the folder until the stream is closed. Raises `FolderHeld`, and `OSError` where it cannot be written."""
    stream = (folder / LOCK).open("ab")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        stream.close()
        raise FolderHeld(str(folder)) from problem
    return stream


def is_held(folder: Path) -> bool:
    """Whether a server holds the folder; looking makes no file, and where it cannot look it says yes."""
    try:
        with (folder / LOCK).open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def prepared(folder: Path) -> Path:
    """The folder, made for its owner alone where it was not there. Raises `UnusableFolder`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as problem:
        raise UnusableFolder(f"the data folder {folder} is a file; give a folder with --data") from problem
    except OSError as problem:
        raise UnusableFolder(
            f"the data folder {folder} cannot be made: {problem.strerror}; give another with --data"
        ) from problem
    return folder


def taken(folder: Path) -> IO[bytes]:
    """Hold the folder as its one server: two with the same executor id would begin the same step twice.

    Raises `UnusableFolder`.
    """
    try:
        return hold(folder)
    except FolderHeld as problem:
        raise UnusableFolder(
            f"another Lamplighter runs on {folder}; stop it, or give another folder with --data"
        ) from problem
    except OSError as problem:
        fix = f"sudo chown -R $USER {folder}, or give another with --data"
        raise UnusableFolder(f"the data folder {folder} cannot be written: {problem.strerror}; {fix}") from problem


def kept(path: Path, make: Callable[[], str]) -> str:
    """The text of a file that is made once, readable by its owner alone. Raises `UnusableFolder` for an empty one."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise UnusableFolder(f"{path} is empty; remove it, and another is made at the next start") from None
        return text
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        text = make()
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return text
