"""Counts how often each of six kinds of real fault is named right with its component, on both stages of the lab.

`python -m benchmarks.kinds [--json] [--runs 5] [--stage local|docker|both]`; exit code 1 where a must is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from lamplighter.lab.demo import run_demo
from lamplighter.lab.report import Outcome
from lamplighter.lab.scenario import EXPECTATIONS, LabUnavailable, Scenario, Stage

RUNS = 5
KINDS = (Scenario.MEMORY, Scenario.LATENCY, Scenario.CPU, Scenario.POOL, Scenario.DISK, Scenario.CRASHLOOP)
BOTH = "both"
Counts = dict[str, int]


def named_right(outcome: Outcome) -> bool:
    """Whether the cause that was said is the fault that was made, at the component where it was made."""
    wanted = EXPECTATIONS[outcome.scenario]
    return (outcome.component, outcome.cause) == (wanted.component, wanted.fault)


def measure(stage: Stage, runs: int, say: Callable[[str], None]) -> Counts:
    """How many of the runs named each kind right; a run that could not be made counts as wrong, and says why."""
    counts: Counts = {str(kind): 0 for kind in KINDS}
    for number in range(1, runs + 1):
        for kind in KINDS:
            try:
                outcomes: Sequence[Outcome] = run_demo(stage, (kind,), lambda _: None).outcomes
            except LabUnavailable as problem:
                say(f"{stage:<7} {number:>3}  {kind:<10} not run: {problem}")
                continue
            for outcome in outcomes:
                counts[str(kind)] += named_right(outcome)
                say(_row(stage, number, outcome))
    return counts


def missed(found: Mapping[str, Counts], runs: int) -> list[str]:
    """The kinds that were not named right every time, in words."""
    return [
        f"{stage}: {kind} was named right in {count} of {runs}"
        for stage, counts in found.items()
        for kind, count in counts.items()
        if count < runs
    ]


def _row(stage: Stage, number: int, outcome: Outcome) -> str:
    diagnosed = "-" if outcome.times.diagnosed is None else f"{outcome.times.diagnosed:.1f} s"
    words = "right" if named_right(outcome) else f"WRONG: {outcome.statement or 'nothing named'}"
    other = [surprise for surprise in outcome.surprises if not surprise.startswith(("it blamed", "it named"))]
    words += f" ({'; '.join(other)})" if other else ""
    said = f"{outcome.component or '-'}: {outcome.cause or '-'} {outcome.confidence:.2f}"
    return f"{stage:<7} {number:>3}  {outcome.scenario:<10} {diagnosed:>9}  {said:<44}  {words}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="benchmarks.kinds", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on the last line")
    parser.add_argument("--stage", choices=[*map(str, Stage), BOTH], default=BOTH, help="only this stage")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often each kind is made on each stage")
    options = parser.parse_args(arguments)
    # With --json standard output holds the object alone, and the table goes to standard error.
    say = partial(print, file=sys.stderr if options.json else sys.stdout, flush=True)
    stages = list(Stage) if options.stage == BOTH else [Stage(options.stage)]
    say(f"{'stage':<7} {'run':>3}  {'fault':<10} {'diagnosed':>9}  {'component: cause confidence':<44}  judged")
    found = {str(stage): measure(stage, options.runs, say) for stage in stages}
    for stage, counts in found.items():
        say(f"{stage}: " + ", ".join(f"{kind} {count} of {options.runs}" for kind, count in counts.items()))
    failures = missed(found, options.runs)
    for words in failures:
        say(f"missed: {words}")
    if options.json:
        whole: dict[str, Any] = {**found, "runs": options.runs}
        print(json.dumps(whole))
    return 1 if failures or options.runs < 1 else 0


if __name__ == "__main__":
    sys.exit(main())
