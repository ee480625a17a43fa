"""Sits an exam: diagnoses every case of a folder and scores the answers. The engine never sees answer.json."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.evidence import Case
from lamplighter.lab.case_archive import ANSWER_FILE, BadCase, cases_below, files_of
from lamplighter.lab.case_file import case_of

SURE_FROM = 0.8
DOUBTFUL_BELOW = 0.5
BINS = 10
RANK_MAX = 3
CASES_MAX = 10_000
Diagnose = Callable[[Case], Diagnosis]


class Truth(msgspec.Struct):
    """answer.json: what counts as right."""

    components: list[str] = []
    faults: list[str] = []
    key_facts: list[list[str]] = []
    healthy: bool = False
    unanswerable: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What one case came to. Ranks are of the first right cause, 0 where none was; `error` where it could not be read.

    A healthy or unanswerable case that was answered rightly counts as rank 1.
    """

    case: str
    group: str
    rank: int = 0
    component_rank: int = 0
    said: str = ""
    expected: str = ""
    confidence: float | None = None
    undetermined: bool = False
    facts_found: int = 0
    facts_asked: int = 0
    healthy: bool = False
    false_alarm: bool = False
    seconds: float = 0.0
    error: str = ""


def sit(folder: Path, diagnose: Diagnose, tell: Callable[[Row], None] = lambda _row: None) -> list[Row]:
    """Every case below a folder, in the order of names, at most CASES_MAX. Raises `BadCase` where there is none."""
    rows: list[Row] = []
    for path in cases_below(folder):
        if len(rows) == CASES_MAX:
            raise BadCase(f"{folder}: more than {CASES_MAX} cases")
        rows.append(scored(path, diagnose))
        tell(rows[-1])
    if not rows:
        raise BadCase(f"{folder}: holds no case; a case is a folder with case.json, a .tar.gz or a .zip")
    return rows


def scored(path: Path, diagnose: Diagnose) -> Row:
    """One case; what cannot be read counts as wrong, and says why."""
    name, group = _name(path), path.parent.name
    try:
        files = files_of(path)
        truth = truth_of(files)
        case = case_of({key: data for key, data in files.items() if key != ANSWER_FILE})
    except BadCase as problem:
        return Row(name, group, error=str(problem))
    # A search for garbage falls on whoever computes just then; what it costs is not the diagnosis'.
    gc.collect()
    gc.disable()
    try:
        began = time.perf_counter()
        diagnosis = diagnose(case)
        seconds = time.perf_counter() - began
    finally:
        gc.enable()
    return replace(judged(diagnosis, truth), case=case.id, group=group, seconds=round(seconds, 5))


def truth_of(files: Mapping[str, bytes]) -> Truth:
    """The accepted answer. Raises `BadCase`."""
    if ANSWER_FILE not in files:
        raise BadCase(f"{ANSWER_FILE}: is missing, so that the case cannot be scored")
    try:
        return msgspec.json.decode(files[ANSWER_FILE], type=Truth)
    except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
        raise BadCase(f"{ANSWER_FILE}: {str(problem)[:160]}") from problem


def judged(diagnosis: Diagnosis, truth: Truth) -> Row:
    """The answer beside the truth."""
    best = diagnosis.best
    row = Row(
        "",
        "",
        said=f"{best.component}: {best.fault}" if best else "undetermined" if diagnosis.undetermined else "healthy",
        expected=_expected(truth),
        confidence=best.confidence if best else None,
        undetermined=diagnosis.undetermined or (best is None and not truth.healthy),
        healthy=truth.healthy,
    )
    if truth.unanswerable:
        right = best is None or best.confidence < DOUBTFUL_BELOW
        return replace(row, rank=int(right), component_rank=int(right), confidence=None if right else row.confidence)
    if truth.healthy:
        right = best is None and not diagnosis.undetermined
        return replace(row, rank=int(right), component_rank=int(right), false_alarm=best is not None)
    component_rank, rank = _ranks(diagnosis, truth)
    found = _facts_found(diagnosis, truth.key_facts)
    return replace(row, rank=rank, component_rank=component_rank, facts_found=found, facts_asked=len(truth.key_facts))


