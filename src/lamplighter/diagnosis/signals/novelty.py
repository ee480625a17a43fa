"""What the logs of components say that they did not in normal times, no longer say, or say far more often."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from lamplighter.diagnosis.novelty import SURGE_MIN, Said, Shift, novelty_of
from lamplighter.diagnosis.readers.instants import from_epoch
from lamplighter.diagnosis.signals.habits import ERROR_MARK, Break, surprise
from lamplighter.diagnosis.signals.lines import Line

RARER = 0.2
COUNT_MIN = 2
ENTRY = "its log"
EACH_MAX = 5
NEW, SURGING, VANISHED = "new", "surging", "vanished"


@dataclass(frozen=True, slots=True)
class News:
    """One template of a component's log whose rate changed, how, and how many lines of the log there were."""

    component: str
    change: str
    shift: Shift
    evidence: str
    now: int
    normally: int

    @property
    def at(self) -> float:
        """When it was first said in the window, or last before it; 0 where no time is known."""
        moment = self.shift.last_at if self.change == VANISHED else self.shift.first_at
        return moment.timestamp() if moment else 0.0


def news_of(window: Sequence[Line], normal: Sequence[Line]) -> list[News]:
    """News of every component whose log is known from both stretches: errors first, then what is least by chance."""
    now, before = _by_component(window), _by_component(normal)
    lasts = _seconds(window), _seconds(normal)
    found: list[News] = []
    for component in sorted(now.keys() & before.keys()):
        known = novelty_of(map(_said, now[component]), map(_said, before[component]), *lasts)
        sources = {line.template: line.evidence for line in (*before[component], *now[component])}
        for change, shifts in ((NEW, known.new), (SURGING, known.surging), (VANISHED, known.vanished)):
            counts = len(now[component]), len(before[component])
            told = [one for one in shifts if change != SURGING or _outgrows(one, *counts)]
            found += [News(component, change, one, sources[one.text], *counts) for one in told[:EACH_MAX]]
    return sorted(found, key=lambda one: (not one.shift.error, -abs(one.shift.weight), one.component, one.shift.text))


def novelties_of(news: Sequence[News]) -> list[Break]:
    """New or surging errors as broken habits, where no trace says which request wrote them; the surest first."""
    found: list[Break] = []
    for one in news:
        shift = one.shift
        share, normally = shift.count / one.now, shift.baseline_count / one.normally
        if not shift.error or one.change == VANISHED or shift.count < COUNT_MIN or normally > RARER * share:
            continue
        found.append(
            Break(
                one.component,
                ENTRY,
                f"{ERROR_MARK}log: {shift.text}",
                error=True,
                appeared=True,
                now=(shift.count, one.now),
                normally=(shift.baseline_count, one.normally),
                weight=surprise(shift.count, one.now, shift.baseline_count, one.normally),
                at=one.at,
                evidence=one.evidence,
                example=shift.example,
            )
        )
    return sorted(found, key=lambda one: (-one.weight, one.component, one.deed))


def _outgrows(shift: Shift, now: int, normally: int) -> bool:
    """Whether it grew more than the log as a whole: more requests make more of all lines."""
    return shift.count * normally >= SURGE_MIN * shift.baseline_count * now


def _by_component(lines: Sequence[Line]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        found[line.component].append(line)
    return found


def _said(line: Line) -> Said:
    return Said(line.template, line.template, from_epoch(line.at), line.raw, line.error)


def _seconds(lines: Sequence[Line]) -> float | None:
    """How long a stretch lasts, by the lines of all components; None where their times are not known."""
    times = [line.at for line in lines if line.at > 0]
    return max(times) - min(times) if times else None
