"""What servers answered, by their access logs: the share of requests that failed, against the normal stretch."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lamplighter.diagnosis.signals.habits import ERROR_MARK, Break, surprise
from lamplighter.diagnosis.signals.lines import Line

FAILED_FROM = 500
REQUESTS_MIN = 10
FAILED_MIN = 3
# A share of failures counts as one that grew where it is at least so many times, and so much, more than normal.
TIMES_MORE = 3.0
MORE = 0.02
ENTRY = "its port"
# The common and combined format of nginx, Apache and Traefik, and what servers of applications make of it.
_COMMON = re.compile(
    r"\"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?:/|https?://|\*)\S{0,800}(?: HTTP/[\d.]{1,3})?\" ([1-5]\d\d)\b"
)
_JSON = re.compile(
    r"\"(?:status|status_?code|http_?status|response_?code|DownstreamStatus)\" ?: ?\"?([1-5]\d\d)\b", re.IGNORECASE
)
_REQUEST = re.compile(
    r"\"(?:method|request_?method|http_?method|verb)\" ?: ?\"|\"request\" ?: ?\"[A-Z]{3,7} ", re.IGNORECASE
)


@dataclass(slots=True)
class _Answers:
    count: int = 0
    failed: Counter[int] = field(default_factory=Counter)
    first: Line | None = None

    def add(self, line: Line, status: int) -> None:
        self.count += 1
        if status >= FAILED_FROM:
            self.failed[status] += 1
            self.first = self.first or line


def status_of(raw: str) -> int | None:
    """The status in a line of an access log; None where it is no such line."""
    found = _COMMON.search(raw) if '" ' in raw else None
    if found is None and raw.lstrip()[:1] == "{" and _REQUEST.search(raw):
        found = _JSON.search(raw)
    return int(found[1]) if found else None


def answers_of(window: Iterable[Line], normal: Iterable[Line]) -> list[Break]:
    """Components that answer more of their requests with an error than normally, as broken habits."""
    now, before = _counted(window), _counted(normal)
    found: list[Break] = []
    for name in sorted(now.keys() & before.keys()):
        one, usual = now[name], before[name]
        failed, normally = one.failed.total(), usual.failed.total()
        if one.first is None or not _grew(failed, one.count, normally, usual.count):
            continue
        code = max(one.failed, key=lambda status: (one.failed[status], status))
        found.append(
            Break(
                name,
                ENTRY,
                f"{ERROR_MARK}answered with an error, most often HTTP {code}",
                error=True,
                appeared=True,
                now=(failed, one.count),
                normally=(normally, usual.count),
                weight=surprise(failed, one.count, normally, usual.count),
                at=one.first.at,
                evidence=one.first.evidence,
                example=one.first.raw,
            )
        )
    return found


def _counted(lines: Iterable[Line]) -> dict[str, _Answers]:
    found: dict[str, _Answers] = defaultdict(_Answers)
    for line in lines:
        status = status_of(line.raw)
        if status is not None:
            found[line.component].add(line, status)
    return found


def _grew(failed: int, count: int, normally: int, usual: int) -> bool:
    if min(count, usual) < REQUESTS_MIN or failed < FAILED_MIN:
        return False
    share, before = failed / count, normally / usual
    return share >= TIMES_MORE * before and share - before >= MORE


def with_answers(breaks: Sequence[Break], answers: Sequence[Break]) -> list[Break]:
    """Both, the surest first; what is told by a break of the same component is not told twice."""
    told = {one.component for one in breaks if one.error}
    more = [one for one in answers if one.component not in told]
    return sorted([*breaks, *more], key=lambda one: (-one.weight, one.component, one.deed))
