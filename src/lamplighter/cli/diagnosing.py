"""`lamplighter diagnose`, `replay` and `exam`: cases on disk through the engine, with no server and no store."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lamplighter import __version__
from lamplighter.cli.configuration import ConfigOption, read
from lamplighter.cli.output import Code, Format, Output, Stop, print_json, print_lines, print_table, say, write_out
from lamplighter.cli.progress import Progress
from lamplighter.domain.redaction import redact, redact_tree

# The engine is imported where it is asked, because its tables take longer than most commands, which need none of them.
if TYPE_CHECKING:
    from lamplighter.domain.cause import Diagnosis
    from lamplighter.domain.evidence import Case
    from lamplighter.lab.bundle import Bundle
    from lamplighter.lab.exam import Row


class Sheet(StrEnum):
    """How to print an exam."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


CaseArgument = Annotated[
    Path,
    typer.Argument(
        help="A case: a folder with case.json, a .tar.gz or a .zip; or a support bundle, which has raw outputs alone."
    ),
]
SymptomOption = Annotated[
    str, typer.Option("--symptom", "-m", help="What is wrong, in your words; it names what the question is about.")
]
SYMPTOM_CHARS_MAX = 500
VerboseOption = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say what each file of a bundle was read as, and which were not read.")
]
FolderArgument = Annotated[Path, typer.Argument(help="A folder of cases with answers.")]
SheetOption = Annotated[Sheet, typer.Option("--output", "-o", help="How to print: table, json or markdown.")]
_FIGURES = ("right_at_1", "right_at_3", "component_at_1", "component_at_3", "undetermined", "wrong_confident")


def diagnose(
    case: CaseArgument,
    symptom: SymptomOption = "",
    verbose: VerboseOption = False,
    output: Output = Format.TABLE,
) -> None:
    """The causes of one case or support bundle, each with the facts that carry it.

    lamplighter diagnose incident-7.tar.gz -o json

    lamplighter diagnose must-gather/ -v --symptom "checkout is slow"
    """
    from lamplighter.diagnosis import diagnose as ask  # noqa: PLC0415 - see above
    from lamplighter.reports.diagnosis_answer import answer_of  # noqa: PLC0415 - see above

    known = opened(case, verbose=verbose)
    known = replace(known, symptom=symptom[:SYMPTOM_CHARS_MAX]) if symptom else known
    began = time.perf_counter()
    found = ask(known)
    found = replace(found, elapsed_seconds=round(time.perf_counter() - began, 4))
    if output is Format.JSON:
        print_json(redact_tree(answer_of(known.id, found)))
    else:
        print_lines(*map(redact, _told(found)))


def opened(path: Path, *, verbose: bool = False) -> Case:
    """The case or bundle at a path; what was not read of a bundle is said. Raises `Stop`."""
    from lamplighter.lab.bundle import open_case  # noqa: PLC0415 - see above
    from lamplighter.lab.case_archive import BadCase  # noqa: PLC0415 - see above

    try:
        found = open_case(path)
    except BadCase as problem:
        raise Stop(str(problem), Code.USAGE) from problem
    _say_how(found, verbose=verbose)
    return found.case


def _say_how(found: Bundle, *, verbose: bool) -> None:
    for words in found.read_as if verbose else ():
        say(redact(words))
    for file, why in sorted(found.left_out.items()) if verbose else ():
        say(redact(f"{file}: not read: {why}"))
    if found.left_out and not verbose:
        say(f"{len(found.left_out)} files were not read; -v says which, and why")


def replay(
    case: CaseArgument,
    config: ConfigOption = None,
    verbose: VerboseOption = False,
    output: Output = Format.TABLE,
) -> None:
    """The whole response on a case, by your own policy, with effects turned off: what would be done, and why.

    lamplighter replay incident-7.tar.gz

    lamplighter replay incident-7.tar.gz --config lamplighter.yaml -o json
    """
    from lamplighter.diagnosis import diagnose as ask  # noqa: PLC0415 - see above
    from lamplighter.lab.case_replay import as_json, replay_case  # noqa: PLC0415 - see above
    from lamplighter.reports.diagnosis_answer import answer_of  # noqa: PLC0415 - see above

    rules = read(config).configuration.autonomy.rules(frozenset())
    told = asyncio.run(replay_case(opened(case, verbose=verbose), rules, ask))
    if output is Format.JSON:
        print_json(redact_tree({**as_json(told), "diagnosis": answer_of(told.case, told.diagnosis)}))
        return
    print_table(("step", "who", "what"), [(one.step, one.who, redact(one.text)) for one in told.steps])
    would = redact(", then ".join(told.effects)) or "do nothing"
    print_lines(f"replayed with effects off: I would {would}; approval: {told.approval}")


