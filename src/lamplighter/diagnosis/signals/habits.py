"""What always goes with a request, and no longer does: steps and log lines that vanished, errors that appeared."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lamplighter.diagnosis.signals.durations import kinds_of
from lamplighter.diagnosis.signals.lines import Line
from lamplighter.diagnosis.signals.spans import Visit

ALWAYS = 0.9
SELDOM = 0.2
VISITS_MIN = 2
STRETCHES = 4
DEEDS_MAX = 20_000
ERROR_MARK = "! "
FAILED = "! the span says that it failed"
_ERROR_NAME = re.compile(r"(?i)error|exception|fallback")
_WARNING = re.compile(r"(?i)\bwarn|\bfail")


@dataclass(frozen=True, slots=True)
class Break:
    """A habit of one kind of visit that broke. `weight` is the log of how much better a change explains the counts."""

    component: str
    entry: str
    deed: str
    error: bool
    appeared: bool
    now: tuple[int, int]
    normally: tuple[int, int]
    weight: float
    at: float
    traces: frozenset[str] = frozenset()
    evidence: str = ""
    example: str = ""


def mark(visits: Iterable[Visit]) -> None:
    """Write a failure among the deeds of the visit that it began in."""
    for visit in visits:
        if visit.failed and not visit.failed_below:
            visit.deeds.add(FAILED)


def attach(lines: Iterable[Line], by_span: dict[str, Visit]) -> None:
    """Write each line that names a span among the deeds of the visit that wrote it."""
    for line in lines:
        visit = by_span.get(line.span) if line.span else None
        if visit is not None and visit.component == line.component:
            visit.note(deed_of(line))


def deed_of(line: Line) -> str:
    """A line as what its writer did."""
    return (ERROR_MARK if line.error else "") + "log: " + line.template


def breaks_of(window: Sequence[Visit], normal: Sequence[Visit], lines: Sequence[Line] = ()) -> list[Break]:
    """The broken habits of all kinds of visits that both stretches know, the surest first; of errors, with a line."""
    now, before = kinds_of(window), kinds_of(normal)
    examples = {(line.component, deed_of(line)): line.raw for line in reversed(lines) if line.error}
    found: list[Break] = []
    for kind in sorted(now.keys() & before.keys()):
        usual = before[kind]
        if len(usual) < VISITS_MIN:
            continue
        found += _of_kind(kind, sorted(now[kind], key=lambda visit: visit.start), usual)
    found = [replace(one, example=examples.get((one.component, one.deed), "")) for one in found]
    return sorted(found, key=lambda one: (-one.weight, one.component, one.deed))


def _of_kind(kind: tuple[str, str], now: list[Visit], usual: list[Visit]) -> list[Break]:
    deeds = {deed for visit in (*now, *usual) for deed in visit.deeds}
    # A normal stretch may hold failed requests of its own; what always goes with a request is asked of the others.
    well = [visit for visit in usual if not any(map(_is_error, visit.deeds))]
    found: list[Break] = []
    for deed in sorted(deeds)[:DEEDS_MAX]:
        if _is_error(deed) and _share(deed, usual) <= SELDOM:
            found += _appeared(kind, deed, now, usual)
        elif not _of_trouble(deed) and _share(deed, well) >= ALWAYS:
            found += _vanished(kind, deed, now, well)
    return found


def _is_error(deed: str) -> bool:
    return deed.startswith(ERROR_MARK) or bool(_ERROR_NAME.search(deed))


def _of_trouble(deed: str) -> bool:
    return _is_error(deed) or bool(_WARNING.search(deed))


def _share(deed: str, visits: list[Visit]) -> float:
    return sum(deed in visit.deeds for visit in visits) / len(visits) if visits else 0.0


def _vanished(kind: tuple[str, str], deed: str, now: list[Visit], usual: list[Visit]) -> list[Break]:
    best: Break | None = None
    done = sum(deed in visit.deeds for visit in usual)
    for part in _suffixes(now):
        kept = sum(deed in visit.deeds for visit in part)
        weight = surprise(kept, len(part), done, len(usual))
        if kept / len(part) <= SELDOM and (best is None or weight > best.weight):
            hit = frozenset(visit.trace for visit in part if deed not in visit.deeds)
            best = Break(
                *kind,
                deed,
                False,
                False,
                (kept, len(part)),
                (done, len(usual)),
                weight,
                part[0].start,
                hit,
                part[0].evidence,
            )
    return [best] if best else []


def _appeared(kind: tuple[str, str], deed: str, now: list[Visit], usual: list[Visit]) -> list[Break]:
    hit = [visit for visit in now if deed in visit.deeds]
    if not hit:
        return []
    done = sum(deed in visit.deeds for visit in usual)
    weight = surprise(len(hit), len(now), done, len(usual))
    traces = frozenset(visit.trace for visit in hit)
    counts = (len(hit), len(now)), (done, len(usual))
    return [Break(*kind, deed, True, True, *counts, weight, hit[0].start, traces, hit[0].evidence)]


def _suffixes(now: list[Visit]) -> list[list[Visit]]:
    """The whole stretch and its later parts: a fault may begin anywhere in it."""
    places = sorted({len(now) * part // STRETCHES for part in range(STRETCHES)})
    return [part for place in places if len(part := now[place:]) >= VISITS_MIN]


def surprise(now: int, of_now: int, before: int, of_before: int) -> float:
    """The log of the likelihood ratio between two different shares and one common share."""
    common = (now + before) / (of_now + of_before)
    return (
        _likelihood(now, of_now, now / of_now)
        + _likelihood(before, of_before, before / of_before)
        - _likelihood(now, of_now, common)
        - _likelihood(before, of_before, common)
    )


def _likelihood(count: int, total: int, share: float) -> float:
    if share in {0.0, 1.0}:
        return 0.0
    return count * math.log(share) + (total - count) * math.log(1 - share)
