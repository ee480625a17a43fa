"""Log lines of a case with their component, time and gist, from the window and from the normal stretch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from lamplighter.diagnosis.readers.draft import owner
from lamplighter.diagnosis.readers.instants import split_stamp
from lamplighter.diagnosis.signals.series import BASELINE, PHASE, component_of
from lamplighter.diagnosis.templates import tells_error
from lamplighter.domain.evidence import Case, Evidence

LOKI = "loki.query_range"
LOG_TOOLS = frozenset({"logs", "docker.logs", "kubectl.logs", "journalctl"})
LINES_MAX = 40_000
LINE_CHARS_MAX = 600
GIST_WORDS = 11
GIST_WORDS_MIN = 6
ERROR_WORDS = 40
NANOSECONDS = 1e9
STAMP_DIGITS_MAX = 25
GIST_CHARS = 300
GIST_LETTERS_MIN = 2
_TOKEN = re.compile(r"[^\s\[\](){}<>,;|\"']{1,80}")
_DIGIT = re.compile(r"\d")
_HINTS = ("err", "exc", "fatal", "crit", "panic", "emerg", "severe", "alert", "traceback")
_SPAN = re.compile(r"[sS]pan_?[iI][dD]\W{1,4}([0-9A-Za-z]{1,32})")


class _Stream(msgspec.Struct):
    stream: dict[str, str] = {}
    values: list[tuple[str, str]] = []


class _Data(msgspec.Struct):
    result: list[_Stream] = []


class _Answer(msgspec.Struct):
    data: _Data


_DECODER = msgspec.json.Decoder(_Answer)


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `gist` is what stays the same when the data in it change; errors keep more of their words."""

    evidence: str
    component: str
    at: float
    gist: str
    error: bool
    span: str
    raw: str


def lines_of(case: Case) -> tuple[list[Line], list[Line]]:
    """Lines of the window and lines of the normal stretch, at most LINES_MAX of each."""
    window: list[Line] = []
    normal: list[Line] = []
    for piece in case.evidence:
        if piece.error:
            continue
        kept = normal if piece.params.get(PHASE) == BASELINE else window
        for component, when, raw in _raw(piece, case):
            if len(kept) < LINES_MAX:
                kept.append(_line(piece.id, component, when, raw[:LINE_CHARS_MAX]))
    return window, normal


def gist_of(raw: str) -> str:
    """The first plain words of a line: identifiers and values, which change from line to line, are left out."""
    words: list[str] = []
    value = False
    for token in _TOKEN.findall(raw[:GIST_CHARS]):
        name, mark, rest = token.partition("=") if "=" in token else token.partition(":")
        if not value and _plain(name):
            words.append(name)
            if len(words) == GIST_WORDS:
                break
        value = bool(mark) and not rest
        if value and len(words) >= GIST_WORDS_MIN:
            break
    return " ".join(words)


def error_gist_of(raw: str) -> str:
    """The words of an error line; what stands behind a colon is kept, because it says which error it is."""
    return " ".join([token for token in _TOKEN.findall(raw) if _plain(token.strip(":=.!"))][:ERROR_WORDS])


def _plain(word: str) -> bool:
    return len(word) >= GIST_LETTERS_MIN and _DIGIT.search(word) is None


def _line(evidence: str, component: str, when: float, raw: str) -> Line:
    small = raw.lower()
    error = any(hint in small for hint in _HINTS) and tells_error(raw)
    span = _SPAN.search(raw)
    gist = error_gist_of(raw) if error else gist_of(raw)
    return Line(evidence, component, when, gist, error, span[1] if span else "", raw)


def _raw(piece: Evidence, case: Case) -> Iterator[tuple[str, float, str]]:
    if piece.tool == LOKI:
        try:
            answer = _DECODER.decode(piece.content)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return
        for stream in answer.data.result:
            component = component_of(stream.stream, case) or stream.stream.get("app", "") or owner(piece)
            for stamp, raw in stream.values:
                yield (
                    component,
                    float(stamp) / NANOSECONDS
                    if stamp.isascii() and stamp.isdigit() and len(stamp) <= STAMP_DIGITS_MAX
                    else 0.0,
                    raw,
                )
    elif piece.tool in LOG_TOOLS:
        for raw in piece.content.splitlines()[-LINES_MAX:]:
            when, rest = split_stamp(raw[:LINE_CHARS_MAX])
            yield owner(piece), when.timestamp() if when else 0.0, rest