def _told(found: Diagnosis) -> list[str]:
    lines = [found.statement or "nothing was found"]
    for cause in found.causes:
        lines.append(f"{cause.rank}. {cause.word} ({cause.confidence:.0%}): {cause.component}: {cause.fault}")
        lines.append(f"   {cause.statement}")
        lines.extend(f"   [{fact.id}] {fact.text}" for fact in found.cited(cause))
        lines.extend(f"   now: {action}" for action in cause.immediate)
        lines.extend(f"   later: {action}" for action in cause.prevention)
    lines.extend(f"ruled out: {one.component}: {one.fault} [{', '.join(one.because)}]" for one in found.ruled_out)
    lines.extend(f"needs: {need}" for need in found.needs)
    lines.append(f"rules only, {found.elapsed_seconds * 1000:.0f} ms, $0.000")
    return lines


def exam(
    folder: FolderArgument,
    output: SheetOption = Sheet.TABLE,
    report: Annotated[
        Path | None, typer.Option("--report", help="Also write the Markdown report to this file.")
    ] = None,
) -> None:
    """Diagnose every case below a folder, and score the answers against answer.json. Low figures are no failure.

    lamplighter exam tests/golden/cases -o json

    lamplighter exam my-exam --report exam.md
    """
    from lamplighter.lab.exam import figures  # noqa: PLC0415 - see above
    from lamplighter.lab.exam_report import groups, markdown  # noqa: PLC0415 - see above

    rows = _sat(folder)
    page = redact(markdown(rows, folder.resolve().name, _made()))
    if report is not None:
        try:
            report.write_text(page, encoding="utf-8")
        except OSError as problem:
            raise Stop(f"{report} cannot be written: {problem.strerror or problem}") from problem
    if output is Sheet.JSON:
        print_json(redact_tree({**figures(rows), "rows": [asdict(row) for row in rows]}))
    elif output is Sheet.MARKDOWN:
        write_out(page)
    else:
        print_table(("case", "rank", "said", "sure", "expected"), [_cells(row) for row in rows])
        print_lines(*(_line(name, own) for name, own in groups(rows)))


def _sat(folder: Path) -> list[Row]:
    from lamplighter.diagnosis import diagnose as ask  # noqa: PLC0415 - see above
    from lamplighter.lab.case_archive import BadCase  # noqa: PLC0415 - see above
    from lamplighter.lab.exam import sit  # noqa: PLC0415 - see above

    progress, right, count = Progress(), 0, 0

    def tell(row: Row) -> None:
        nonlocal right, count
        count, right = count + 1, right + (row.rank == 1)
        if row.error:
            say(redact(f"{row.case}: {row.error}"))
        progress.at(f"{count} cases, {right} right, the last {row.case}")

    try:
        return sit(folder, ask, tell)
    except BadCase as problem:
        raise Stop(str(problem), Code.USAGE) from problem
    finally:
        progress.end()


def _made() -> str:
    """When, with what and on what: figures of time mean nothing without."""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}"
    return f"Lamplighter {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}, rules only"


def _cells(row: Row) -> tuple[object, ...]:
    sure = "" if row.confidence is None else f"{row.confidence:.2f}"
    return row.case, row.rank or "-", redact(row.said or row.error), sure, row.expected


def _line(name: str, rows: Sequence[Row]) -> str:
    from lamplighter.lab.exam import figures  # noqa: PLC0415 - see above

    found = figures(rows)
    shares = ", ".join(f"{key} {found[key]}" for key in _FIGURES)
    return f"{name}: {found['cases']} cases, {shares}, calibration_error {found['calibration_error']}"
