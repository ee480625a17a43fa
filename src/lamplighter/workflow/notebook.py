"""Acts that wait for the audit log: one small file each in the data folder, until the store has them.

The kill switch and the command line note here, because they must work with no store and no server.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from lamplighter.domain.audit import Act, What, act

FOLDER = "acts"
WAITING_MAX = 1000
READ_BYTES_MAX = 16_384
OWNER_ONLY = 0o600
# Whoever can write to the folder may not claim here what only the store can know.
NOTED = frozenset(
    {
        What.PAUSED,
        What.RESUMED,
        What.BACKUP_MADE,
        What.BACKUP_RESTORED,
        What.CONFIGURATION_LOADED,
        What.CONFIGURATION_RELOADED,
        What.CONFIGURATION_REFUSED,
    }
)
KEY = re.compile(r"[0-9A-Za-z_-]{1,80}")
NAME = re.compile(r"[a-z_]{1,40}")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Noted:
    """An act that waits; its key is written once, however often it was noted."""

    key: str
    act: Act
    file: Path


class Notebook:
    """The acts that wait in one data folder. Nothing here raises: what is done does not depend on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER

    def note(self, done: Act, key: str = "") -> bool:
        """Keep one act; False where the disk does not take it, or too many wait."""
        # By when it is noted, because acts may bear times of a clock that was set back.
        name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
        fresh = self._folder / f".{name}"
        body = {
            "key": key or secrets.token_hex(16),
            "at": done.at.isoformat(),
            "actor": done.actor,
            "what": str(done.what),
            "on": done.on,
            "detail": dict(done.detail),
        }
        try:
            if not self._folder.is_dir():
                self._folder.mkdir(mode=0o700, exist_ok=True)
                self._give(self._folder)
            if sum(1 for _ in self._folder.iterdir()) >= WAITING_MAX:
                return False
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(body, stream)
                stream.flush()
                os.fsync(stream.fileno())
            self._give(fresh)
            fresh.replace(self._folder / name)
        except OSError:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            return False
        return True

    def waiting(self) -> Sequence[Noted]:
        """What waits, oldest first; a file that holds no act is put aside, and said."""
        try:
            files = sorted(file for file in self._folder.iterdir() if file.suffix == ".json" and file.name[0] != ".")
        except OSError:
            return ()
        found = (self._read(file) for file in files[:WAITING_MAX])
        return tuple(one for one in found if one is not None)

    def settled(self, noted: Noted) -> None:
        """Forget one that the store has; one that stays is not written again, because of its key."""
        with suppress(OSError):
            noted.file.unlink(missing_ok=True)

    def _give(self, path: Path) -> None:
        """To whom the data folder belongs: root may note here, and the server must be able to read it."""
        owner = self._folder.parent.stat()
        if os.geteuid() == 0 and owner.st_uid:
            os.chown(path, owner.st_uid, owner.st_gid)

    def _read(self, file: Path) -> Noted | None:
        try:
            return _noted(json.loads(_content(file)), file)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            log.warning("a file among the acts that wait holds none; it is put aside", file=str(file))
            with suppress(OSError):
                file.replace(file.with_suffix(".bad"))
            return None


def key_of(*parts: bytes | str) -> str:
    """A key that is the same for the same parts."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode() if isinstance(part, str) else part)
        whole.update(b"\x00")
    return whole.hexdigest()[:40]


def _content(file: Path) -> bytes:
    """What a file holds. A pipe would hold up whoever reads it, and a link may lead anywhere. Raises `ValueError`."""
    if not stat.S_ISREG(file.lstat().st_mode):
        raise ValueError("no file")
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        return stream.read(READ_BYTES_MAX)


def _noted(body: Mapping[str, object], file: Path) -> Noted | None:
    what, at = What(str(body["what"])), datetime.fromisoformat(str(body["at"]))
    detail, key = body["detail"], str(body["key"])
    if what not in NOTED or at.tzinfo is None or not isinstance(detail, dict) or not KEY.fullmatch(key):
        raise ValueError("no act that may be noted")
    # What the store would not take would be tried for ever.
    if not all(NAME.fullmatch(name) for name in detail):
        raise ValueError("no names of details")
    told = {name: str(said) for name, said in detail.items()}
    return Noted(key, act(at.astimezone(UTC), str(body["actor"]), what, str(body["on"]), **told), file)
