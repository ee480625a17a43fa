"""The kill switch: one file in the data folder. It needs no database; a file that cannot be read counts as pressed."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

from lamplighter.ports import Clock

FILE_NAME = "paused"
READ_BYTES_MAX = 4096


class FileSwitch:
    """Pressed while the file is there and its time has not run out."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / FILE_NAME
        self._clock = clock

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
        return self.paused()

    def resume(self, *, by: str) -> None:
        """Let go. `by` is for the caller's record."""
        del by
        self._file.unlink(missing_ok=True)
        _make_durable(self._file.parent)


def _make_durable(folder: Path) -> None:
    """A new name in a folder survives a power cut only after the folder itself was written."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
