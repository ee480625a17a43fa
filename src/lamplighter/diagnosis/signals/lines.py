"""Log lines of a case with their component, time and template, from the window and from the normal stretch."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from lamplighter.diagnosis.masking import heard
from lamplighter.diagnosis.readers.draft import owner
from lamplighter.diagnosis.readers.instants import split_stamp
from lamplighter.diagnosis.signals.series import BASELINE, PHASE, component_of
from lamplighter.diagnosis.templates import Templates, Words, mean_error
from lamplighter.domain.evidence import Case, Evidence

LOKI = "loki.query_range"
LOG_TOOLS = frozenset({"logs", "docker.logs", "kubectl.logs", "supervisor.logs", "journalctl"})
LINES_MAX = 40_000
LINE_CHARS_MAX = 600
COMPONENTS_MAX = 500
# Words compared over all components: a second or two of work on lines that are all unlike; then they stand alone.
EFFORT_MAX = 10_000_000
NANOSECONDS = 1e9
STAMP_DIGITS_MAX = 25
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
    """One line. `template` is what stays the same when the data in it change; `at` is 0 where no time is known."""

    evidence: str
    component: str
    at: float
    template: str
    error: bool
    span: str
    raw: str


@dataclass(frozen=True, slots=True)
class _Raw:
    evidence: str
    component: str
    at: float
    text: str


def lines_of(case: Case) -> tuple[list[Line], list[Line]]:
    """Lines of the window and lines of the normal stretch, at most LINES_MAX of each.

    Where no log was taken of a normal stretch of its own, lines from its times are those of it.
    """
    window: list[_Raw] = []
    normal: list[_Raw] = []
    ends = (0.0, 0.0)
    if not taken_apart(case) and case.baseline_start and case.baseline_end:
        ends = case.baseline_start.timestamp(), case.baseline_end.timestamp()
    for piece in case.evidence:
        if not _is_log(piece):
            continue
        calm = piece.params.get(PHASE) == BASELINE
        for line in _raw(piece, case):
            kept = normal if calm or ends[0] <= line.at < ends[1] else window
            if len(kept) < LINES_MAX:
                kept.append(line)
    return _sorted_out(window, normal)


def taken_apart(case: Case) -> bool:
    """Whether a log of a normal stretch of its own was taken, and not only one that begins before the trouble."""
    return any(_is_log(piece) and piece.params.get(PHASE) == BASELINE for piece in case.evidence)


def _is_log(piece: Evidence) -> bool:
    return not piece.error and (piece.tool == LOKI or piece.tool in LOG_TOOLS)


def _sorted_out(window: list[_Raw], normal: list[_Raw]) -> tuple[list[Line], list[Line]]:
    """The lines with their templates, which each component's lines of both stretches make together."""
    books: dict[str, Templates] = {}
    known: dict[tuple[str, Words], int] = {}
    effort = 0
    for line in (*normal, *window):
        words = heard(line.text)
        book = books.setdefault(line.component if len(books) < COMPONENTS_MAX else "", Templates())
        if (line.component, words) not in known and effort < EFFORT_MAX:
            before = book.effort
            known[line.component, words] = book.learn(words).id
            effort += book.effort - before
    texts = {(component, template.id): template.text for component, book in books.items() for template in book.all()}
    return tuple([_line(one, known, texts) for one in side] for side in (window, normal))  # type: ignore[return-value]


def _line(one: _Raw, known: dict[tuple[str, Words], int], texts: dict[tuple[str, int], str]) -> Line:
    words = heard(one.text)
    text = texts.get((one.component, known.get((one.component, words), 0))) or " ".join(words)
    span = _SPAN.search(one.text)
    return Line(one.evidence, one.component, one.at, text, mean_error(words), span[1] if span else "", one.text)


def _raw(piece: Evidence, case: Case) -> Iterator[_Raw]:
    if piece.tool == LOKI:
        yield from _streamed(piece, case)
        return
    for raw in piece.content.splitlines()[-LINES_MAX:]:
        when, rest = split_stamp(raw[:LINE_CHARS_MAX])
        if rest.strip():
            yield _Raw(piece.id, owner(piece), when.timestamp() if when else 0.0, rest)


def _streamed(piece: Evidence, case: Case) -> Iterator[_Raw]:
    try:
        answer = _DECODER.decode(piece.content)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return
    for stream in answer.data.result:
        component = component_of(stream.stream, case) or stream.stream.get("app", "") or owner(piece)
        for stamp, raw in stream.values:
            told = stamp.isascii() and stamp.isdigit() and len(stamp) <= STAMP_DIGITS_MAX
            yield _Raw(piece.id, component, float(stamp) / NANOSECONDS if told else 0.0, raw[:LINE_CHARS_MAX])
