"""What is kept of an engine's answer while it comes in: all of it up to a bound, or the newest end of a log. No I/O."""

from __future__ import annotations

from typing import Protocol

from lamplighter.ports import ToolError

HEADER_BYTES = 8
STREAMS = frozenset({0, 1, 2})


class Keep(Protocol):
    """Takes an answer piece by piece."""

    def feed(self, chunk: bytes) -> None:
        """Take the next piece. Raises `ToolError` where the answer is too large to be kept."""
        ...


class Whole:
    """Keeps an answer whole, and refuses one that is larger than `bytes_max`."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self.content = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Add the next piece."""
        if len(self.content) + len(chunk) > self._bytes_max:
            raise ToolError(f"the answer is larger than {self._bytes_max} bytes")
        self.content += chunk


class Newest:
    """Keeps the newest `bytes_max` bytes of a log, whatever its length.

    Docker frames the two streams of a container without a terminal: one byte for the stream, three zeros, four of
    length. Logs are asked for with timestamps, so plain text starts with a digit and is never taken for a frame.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._kept = bytearray()
        self._pending = bytearray()
        self._frame_left = 0
        self._plain = False
        self.truncated = False

    @property
    def text(self) -> str:
        """What was kept; bytes that are not UTF-8 become the replacement character."""
        return bytes(self._kept[-self._bytes_max :]).decode("utf-8", "replace")

    def feed(self, chunk: bytes) -> None:
        """Add the next piece, which may end anywhere in a frame."""
        self._pending += chunk
        while self._pending and self._step():
            pass

    def _step(self) -> bool:
        """Move one piece from pending to kept; False where more must come first. Each True step shortens pending."""
        if self._plain:
            self._keep(len(self._pending))
            return True
        if self._frame_left:
            size = min(self._frame_left, len(self._pending))
            self._keep(size)
            self._frame_left -= size
            return True
        if self._pending[0] not in STREAMS or any(self._pending[1:4]):
            self._plain = True
            return True
        if len(self._pending) < HEADER_BYTES:
            return False
        self._frame_left = int.from_bytes(self._pending[4:HEADER_BYTES], "big")
        del self._pending[:HEADER_BYTES]
        return True

    def _keep(self, size: int) -> None:
        self._kept += self._pending[:size]
        del self._pending[:size]
        if len(self._kept) > self._bytes_max:
            self.truncated = True
        if len(self._kept) > 2 * self._bytes_max:
            del self._kept[: -self._bytes_max]
