"""The exam of the diagnosis on public cases, with what simple methods reach on the same cases in the same run.

`python -m benchmarks.diagnosis [--json] [--data DIR]`; exit code 1 where a must is missed or a set is absent.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.localisers import (
    Localiser,
    by_correlation,
    by_cpu,
    by_deepest_alert,
    by_edge_latency,
    by_most_alerts,
)
from lamplighter.diagnosis.investigator import diagnose
from lamplighter.lab.case_archive import ANSWER_FILE, BadCase, cases_below, files_of
from lamplighter.lab.case_file import case_of
from lamplighter.lab.exam import Row, figures, sit, truth_of

# Must and goal, at the first place and among the first three.
MUSTS: Mapping[str, tuple[str, tuple[float, float], tuple[float, float]]] = {
    "petshop-low": ("component", (0.70, 0.88), (0.85, 0.96)),
    "nezha-ob": ("component", (0.70, 0.85), (0.85, 0.95)),
    "nezha-tt": ("component", (0.60, 0.80), (0.87, 0.98)),
    "itbench": ("right", (0.45, 0.55), (0.55, 0.70)),
}
FLOORS: Mapping[str, tuple[Localiser, ...]] = {
    "petshop-low": (by_correlation,),
    "nezha-ob": (by_cpu, by_edge_latency),
    "nezha-tt": (by_cpu, by_edge_latency),
    "itbench": (by_most_alerts, by_deepest_alert),
}
ALL_MUSTS: Mapping[str, tuple[float, float]] = {
    "wrong_confident": (0.06, 0.03),
    "calibration_error": (0.15, 0.10),
    "median_seconds": (0.1, 0.05),
    "p95_seconds": (1.0, 0.5),
}
FIRST = 3


def floors(folder: Path, methods: Sequence[Localiser]) -> dict[str, tuple[float, float]]:
    """How often each simple method has an accepted component at the first place and among the first three."""
    hits = {method.__name__: [0, 0] for method in methods}
    paths = list(cases_below(folder))
    for path in paths:
        files = files_of(path)
        accepted = {name.casefold() for name in truth_of(files).components}
        case = case_of({name: data for name, data in files.items() if name != ANSWER_FILE})
        for method in methods:
            named = [name.casefold() in accepted for name in method(case)[:FIRST]]
            hits[method.__name__][0] += named[:1] == [True]
            hits[method.__name__][1] += any(named)
    return {name: (round(at_1 / len(paths), 3), round(at_3 / len(paths), 3)) for name, (at_1, at_3) in hits.items()}


def measured(data: Path) -> dict[str, object]:
    """Every set with its floors, and all rows together; `missed` lists the musts that were not reached."""
    rows: list[Row] = []
    missed: list[str] = []
    sets: dict[str, object] = {}
    for name, (counted, must, goal) in MUSTS.items():
        folder = data / "cases" / name
        try:
            own = sit(folder, diagnose)
        except BadCase as problem:
            missed.append(f"{name}: {problem}")
            continue
        rows += own
        found = figures(own)
        for place, bound in zip((1, FIRST), must, strict=True):
            reached = found[f"{counted}_at_{place}"]
            if not isinstance(reached, float) or reached < bound:
                missed.append(f"{name}: {counted}_at_{place} is {reached}, must be {bound}")
        sets[name] = found | {"counted": counted, "must": must, "goal": goal, "floors": floors(folder, FLOORS[name])}
    total = figures(rows) if rows else {}
    for key, (bound, _) in ALL_MUSTS.items():
        value = total.get(key)
        if not isinstance(value, float) or value > bound:
            missed.append(f"all: {key} is {value}, must be at most {bound}")
    return {"sets": sets, "all": total, "all_musts": ALL_MUSTS, "missed": missed}


def told(found: Mapping[str, object]) -> str:
    """The same for reading."""
    lines: list[str] = []
    sets = found["sets"]
    for name, figure in sets.items() if isinstance(sets, dict) else ():
        counted = figure["counted"]
        ours = f"{figure[f'{counted}_at_1']:.3f} / {figure[f'{counted}_at_3']:.3f}"
        lines.append(f"{name:12} ours {ours}  must {figure['must']}  goal {figure['goal']}  ({counted})")
        lines += [f"{'':12} {method}: {at_1} / {at_3}" for method, (at_1, at_3) in figure["floors"].items()]
        lines.append(f"{'':12} undetermined {figure['undetermined']}, calibration {figure['calibration_error']}")
    total = found["all"]
    if isinstance(total, dict):
        lines += [f"all: {key} {total.get(key)}  must {must}  goal {goal}" for key, (must, goal) in ALL_MUSTS.items()]
    missed = found["missed"]
    return "\n".join([*lines, *(f"MISSED {one}" for one in (missed if isinstance(missed, list) else ()))])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures; 1 where a must is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.diagnosis", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("LAMPLIGHTER_DATA", "../shared/data")))
    options = parser.parse_args(arguments)
    found = measured(options.data)
    print(json.dumps(found, indent=1) if options.json else told(found))
    return 1 if found["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
