"""One line on a terminal that is written again and again; nothing where there is none."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from lamplighter.cli.output import plain

EVERY_SECONDS = 0.5
WIDTH_MAX = 100


class Progress:
    """Says on standard error how far a long command is, and only where a person looks at it."""

    def __init__(self, stream: TextIO | None = None, every_seconds: float = EVERY_SECONDS) -> None:
        self._stream = stream or sys.stderr
        self._every_seconds = every_seconds
        self._shown = self._stream.isatty()
        self._last = time.monotonic()
        self._width = 0

    def at(self, words: str) -> None:
        """Say how far it is, now and then."""
        if self._shown and time.monotonic() - self._last >= self._every_seconds:
            self._last = time.monotonic()
            said = plain(words).replace("\n", " ")[:WIDTH_MAX]
            self._stream.write(f"\r{said.ljust(self._width)}")
            self._stream.flush()
            self._width = len(said)

    def end(self) -> None:
        """Leave the line."""
        if self._width:
            self._stream.write("\n")
            self._width = 0
