"""The kill switch: one file in the data folder. It needs no database; a file that cannot be read counts as pressed.

What is done with it is noted for the audit log, which never holds it up.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lamplighter.domain.audit import UNKNOWN, What, act
from lamplighter.ports import Clock
from lamplighter.workflow.notebook import FOLDER, Notebook, key_of

FILE_NAME = "paused"
SUBJECT = "all actions"
READ_BYTES_MAX = 4096
UNNOTED = f"the folder {FOLDER} takes no note of it for the audit log"


class FileSwitch:
    """Pressed while the file is there and its time has not run out."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / FILE_NAME
        self._clock = clock
        self._notebook = Notebook(folder)

    def paused(self) -> str:
        """Empty where actions may run; otherwise who paused, since when and why."""
        try:
            with self._file.open("rb") as stream:
                raw = stream.read(READ_BYTES_MAX)
        except FileNotFoundError:
            return ""
        except OSError as problem:
            return f"the switch {self._file} cannot be read ({problem.strerror}), so nothing runs"
        try:
            note = json.loads(raw)
            until = datetime.fromisoformat(note["until"]) if note.get("until") else None
            if until is not None and self._clock.now() >= until:
                return ""
            until_words = f" until {note['until']}" if until else ""
            why = f": {note['reason']}" if note.get("reason") else ""
            return f"by {note['by']} since {note['since']}{until_words}{why}"
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return f"the switch {self._file} is unreadable, so nothing runs; remove it with: lamplighter resume"

    def pause(self, *, by: str, reason: str, duration: timedelta | None) -> str:
        """Press it; durable before this returns. Where nothing can be written, an empty file presses it."""
        now = self._clock.now()
        until = (now + duration).isoformat(timespec="seconds") if duration else ""
        note = {"by": by, "reason": reason, "since": now.isoformat(timespec="seconds"), "until": until}
        # A name of its own, because the server and the command line may both press it at the same moment.
        fresh = self._file.with_name(f".{FILE_NAME}-{secrets.token_hex(4)}")
        try:
            with fresh.open("w", encoding="utf-8") as stream:
                json.dump(note, stream)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(self._file)
        except OSError:
            fresh.unlink(missing_ok=True)
            # A full disk still takes an empty file, and what cannot be read counts as pressed.
            self._file.touch()
        _make_durable(self._file.parent)
        self.note()
        return self.paused()

    def resume(self, *, by: str) -> None:
        """Let go, which is noted first: where it cannot be, it stays pressed. Raises `OSError`."""
        if self._file.exists():
            # Whoever let go without a note of who had pressed it would take the only record away.
            self.note()
            if not self._notebook.note(act(self._clock.now(), by, What.RESUMED, SUBJECT)):
                raise OSError(errno.EIO, UNNOTED)
        self._file.unlink(missing_ok=True)
        _make_durable(self._file.parent)

    def note(self) -> None:
        """Note for the audit log that it is pressed, once for each time that it was, however often this is called."""
        try:
            with self._file.open("rb") as stream:
                raw, written = stream.read(READ_BYTES_MAX), os.fstat(stream.fileno()).st_mtime_ns
        except OSError:
            return
        by, since, detail = UNKNOWN, datetime.fromtimestamp(written / 1e9, UTC), {}
        with suppress(ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            note = json.loads(raw)
            detail = {"until": str(note.get("until", "")), "reason": str(note.get("reason", ""))}
            by, since = str(note["by"]), datetime.fromisoformat(note["since"]).astimezone(UTC)
        key = key_of("paused", raw, str(written))
        self._notebook.note(act(since, by, What.PAUSED, SUBJECT, **detail), key)


def _make_durable(folder: Path) -> None:
    """A new name in a folder survives a power cut only after the folder itself was written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
