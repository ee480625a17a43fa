"""Measures the response: real faults on both stages, seconds to effect and to verified, wrong actions, memory, start.

`python -m benchmarks.response [--json] [--stage local] [--faults 10]`; exit code 1 where a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import median
from typing import Any

from lamplighter.lab.demo import LabUnavailable, Scenario, Stage, build_rig, respond
from lamplighter.lab.premises import Premises
from lamplighter.lab.report import Outcome
from lamplighter.lab.serving import Server
from lamplighter.lab.shop.layout import free_ports

FAULTS = 10
ALTERNATING = (Scenario.HANG, Scenario.OOM)
MEGABYTE = 1_000_000
VERIFIED_SECONDS_MAX = 20.0
EFFECT_SECONDS_MAX = 2.0
MEMORY_MEGABYTES_MAX = 250.0
READY_SECONDS_MAX = 5.0


@dataclass(frozen=True, slots=True)
class StageResult:
    """The outcomes of one stage, answered by one serving process."""

    outcomes: tuple[Outcome, ...]
    memory_megabytes: float
    ready_seconds: float

    @property
    def resolved(self) -> int:
        """How many were resolved and verified."""
        return sum(outcome.healed for outcome in self.outcomes)

    @property
    def wrong_actions(self) -> int:
        """Changes to a healthy component, or beyond what was needed."""
        return sum(len(outcome.wrong_effects) for outcome in self.outcomes)

    @property
    def median_seconds_to_verified(self) -> float | None:
        """From the fault to the verified end."""
        found = [outcome.times.verified for outcome in self.outcomes]
        seconds = [value for value in found if value is not None]
        return round(median(seconds), 2) if seconds else None

    @property
    def p95_seconds_to_effect(self) -> float | None:
        """From the receipt of the alert to the first change."""
        found = [outcome.seconds_to_effect for outcome in self.outcomes]
        return percentile([value for value in found if value is not None], 0.95)

    def as_json(self) -> dict[str, Any]:
        """The stage's own numbers."""
        return {
            "runs": len(self.outcomes),
            "resolved": self.resolved,
            "median_seconds_to_verified": self.median_seconds_to_verified,
            "p95_seconds_to_effect": self.p95_seconds_to_effect,
        }


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of the values does not exceed."""
    return round(sorted(values)[max(ceil(share * len(values)), 1) - 1], 3) if values else None


def measure(stage: Stage, faults: int, say: Callable[[str], None]) -> StageResult:
    """Inject the faults one after another, all answered by one server. Raises `LabUnavailable`."""
    with Premises() as premises, closing(build_rig(stage, premises)) as rig:
        port = free_ports(1)[0]
        rig.start(port)
        outcomes: list[Outcome] = []
        with Server(premises, rig.configuration(port)) as server:
            for number in range(faults):
                scenario = ALTERNATING[number % len(ALTERNATING)]
                outcomes.append(respond(rig, server, scenario, lambda _: None))
                say(_row(stage, number + 1, outcomes[-1]))
                rig.heal(scenario)
            return StageResult(tuple(outcomes), server.memory_bytes() / MEGABYTE, server.ready_seconds)


def summary(results: dict[Stage, StageResult]) -> dict[str, Any]:
    """All numbers in one object."""
    return {
        "stages": {str(stage): result.as_json() for stage, result in results.items()},
        "wrong_actions": sum(result.wrong_actions for result in results.values()),
        "memory_mb": round(max(result.memory_megabytes for result in results.values()), 1),
        "ready_seconds": round(max(result.ready_seconds for result in results.values()), 2),
    }


def missed(whole: dict[str, Any]) -> list[str]:
    """The bounds that were not held, in words."""
    found: list[str] = []
    for name, stage in whole["stages"].items():
        verified, effect = stage["median_seconds_to_verified"], stage["p95_seconds_to_effect"]
        if stage["resolved"] < stage["runs"]:
            found.append(f"{name}: {stage['resolved']} of {stage['runs']} resolved")
        if verified is None or verified > VERIFIED_SECONDS_MAX:
            found.append(f"{name}: median {verified} s to verified; must be at most {VERIFIED_SECONDS_MAX:g}")
        if effect is None or effect > EFFECT_SECONDS_MAX:
            found.append(f"{name}: p95 {effect} s from alert to effect; must be at most {EFFECT_SECONDS_MAX:g}")
    if whole["wrong_actions"]:
        found.append(f"{whole['wrong_actions']} wrong actions; must be 0")
    if whole["memory_mb"] > MEMORY_MEGABYTES_MAX:
        found.append(f"{whole['memory_mb']} MB; must be at most {MEMORY_MEGABYTES_MAX:g}")
    if whole["ready_seconds"] > READY_SECONDS_MAX:
        found.append(f"ready in {whole['ready_seconds']} s; must be at most {READY_SECONDS_MAX:g}")
    return found


def _row(stage: Stage, number: int, outcome: Outcome) -> str:
    effect, verified = outcome.seconds_to_effect, outcome.times.verified
    words = "; ".join(outcome.surprises) or outcome.state
    return f"{stage:<7} {number:>2}  {outcome.scenario:<9} {_number(effect)}  {_number(verified)}  {words}"


def _number(value: float | None) -> str:
    return f"{'-':>16}" if value is None else f"{value:>14.2f} s"


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="benchmarks.response", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on the last line")
    parser.add_argument("--stage", action="append", choices=list(Stage), type=Stage, help="only this stage; repeatable")
    parser.add_argument("--faults", type=int, default=FAULTS, help="how many faults on each stage")
    options = parser.parse_args()
    # With --json standard output holds the object alone, and the table goes to standard error.
    say = partial(print, file=sys.stderr if options.json else sys.stdout, flush=True)
    say(f"{'stage':<7} {'no':>2}  {'fault':<9} {'alert to effect':>16}  {'fault to verified':>16}  end")
    try:
        results = {stage: measure(stage, options.faults, say) for stage in options.stage or list(Stage)}
    except LabUnavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    whole = summary(results)
    for name, stage in whole["stages"].items():
        say(
            f"{name}: {stage['resolved']} of {stage['runs']} resolved, median {stage['median_seconds_to_verified']} s "
            f"from fault to verified, p95 {stage['p95_seconds_to_effect']} s from alert to effect"
        )
    say(f"{whole['wrong_actions']} wrong actions, {whole['memory_mb']} MB, ready in {whole['ready_seconds']} s")
    failures = missed(whole)
    for words in failures:
        say(f"missed: {words}")
    if options.json:
        print(json.dumps(whole))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
