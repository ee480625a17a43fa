"""`lamplighter audit`: who did what, and whether the log of it is what it was. Verify and export need no server."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from lamplighter.cli.answer import Answer
from lamplighter.cli.asking import asks
from lamplighter.cli.client import Client, DataOption
from lamplighter.cli.configuration import ConfigOption, read
from lamplighter.cli.output import Code, Format, Output, Stop, clock, print_json, print_lines, say, write_out
from lamplighter.domain.audit import NOTHING, Row, line_of, row_of
from lamplighter.domain.chain import Broken, Checked, Fault, Head, judged, looked_through
from lamplighter.ports import StoreUnavailable

app = typer.Typer(help="Who did what, in a log that shows changes.", no_args_is_help=True)
LINE_CHARS_MAX = 65_536
ANCHOR = re.compile(r"(?:([1-9][0-9]{0,17}):)?([0-9a-f]{64})")
COLUMNS = ("row", "at (UTC)", "who", "what", "on", "detail", "hash")
NARROW = 6
ELSEWHERE = "keep the newest hash in another place: without it a log whose end was cut off looks whole"


class Lines(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"


@app.command("list")
@asks
def listed(
    client: Client,
    actor: Annotated[str, typer.Option("--actor", help="Who did it.")] = "",
    what: Annotated[str, typer.Option("--what", help="The kind of act, such as approval_granted.")] = "",
    incident: Annotated[str, typer.Option("--incident", help="Acts on this incident.")] = "",
    on: Annotated[str, typer.Option("--on", help="Acts on this account, token or silence.")] = "",
    since: Annotated[str, typer.Option("--since", help='Such as "24h", or ISO 8601.')] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=200)] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="The next page, as the one before names it.")] = "",
) -> Answer:
    """Acts, newest first. `-o wide` shows hashes too."""
    asked = {"actor": actor, "what": what, "incident": incident, "on": on, "since": since, "cursor": cursor}
    params: dict[str, Any] = {"limit": limit, **{name: value for name, value in asked.items() if value}}
    found = client.get("/api/v1/audit", params, holds="acts")
    notes = [f"{found['chain']['words']}; all of it: lamplighter audit verify"]
    if found["next"]:
        notes.append(f"more with --cursor {found['next']}")
    return Answer(found, columns=COLUMNS, rows=[_shown(one) for one in found["acts"]], narrow=NARROW, notes=notes)


@app.command()
def verify(
    file: Annotated[Path | None, typer.Argument(help="An export; without it the data folder's store.")] = None,
    anchor: Annotated[str, typer.Option("--anchor", help="A hash that was kept elsewhere: HASH or ROW:HASH.")] = "",
    output: Output = Format.TABLE,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Look through the whole chain, with no server. Names the first wrong row, and ends with 1 where there is one.

    Example: lamplighter audit verify --anchor 312:3f…
    """
    wanted = _anchor(anchor)
    with _exported(file) if file is not None else _stored(config, data) as (head, rows):
        known = looked_through(rows, head=head, anchor=wanted)
    wrong = known if isinstance(known, Broken) else judged(known, head, wanted)
    if known == Checked() and file is not None:
        wrong = Broken(1, Fault.CUT, "the file holds no row, and every export holds the beginning of a log")
    if wrong is None and isinstance(known, Checked):
        _say_whole(known, output, wanted)
        return
    if isinstance(wrong, Broken):
        if output is Format.JSON:
            print_json({"ok": False, "row": wrong.seq, "fault": str(wrong.fault), "words": wrong.words})
        else:
            print_lines(f"broken: row {wrong.seq}, {wrong.fault}: {wrong.words}")
    raise typer.Exit(Code.FAILED)


