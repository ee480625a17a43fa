"""The same case always gives the same diagnosis: also in another process, whose sets are in another order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
SEEDS = ("1", "2", "3")
SECONDS_MAX = 300
DIAGNOSES = """
from lamplighter.diagnosis import diagnose
from tests.acceptance.attacks.corpus import cases
for case in cases():
    found = diagnose(case)
    print(case.id, found.causes, found.statement, found.needs, [fact.text for fact in found.facts])
"""


def _diagnoses(seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    ended = subprocess.run(
        [sys.executable, "-c", DIAGNOSES],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=True,
    )
    return ended.stdout.splitlines()


def test_no_diagnosis_depends_on_the_order_of_a_set() -> None:
    first, *others = (_diagnoses(seed) for seed in SEEDS)
    assert first
    for other in others:
        assert [line for line, same in zip(other, first, strict=True) if line != same] == []
