"""Cuts the tables that kubectl prints into rows of named cells, whatever their columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence

ROWS_MAX = 3_000
CELL_CHARS_MAX = 2_000
_GAP = re.compile(r"\s{2,}|\t+")
_RULE = re.compile(r"^[\s-]{3,}$")
_HEAD = re.compile(
    r"^\s{0,12}(?:NAMESPACE|NAME|LAST SEEN|FIRST SEEN|LASTSEEN|FIRSTSEEN|POD"
    r"|Type|Resource)\b(?:\s{2,}|\t|\s+[A-Z]|\s*$)"
)

Row = dict[str, str]


def blocks(content: str) -> list[tuple[tuple[str, ...], list[Row]]]:
    """Each table in `content`: the names of its columns, in upper case, and its rows."""
    found: list[tuple[tuple[str, ...], list[Row]]] = []
    head, body = "", list[str]()
    for line in content.splitlines()[:ROWS_MAX]:
        if _HEAD.match(line):
            found += [table(head, body)] if head else []
            head, body = line, []
        elif head:
            body.append(line)
    return found + ([table(head, body)] if head else [])


def table(head: str, body: Sequence[str]) -> tuple[tuple[str, ...], list[Row]]:
    """The columns and rows under one header line; a row's cells are found by place, or by their gaps."""
    starts = [place for place, _ in _columns(head)]
    names = tuple(name.upper() for _, name in _columns(head))
    rows: list[Row] = []
    for line in body:
        if line.strip() and not _RULE.match(line):
            cells = _by_place(line, starts) or _by_gap(line, len(names))
            rows.append({name: cell[:CELL_CHARS_MAX] for name, cell in zip(names, cells, strict=False)})
    return names, rows


def _columns(head: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    place = len(head) - len(head.lstrip())
    for piece in _GAP.split(head.strip()):
        place = head.index(piece, place)
        # One blank alone parts two columns of a narrow table, but not the words of one name.
        for name in _names(piece):
            start = head.index(name, place)
            found.append((start, name))
            place = start + len(name)
    return found


_DOUBLE = re.compile(
    r"(?i)LAST SEEN|FIRST SEEN|NOMINATED NODE|READINESS GATES|ACCESS MODES|RECLAIM POLICY|LAST SCHEDULE|NODE SELECTOR"
    r"|LAST STATE|\S+"
)


def _names(piece: str) -> list[str]:
    return [found[0] for found in _DOUBLE.finditer(piece)]


def _by_place(line: str, starts: Sequence[int]) -> list[str]:
    """The cells where each begins under its name; nothing where a cell runs over that place."""
    if any(start > 0 and start < len(line) and line[start - 1] not in " \t" for start in starts):
        return []
    ends = [*starts[1:], len(line)]
    cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    return cells if cells and cells[0] else []


def _by_gap(line: str, count: int) -> list[str]:
    cells = _GAP.split(line.strip(), maxsplit=max(0, count - 1))
    return cells if len(cells) > 1 or count == 1 else line.split(maxsplit=max(0, count - 1))
