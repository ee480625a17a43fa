"""How answers are printed, and the exit codes."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from enum import IntEnum, StrEnum
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDTH_WITHOUT_TERMINAL = 160
COERCED = frozenset({"c.utf-8", "c.utf8"})


class Code(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NOT_ALLOWED = 4
    CONFLICT = 5
    FOUND_SOMETHING = 6
    UNREACHABLE = 7
    INTERRUPTED = 130


class Format(StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


Output = Annotated[Format, typer.Option("--output", "-o", help="How to print: table or json.")]


class Stop(Exception):
    """Ends the command with a sentence and an exit code."""

    def __init__(self, words: str, code: Code = Code.FAILED) -> None:
        super().__init__(words)
        self.code = code


def plain(text: object) -> str:
    """Text without control characters, so that what an alert says cannot steer a terminal."""
    return "".join(c if c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} else "\ufffd" for c in str(text))


def clock(at: str) -> str:
    """A time of the API for people: UTC, to the second."""
    return at[:19].replace("T", " ")


def has_unicode(environment: Mapping[str, str], encoding: str | None) -> bool:
    """Whether a terminal can be expected to show more than ASCII, by its locale and by how output is encoded.

    Python itself puts a UTF-8 LC_CTYPE in place of the locale C, so that alone tells nothing.
    """
    own = environment.get("LC_CTYPE", "")
    language = environment.get("LANG", "")
    coerced = own.lower() in COERCED and language in {"", "C", "POSIX"}
    locale = environment.get("LC_ALL") or ("" if coerced else own) or language
    return "utf" in locale.lower() and "utf" in (encoding or "").lower()


def say(words: str) -> None:
    """Words for people, on standard error."""
    sys.stderr.write(plain(words) + "\n")
    sys.stderr.flush()


def print_json(data: object) -> None:
    """One JSON document on standard output."""
    write_out(json.dumps(data, indent=2, default=str) + "\n")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on standard output; plain lines where it is not a terminal, and no colour where NO_COLOR is set."""
    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell)) for cell in row))
    width = None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    console = Console(width=width, highlight=False, legacy_windows=False)
    with console.capture() as captured:
        console.print(table)
    write_out(captured.get())


def print_lines(*lines: str) -> None:
    """Plain lines on standard output."""
    write_out("".join(plain(line) + "\n" for line in lines))


def write_out(text: str) -> None:
    """Text on standard output, at once. A reader that went away, as `| head` does, is a good end. Raises `Stop`."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as problem:
        # Python would complain once more at shutdown, when it writes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(problem, BrokenPipeError):
            raise typer.Exit(Code.OK) from None
        raise Stop(f"standard output cannot be written: {problem.strerror}") from problem