def _expected(truth: Truth) -> str:
    if truth.healthy:
        return "healthy"
    if truth.unanswerable:
        return "undetermined"
    return f"{' | '.join(truth.components[:3])}: {' | '.join(truth.faults[:3]) or 'any'}"


def _ranks(diagnosis: Diagnosis, truth: Truth) -> tuple[int, int]:
    components, faults = _folded(truth.components), _folded(truth.faults)
    component_rank = 0
    for cause in diagnosis.causes:
        if cause.component.strip().casefold() not in components:
            continue
        component_rank = component_rank or cause.rank
        if not faults or cause.fault.strip().casefold() in faults:
            return component_rank, cause.rank
    return component_rank, 0


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in names)


def _facts_found(diagnosis: Diagnosis, asked: Sequence[Sequence[str]]) -> int:
    best = diagnosis.best
    if best is None:
        return 0
    said = [diagnosis.statement, best.statement, *(fact.text for fact in diagnosis.cited(best))]
    text = "\n".join(said).casefold()
    return sum(any(word.casefold() in text for word in words) for words in asked)


def _name(path: Path) -> str:
    return path.name.removesuffix(".tar.gz").removesuffix(".tgz").removesuffix(".zip")


def figures(rows: Sequence[Row]) -> dict[str, object]:
    """All figures of a set of rows: shares from 0 to 1, times in seconds; None where nothing was asked."""
    count = len(rows)
    seconds = sorted(row.seconds for row in rows)
    asked = sum(row.facts_asked for row in rows)
    return {
        "cases": count,
        "right_at_1": _share(rows, lambda row: row.rank == 1),
        "right_at_3": _share(rows, lambda row: 1 <= row.rank <= RANK_MAX),
        "component_at_1": _share(rows, lambda row: row.component_rank == 1),
        "component_at_3": _share(rows, lambda row: 1 <= row.component_rank <= RANK_MAX),
        "wrong_confident": _share(rows, lambda row: row.rank != 1 and (row.confidence or 0.0) >= SURE_FROM),
        "calibration_error": calibration_error(rows),
        "undetermined": _share(rows, lambda row: row.undetermined),
        "key_facts": round(sum(row.facts_found for row in rows) / asked, 4) if asked else None,
        "healthy": sum(row.healthy for row in rows),
        "false_alarms": sum(row.false_alarm for row in rows),
        "unreadable": sum(bool(row.error) for row in rows),
        "median_seconds": round(statistics.median(seconds), 5),
        "p95_seconds": seconds[min(count - 1, int(0.95 * count))],
    }


def _share(rows: Sequence[Row], holds: Callable[[Row], bool]) -> float:
    return round(sum(holds(row) for row in rows) / len(rows), 4)


@dataclass(frozen=True, slots=True)
class Bin:
    """The named causes of one range of confidence: how many, what was said on average, and what share came true."""

    low: float
    high: float
    count: int
    said: float
    right: float


def bins(rows: Sequence[Row]) -> list[Bin]:
    """Ten ranges of confidence, without those in which nothing was named."""
    found: list[Bin] = []
    for place in range(BINS):
        inside = [
            (row.confidence, row.rank == 1)
            for row in rows
            if row.confidence is not None and min(int(row.confidence * BINS), BINS - 1) == place
        ]
        if inside:
            count = len(inside)
            said, right = sum(sure for sure, _ in inside) / count, sum(hit for _, hit in inside) / count
            found.append(Bin(place / BINS, (place + 1) / BINS, count, said, right))
    return found


def calibration_error(rows: Sequence[Row]) -> float | None:
    """The mean gap between confidence and hits over ten bins, weighted by their size; None where nothing was named."""
    found = bins(rows)
    count = sum(one.count for one in found)
    return round(sum(one.count * abs(one.said - one.right) for one in found) / count, 4) if count else None
