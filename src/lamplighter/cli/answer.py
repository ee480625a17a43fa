"""An answer that a command gives, and how it is printed: as a table, JSON, YAML, a wide table, or names alone."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ruamel.yaml import YAML

from lamplighter.cli.output import Code, print_json, print_lines, print_table, say, write_out


class Shape(StrEnum):
    """How to print an answer."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"
    WIDE = "wide"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is what programs read. People read the table of `columns` and `rows`, or `lines` where there is none.

    A row's first cell is the name of what it is about, unless `names` says otherwise; the columns from `narrow` on are
    for `wide` only. `notes` are words on standard error; `code` is the exit code.
    """

    data: object
    lines: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[object]] = ()
    narrow: int | None = None
    names: Sequence[str] | None = None
    notes: Sequence[str] = ()
    code: Code = Code.OK


def print_answer(answer: Answer, shape: Shape) -> None:
    """The answer on standard output."""
    if shape is Shape.JSON:
        print_json(answer.data)
    elif shape is Shape.YAML:
        print_yaml(answer.data)
    elif shape is Shape.NAME:
        print_lines(*(str(name) for name in _names(answer)))
    else:
        if answer.columns:
            shown = None if shape is Shape.WIDE else answer.narrow
            print_table(answer.columns[:shown], [row[:shown] for row in answer.rows])
        if answer.lines:
            print_lines(*answer.lines)
        for note in answer.notes:
            say(note)


def print_yaml(data: object) -> None:
    """One YAML document on standard output; what a terminal could take for a command is escaped, as in JSON."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # the library's own default is a guess
    document = io.StringIO()
    # What JSON cannot hold becomes text there, and must become the same text here.
    yaml.dump(json.loads(json.dumps(data, default=str)), document)
    write_out(document.getvalue())


def _names(answer: Answer) -> Sequence[object]:
    return [row[0] for row in answer.rows] if answer.names is None else answer.names
