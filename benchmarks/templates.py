"""Measures log templates: whether two lines are the same event, on 2,000 labelled lines of each of several systems.

`python -m benchmarks.templates [--json] [--data DIR]`; exit code 1 where a bound is missed. Beside it: digits masked,
and Drain3 with and without them where it is installed in LAMPLIGHTER_DRAIN3 or .venv/drain3 (`make bench` does it).
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.grouping import Pairs, pairs
from lamplighter.diagnosis.masking import masked_word
from lamplighter.diagnosis.templates import Templates

SAMPLE = 400
ROUNDS = 3
LINES_PER_SECOND_MIN = 50_000.0
# What data/README.md measured on the systems of the development half, for where Drain3 is not at hand.
DRAIN3_F1_RECORDED = 0.984
DRAIN3_PLACE = Path(os.environ.get("LAMPLIGHTER_DRAIN3", ".venv/drain3"))
ABSENT = f"drain3 is not installed: pip install --target {DRAIN3_PLACE} drain3==0.9.11, to compare in the same run"

Add = Callable[[str], object]
Lines = Sequence[tuple[str, str]]
_DIGITS = re.compile("[0-9]+")


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way reached: the pairs of each system, and lines a second over all of them."""

    systems: dict[str, Pairs]
    lines_per_second: float

    @property
    def f1_macro(self) -> float:
        """The mean over the systems, each of the same weight."""
        return sum(each.balance for each in self.systems.values()) / len(self.systems)

    def as_json(self) -> dict[str, Any]:
        """The keys that the issue names."""
        return {
            "f1_macro": round(self.f1_macro, 4),
            "lines_per_second": round(self.lines_per_second),
            "systems": {
                name: {"precision": round(of.precision, 4), "recall": round(of.recall, 4), "f1": round(of.balance, 4)}
                for name, of in self.systems.items()
            },
        }


def read_systems(data: Path) -> dict[str, Lines]:
    """The labelled lines of every system, in the order in which they were written."""
    found: dict[str, Lines] = {}
    for path in sorted(data.glob("logs/*.csv")):
        with path.open(newline="", encoding="utf-8") as file:
            found[path.stem] = [(row["message"], row["event_id"]) for row in csv.DictReader(file)]
    return found


def measured(fresh: Callable[[], Add], systems: Mapping[str, Lines]) -> Figures:
    """Each system learnt once, line by line; judged on the pairs of a seeded sample, timed at the best of ROUNDS."""
    found: dict[str, Pairs] = {}
    seconds = float("inf")
    for _ in range(ROUNDS):
        spent = 0.0
        for name, lines in systems.items():
            add = fresh()
            start = time.perf_counter()
            groups = [add(message) for message, _ in lines]
            spent += time.perf_counter() - start
            found[name] = _judged([event for _, event in lines], groups)
        seconds = min(seconds, spent)
    return Figures(found, sum(map(len, systems.values())) / seconds)


def _judged(truth: Sequence[str], groups: Sequence[object]) -> Pairs:
    chosen = Random(0).sample(range(len(truth)), min(SAMPLE, len(truth)))  # noqa: S311 - the same draw everywhere
    return pairs([truth[number] for number in chosen], [groups[number] for number in chosen])


def ours() -> Add:
    """Our own Drain, and no word of an earlier round remembered."""
    masked_word.cache_clear()
    templates = Templates()
    return lambda line: templates.add(line).id


def digits_masked() -> Add:
    """The line itself without its digits."""
    return lambda line: _DIGITS.sub("0", line)


def drain3(*, masked: bool) -> Callable[[], Add] | None:
    """Drain3 as it comes; None where it is not installed."""
    # Behind everything else: it brings old libraries of its own, which nothing of ours may find.
    sys.path.append(str(DRAIN3_PLACE.resolve()))
    try:
        drain = importlib.import_module("drain3.drain").Drain
    except ImportError:
        return None
    finally:
        sys.path.pop()

    def fresh() -> Add:
        learning = drain()
        if masked:
            return lambda line: learning.add_log_message(_DIGITS.sub("0", line))[0].cluster_id
        return lambda line: learning.add_log_message(line)[0].cluster_id

    return fresh


def table(rows: Mapping[str, Figures]) -> Iterable[str]:
    """F1 by system, side by side."""
    yield f"{'F1':16}" + "".join(f"{name:>16}" for name in rows)
    for system in next(iter(rows.values())).systems:
        yield f"{system:16}" + "".join(f"{row.systems[system].balance:>16.4f}" for row in rows.values())
    yield f"{'macro':16}" + "".join(f"{row.f1_macro:>16.4f}" for row in rows.values())
    yield f"{'lines/s':16}" + "".join(f"{row.lines_per_second:>16,.0f}" for row in rows.values())


def missed(rows: Mapping[str, Figures]) -> list[str]:
    """The bounds that were not kept."""
    own = rows["lamplighter"]
    theirs = [row.f1_macro for name, row in rows.items() if name.startswith("drain3")]
    bounds = {
        "f1_macro": own.f1_macro >= max(theirs, default=DRAIN3_F1_RECORDED),
        "lines_per_second": own.lines_per_second >= LINES_PER_SECOND_MIN,
    }
    return [name for name, kept in bounds.items() if not kept]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit code says whether every bound was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("LAMPLIGHTER_DATA", "../shared/data")))
    options = parser.parse_args(arguments)
    systems = read_systems(options.data)
    if not systems:
        print(f"no logs/*.csv below {options.data}: name the folder with --data or LAMPLIGHTER_DATA", file=sys.stderr)
        return 1
    rows = {"lamplighter": measured(ours, systems), "digits masked": measured(digits_masked, systems)}
    for name, way in (("drain3", drain3(masked=False)), ("drain3 masked", drain3(masked=True))):
        if way is not None:
            rows[name] = measured(way, systems)
    for line in table(rows):
        print(line)
    if "drain3" not in rows:
        print(ABSENT)
    lacking = missed(rows)
    print(f"missed: {', '.join(lacking)}" if lacking else "every bound was kept")
    if options.json:
        beside = {name.replace(" ", "_"): row.as_json() for name, row in rows.items() if name != "lamplighter"}
        print(json.dumps({**rows["lamplighter"].as_json(), "baselines": beside}))
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
