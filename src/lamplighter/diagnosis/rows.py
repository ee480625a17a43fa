"""Decodes what Prometheus answers into rows: labels and points. What the points mean is not asked here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import msgspec

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items
from lamplighter.domain.evidence import Evidence

RANGE_TOOLS = frozenset({"prometheus.query_range", "prometheus.query"})
# Two look at the same answers of one case; longer ones are decoded twice, so that none is held for long.
KEPT = 16
KEPT_CHARS_MAX = 300_000
PAIR = 2

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One series of an answer: its labels, and its points in the order of the answer, each a finite number."""

    labels: dict[str, str]
    points: tuple[Point, ...]
    instant: Point | None = None


class _Row(msgspec.Struct):
    metric: dict[str, str] = {}
    values: list[tuple[float, str | float]] = []
    value: tuple[float, str | float] | None = None


class _Data(msgspec.Struct):
    result: list[_Row] = []


class _Answer(msgspec.Struct):
    data: _Data


_DECODER = msgspec.json.Decoder(_Answer)


def rows_of(piece: Evidence) -> tuple[Row, ...]:
    """The rows of an answer to a query; none where it is no such answer."""
    return _kept(piece.content) if len(piece.content) <= KEPT_CHARS_MAX else _rows(piece.content)


@lru_cache(maxsize=KEPT)
def _kept(content: str) -> tuple[Row, ...]:
    return _rows(content)


def _rows(content: str) -> tuple[Row, ...]:
    try:
        answer = _DECODER.decode(content)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return _read_loosely(content)
    return tuple(
        Row(row.metric, _points(row.values), next(iter(_points([row.value])), None) if row.value else None)
        for row in answer.data.result
    )


def _points(raw: list[tuple[float, str | float]]) -> tuple[Point, ...]:
    try:
        points = [(when, float(value)) for when, value in raw]
    except ValueError:
        return _numbers(raw)
    return tuple([point for point in points if math.isfinite(point[1])])


def _read_loosely(content: str) -> tuple[Row, ...]:
    """The rows of an answer in which something is not as it should be: all else counts."""
    try:
        found = items(decoded(content), "data", "result")
    except Unreadable:
        return ()
    return tuple(
        Row(
            _labels(at(row, "metric")),
            _numbers(items(row, "values")),
            next(iter(_numbers([at(row, "value")])), None),
        )
        for row in found
    )


def _labels(metric: object) -> dict[str, str]:
    pairs = metric.items() if isinstance(metric, dict) else ()
    return {key: value for key, value in pairs if isinstance(value, str)}


def _numbers(raw: Iterable[object]) -> tuple[Point, ...]:
    return tuple(point for one in raw if (point := _number(one)) is not None)


def _number(raw: object) -> Point | None:
    if not isinstance(raw, list | tuple) or len(raw) != PAIR:
        return None
    try:
        when, value = float(raw[0]), float(raw[1])
    except (TypeError, ValueError, OverflowError):
        return None
    return (when, value) if math.isfinite(when) and math.isfinite(value) else None
