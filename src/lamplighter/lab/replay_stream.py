"""Reads a recorded stream, one JSON line after the other. Which alerts a body holds is for the sources to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from lamplighter.domain.alert import BadSignal
from lamplighter.integrations.recognition import source_of

LINE_BYTES_MAX = 16 * 1024 * 1024
SHOWN_CHARS_MAX = 80
ENVELOPE = frozenset({"at", "source", "headers", "body"})
CLOSING = "resolved"


class Lines(Protocol):
    """A file opened for reading bytes."""

    def readline(self, limit: int = -1, /) -> bytes:
        """One line with its end, at most `limit` bytes of it; empty at the end of the file."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """One delivery as it came in. `source` is empty where nothing tells it, `at` None where only the body may."""

    number: int
    source: str
    body: bytes
    at: datetime | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClosedByHand:
    """A person closed what an alert with these labels belonged to, and said how it was fixed."""

    number: int
    labels: Mapping[str, str]
    resolution: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that cannot be read, with the reason."""

    number: int
    reason: str


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    body: msgspec.Raw
    at: datetime | None = None
    source: str = ""
    headers: dict[str, str] = {}


class _Closing(msgspec.Struct, forbid_unknown_fields=True):
    resolved: dict[str, str]
    resolution: str
    at: datetime | None = None


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_ENVELOPE = msgspec.json.Decoder(_Envelope)
_CLOSING = msgspec.json.Decoder(_Closing)
_TEXT = msgspec.json.Decoder(str)


def recorded(lines: Lines, source: str = "") -> Iterator[Recorded | ClosedByHand | Broken]:
    """Every line that is not empty, in order, one at a time. `source` is what bodies are taken for that do not say.

    A line is a webhook's body; or `{"at": time, "source": name, "headers": {…}, "body": body}`, where all but the body
    may be left out; or `{"at": time, "resolved": {label: value}, "resolution": words}`.
    """
    number = 0
    while line := lines.readline(LINE_BYTES_MAX + 1):
        number += 1
        if len(line) > LINE_BYTES_MAX:
            _skip_rest(lines, line)
            yield Broken(number, f"is longer than {LINE_BYTES_MAX} bytes")
        elif text := line.strip().removeprefix(b"\xef\xbb\xbf").strip():
            yield _line(number, text, source)


def _skip_rest(lines: Lines, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = lines.readline(LINE_BYTES_MAX)


def _line(number: int, text: bytes, source: str) -> Recorded | ClosedByHand | Broken:
    try:
        keys = _keys(text)
        if CLOSING in keys and "resolution" in keys:
            closing = _CLOSING.decode(text)
            return ClosedByHand(number, closing.resolved, closing.resolution, _utc(closing.at))
        if "body" not in keys or not keys <= ENVELOPE:
            return Recorded(number, source or source_of(text), text)
        envelope = _ENVELOPE.decode(text)
        body = _plain_body(envelope.body)
        name = envelope.source or source or source_of(body)
        return Recorded(number, name, body, _utc(envelope.at), envelope.headers)
    except BadSignal as problem:
        return Broken(number, problem.problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        return Broken(number, f"cannot be read: {str(problem)[:SHOWN_CHARS_MAX]}")


def _keys(text: bytes) -> frozenset[str]:
    """The keys of an object, or of a list's first object."""
    try:
        if text.lstrip().startswith(b"["):
            objects = _LIST.decode(text)
            return frozenset(objects[0]) if objects else frozenset()
        return frozenset(_OBJECT.decode(text))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        reason = f"is not a JSON object: {str(problem)[:SHOWN_CHARS_MAX]}"
        raise BadSignal("body", reason, "Write one body on each line") from problem


def _plain_body(raw: msgspec.Raw) -> bytes:
    """The body as it was posted; one that was written down as a JSON string is that string."""
    body = bytes(raw)
    return _TEXT.decode(body).encode() if body.startswith(b'"') else body


def _utc(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
