"""An exam as one Markdown page: figures of each folder, what was missed, how true the confidence is. Pure rendering."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from lamplighter.lab.exam import Row, bins, figures

CELL_CHARS_MAX = 160
MISSES_MAX = 500
_COLUMNS = (
    ("cases", "cases"),
    ("right at 1", "right_at_1"),
    ("right at 3", "right_at_3"),
    ("component at 1", "component_at_1"),
    ("component at 3", "component_at_3"),
    ("undetermined", "undetermined"),
    ("wrong and sure", "wrong_confident"),
    ("calibration error", "calibration_error"),
    ("key facts", "key_facts"),
    ("false alarms", "false_alarms"),
    ("median, s", "median_seconds"),
    ("p95, s", "p95_seconds"),
)
_COUNTS = frozenset({"cases", "false_alarms"})
_SECONDS = frozenset({"median_seconds", "p95_seconds"})
# What would end a table's cell, or begin a link, a picture, code or an element of HTML.
_ESCAPED = frozenset("\\|<>&[]`*~")


def markdown(rows: Sequence[Row], title: str, made: str) -> str:
    """The page; `made` says when, with which version and on which machine."""
    parts = [
        f"# Exam: {_cell(title)}",
        _cell(made),
        "## Figures",
        _table(("folder", *(name for name, _ in _COLUMNS)), [_figures(name, own) for name, own in groups(rows)]),
        "## Misses",
        _misses(rows),
        "## Confidence",
        _confidence(rows),
    ]
    return "\n\n".join(parts) + "\n"


def groups(rows: Sequence[Row]) -> list[tuple[str, Sequence[Row]]]:
    """The rows of each folder, and all of them where there are several folders."""
    names = sorted({row.group for row in rows})
    sets: list[tuple[str, Sequence[Row]]] = [(name, [row for row in rows if row.group == name]) for name in names]
    return sets if len(sets) == 1 else [*sets, ("all", rows)]


def _figures(name: str, rows: Sequence[Row]) -> list[str]:
    found = figures(rows)
    return [name, *(_number(key, found[key]) for _, key in _COLUMNS)]


def _number(key: str, value: object) -> str:
    if value is None:
        return "-"
    if key in _COUNTS or not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if key in _SECONDS else f"{value:.2f}"


def _misses(rows: Sequence[Row]) -> str:
    missed = [row for row in rows if row.rank != 1]
    if not missed:
        return "None."
    cells = [
        [row.case, str(row.rank or "-"), row.said or row.error, row.expected, _sure(row)] for row in missed[:MISSES_MAX]
    ]
    left = len(missed) - MISSES_MAX
    more = f"\n\nAnd {left} more." if left > 0 else ""
    return _table(("case", "right at", "said", "expected", "confidence"), cells) + more


def _sure(row: Row) -> str:
    return "-" if row.confidence is None else f"{row.confidence:.2f}"


def _confidence(rows: Sequence[Row]) -> str:
    found = bins(rows)
    if not found:
        return "No cause was named."
    cells = [
        [f"{one.low:.1f} to {one.high:.1f}", str(one.count), f"{one.said:.2f}", f"{one.right:.2f}"] for one in found
    ]
    return _table(("confidence", "cases", "said", "came true"), cells)


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    """Text that stays text, whatever a case says: on one line, with nothing that Markdown or HTML would take up."""
    plain = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[:CELL_CHARS_MAX])
    return "".join(f"\\{c}" if c in _ESCAPED else c for c in " ".join(plain.split()))