@app.command()
def export(
    to: Annotated[
        Path | None, typer.Option("--to", help="A file, which must not exist; default: standard output.")
    ] = None,
    _output: Annotated[Lines, typer.Option("--output", "-o", help="One row as JSON on each line.")] = Lines.JSONL,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write every row in order, with no server; `audit verify FILE` looks through it.

    Example: lamplighter audit export -o jsonl --to audit.jsonl
    """
    newest = Head()
    with _stored(config, data) as (_head, rows), _written(to) as write:
        for row in rows:
            write(line_of(row) + "\n")
            newest = Head(row.seq, row.hash)
    say(f"newest: {newest.seq}:{newest.hash}; {ELSEWHERE}")


def _say_whole(known: Checked, output: Format, anchor: Head) -> None:
    newest = f"{known.last}:{known.hash}"
    # A row that was pruned is not there to be looked at, so nothing is known of it but that a later row says so.
    anchored = "" if anchor.hash == NOTHING else "in it" if known.met else "pruned"
    if output is Format.JSON:
        told = {"ok": True, "rows": known.rows, "first": known.first, "last": known.last, "newest": newest}
        print_json(told | ({"anchor": anchored} if anchored else {}))
        return
    rows = f"{known.rows} rows, {known.first} to {known.last}" if known.rows else "no rows yet"
    found = {"": "", "in it": "; the anchor is in it", "pruned": "; the anchor's row was pruned, so it proves nothing"}
    print_lines(f"ok: {rows}{found[anchored]}", f"newest: {newest}")
    if not known.met:
        say(ELSEWHERE)


@contextmanager
def _stored(config: Path | None, data: Path | None) -> Iterator[tuple[Head | None, Iterator[Row]]]:
    """The store that the configuration or `--data` names. Raises `Stop`."""
    from lamplighter.store.audit_reading import reading  # noqa: PLC0415 - the store's library is slow to come

    settings = read(config, {"data_folder": str(data)} if data else None)
    url = settings.configuration.store.url or f"sqlite:///{settings.data_folder / 'lamplighter.db'}"
    try:
        with reading(url) as found:
            yield found
    except StoreUnavailable as problem:
        raise Stop(str(problem), Code.NOT_FOUND) from problem


@contextmanager
def _exported(file: Path) -> Iterator[tuple[Head | None, Iterator[Row]]]:
    """The rows of an export, which does not say itself where it should end. Raises `Stop`."""
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            yield None, _rows(iter(lambda: stream.readline(LINE_CHARS_MAX), ""))
    except OSError as problem:
        raise Stop(f"{file} cannot be read: {problem.strerror}", Code.NOT_FOUND) from problem


def _rows(lines: Iterator[str]) -> Iterator[Row]:
    last = 0
    for line in lines:
        try:
            row = row_of(line)
        except ValueError:
            # A row that fits no hash, in the place where one is expected.
            row = Row(last + 1, datetime.min.replace(tzinfo=UTC), "", "unreadable", "", {}, "", "")
        last = row.seq
        yield row


@contextmanager
def _written(to: Path | None) -> Iterator[Any]:
    if to is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            # Question marks in place of letters would look like changed rows.
            sys.stdout.reconfigure(encoding="utf-8")
        yield write_out
        return
    try:
        with to.open("x", encoding="utf-8") as stream:
            to.chmod(0o600)
            yield stream.write
    except FileExistsError as problem:
        raise Stop(f"{to} is there already; name another file", Code.CONFLICT) from problem
    except OSError as problem:
        raise Stop(f"{to} cannot be written: {problem.strerror}") from problem


def _anchor(text: str) -> Head:
    if not text:
        return Head()
    found = ANCHOR.fullmatch(text.strip().lower())
    if found is None:
        raise Stop("an anchor is a hash of 64 hex digits, or ROW:HASH, as verify prints it", Code.USAGE)
    return Head(int(found[1] or 0), found[2])


def _shown(one: dict[str, Any]) -> tuple[object, ...]:
    detail = ", ".join(f"{name.replace('_', ' ')} {said}" for name, said in sorted(one["detail"].items()))
    return one["seq"], clock(one["at"]), one["actor"], one["what"], one["on"], detail, one["hash"]
