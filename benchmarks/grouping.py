"""Measures the grouping: interleaved incidents, different alerts at once, storms of one cause, a flapping alert.

`python -m benchmarks.grouping [--json] [--data DIR]`; exit code 1 where a bound is missed. Beside it: a cosine of
TF-IDF texts above 0.7 (no sentence model can be had offline) and the better one of two settings of `group_by`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.flaplife import messages_of
from benchmarks.likeness import by_cosine, by_labels
from benchmarks.streams import Timed, different, flapping, mixture, read_cases, storm
from lamplighter.domain.alert import JournalEntry
from lamplighter.domain.board import Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.placing import place_all

MIXTURES = 200
STORMS = (12, 100, 10_000)
CYCLES = 30
PRECISION_MIN = 0.98
RECALL_MIN = 0.80
MESSAGES_MAX = 3
# As Alertmanager's own defaults have it.
GROUP_WAIT = timedelta(seconds=30)
GROUP_INTERVAL = timedelta(minutes=5)
GROUP_BY = (("alertname",), ("namespace",))

Groups = Sequence[object]
Grouping = Callable[[Sequence[Timed], Board], Groups]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of alerts: put together and rightly so, put together, belonging together."""

    right: int = 0
    together: int = 0
    belonging: int = 0

    def __add__(self, other: Pairs) -> Pairs:
        return Pairs(self.right + other.right, self.together + other.together, self.belonging + other.belonging)

    @property
    def precision(self) -> float:
        """The share of pairs put together that belong together; no pair together is no wrong pair."""
        return self.right / self.together if self.together else 1.0

    @property
    def recall(self) -> float:
        """The share of pairs belonging together that were put together."""
        return self.right / self.belonging if self.belonging else 1.0

    @property
    def balance(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.right / (self.together + self.belonging)


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way of grouping reached."""

    interleaved: Pairs
    different_alerts_merged: int
    storms: dict[str, int]
    flapping_incidents: int
    flapping_messages: int

    def as_json(self) -> dict[str, Any]:
        """The keys that the issue names."""
        pairs = self.interleaved
        return {
            "interleaved": {"precision": round(pairs.precision, 4), "recall": round(pairs.recall, 4)},
            "different_alerts_merged": self.different_alerts_merged,
            "storms": self.storms,
            "flapping": {"incidents": self.flapping_incidents, "messages": self.flapping_messages},
        }

    def missed(self) -> list[str]:
        """The bounds that were not kept."""
        bounds = {
            "precision": self.interleaved.precision >= PRECISION_MIN,
            "recall": self.interleaved.recall >= RECALL_MIN,
            "different_alerts_merged": self.different_alerts_merged == 0,
            "storms": set(self.storms.values()) == {1},
            "flapping": self.flapping_incidents == 1 and self.flapping_messages <= MESSAGES_MAX,
        }
        return [name for name, kept in bounds.items() if not kept]


def placed(arrivals: Sequence[Timed], board: Board) -> Groups:
    """The incident of each alert when all have come in, each in a batch of its own; None where it is in none."""
    for number, timed in enumerate(arrivals):
        place_all((JournalEntry(number, timed.at, timed.alert),), board, {}, timed.at)
        board.settled({f"new:{number}": f"INC-{number}"})
    members = [board.member(timed.alert.trouble) for timed in arrivals]
    return [None if member is None else member.incident_id for member in members]


def pairs(truth: Groups, found: Groups) -> Pairs:
    """Count pairs of alerts by what they should be and what they are."""
    both = Counter(zip(truth, found, strict=True))
    right, together, belonging = (
        sum(count * (count - 1) // 2 for count in counts.values()) for counts in (both, Counter(found), Counter(truth))
    )
    return Pairs(right, together, belonging)


def interleaved(group: Grouping, cases: Sequence[Any], mixtures: int = MIXTURES) -> Pairs:
    """All pairs of all seeded mixtures."""
    total = Pairs()
    for seed in range(mixtures):
        mixed = mixture(cases, Random(seed))  # noqa: S311 - a seeded draw that must be the same everywhere
        board = Board(Graph(mixed.edges, mixed.components))
        total += pairs(mixed.truth, group(mixed.arrivals, board))
    return total


def merged(group: Grouping, arrivals: Sequence[Timed]) -> int:
    """How many alerts are in one group with a different alert."""
    sizes = Counter(name for name in group(arrivals, Board()) if name is not None)
    return sum(size for size in sizes.values() if size > 1)


def storms(group: Grouping) -> dict[str, int]:
    """How many incidents each storm makes."""
    found: dict[str, int] = {}
    for size in STORMS:
        arrivals, edges = storm(size, Random(size))  # noqa: S311 - a seeded draw that must be the same everywhere
        found[str(size)] = len(set(group(arrivals, Board(Graph(edges)))))
    return found


def measured(
    group: Grouping, data: Path, cases: Sequence[Any], flaps: Callable[[Sequence[Timed]], tuple[int, int]]
) -> Figures:
    """Everything of one way of grouping."""
    incidents, messages = flaps(flapping(CYCLES))
    return Figures(interleaved(group, cases), merged(group, different(data)), storms(group), incidents, messages)


def each_change(arrivals: Sequence[Timed]) -> tuple[int, int]:
    """One group, and one message for each start and each end: nothing damps."""
    return 1, len(arrivals)


def each_flush(arrivals: Sequence[Timed]) -> tuple[int, int]:
    """One group, and one message for each flush at which a firing or an end is new since the last one."""
    messages, flush = 0, arrivals[0].at + GROUP_WAIT
    waiting: list[Timed] = []
    for timed in (*arrivals, None):
        if timed is None or timed.at > flush:
            messages += bool(waiting)
            waiting.clear()
            flush += GROUP_INTERVAL
        if timed is not None:
            waiting.append(timed)
    return 1, messages


def better(data: Path, cases: Sequence[Any]) -> tuple[tuple[str, ...], Figures]:
    """The setting of `group_by` with the better balance on the mixtures."""
    found: dict[tuple[str, ...], Figures] = {}
    for names in GROUP_BY:
        found[names] = measured(_labels_of(names), data, cases, each_flush)
    best = max(found, key=lambda names: found[names].interleaved.balance)
    return best, found[best]


def _labels_of(names: tuple[str, ...]) -> Grouping:
    return lambda arrivals, _: by_labels([timed.alert for timed in arrivals], names)


def _cosine(arrivals: Sequence[Timed], _: Board) -> Groups:
    return by_cosine([timed.alert for timed in arrivals])


def table(rows: dict[str, Figures]) -> Iterable[str]:
    """The figures side by side."""
    yield f"{'':24}{'precision':>10}{'recall':>8}{'merged':>8}{'storms':>16}{'flapping':>10}{'messages':>10}"
    for name, row in rows.items():
        pairs_of = row.interleaved
        yield (
            f"{name:24}{pairs_of.precision:>10.3f}{pairs_of.recall:>8.3f}{row.different_alerts_merged:>8}"
            f"{'/'.join(map(str, row.storms.values())):>16}{row.flapping_incidents:>10}{row.flapping_messages:>10}"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code says whether every bound was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("LAMPLIGHTER_DATA", "../shared/data")))
    options = parser.parse_args(arguments)
    cases = read_cases(options.data)
    ours = measured(placed, options.data, cases, messages_of)
    cosine = measured(_cosine, options.data, cases, each_change)
    names, group_by = better(options.data, cases)
    setting = f"group_by [{', '.join(names)}]"
    for line in table({"lamplighter": ours, "TF-IDF cosine > 0.7": cosine, setting: group_by}):
        print(line)
    print("merged: of different alerts that fire at once; storms: incidents of 12/100/10,000 alerts of one cause")
    missed = ours.missed()
    print(f"missed: {', '.join(missed)}" if missed else "every bound was kept")
    if options.json:
        print(
            json.dumps(
                {
                    **ours.as_json(),
                    "cosine": cosine.as_json(),
                    "group_by": {**group_by.as_json(), "labels": list(names)},
                }
            )
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
