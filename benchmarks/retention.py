"""Measures retention: alerts opened and resolved in waves, with pruning in between; what is kept stays bounded.

`python -m benchmarks.retention [--json]`: the real store (SQLite, FULL) and the real placing, in one process.
Exit code 1 where memory, open files or the size of the database miss their bound.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.placement import BATCH, Rig, SteppingClock
from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.board import Board
from lamplighter.domain.incident import State
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.ports import Keeping
from lamplighter.store import open_store

ALERTS = 100_000
WAVES = 10
KEEPING = Keeping(journal_rows_max=10_000, incidents_max=1_000, journal_seconds=86_400.0, incident_seconds=86_400.0)
# What KEEPING lets stay is a few megabytes, and one wave comes in before the next pruning.
DATABASE_MEGABYTES_MAX = 64.0
MEMORY_GROWTH_MEGABYTES_MAX = 30.0
PRUNINGS_MAX = 1_000
# The first waves fill what is bounded: caches, connections, the memory of the allocator.
SETTLED_AFTER_WAVES = 3
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Wave:
    """The state after one wave and its pruning."""

    number: int
    alerts: int
    pruned: int
    seconds: float
    memory_megabytes: float
    open_files: int
    database_megabytes: float
    open_incidents: int


def run_wave(rig: Rig, number: int, count: int, folder: Path) -> Wave:
    """Half of the alerts open, the other half resolves them; the incidents close, and what is old is pruned."""
    began = time.perf_counter()
    firing = [rig.new_trouble(rig.made) for _ in range(count // 2)]
    rig.journal(firing)
    while rig.place(BATCH):
        pass
    rig.clock.at += timedelta(minutes=1)
    hand_over(rig)
    over = [replace(one, status=AlertStatus.RESOLVED, ends_at=rig.clock.now()) for one in firing]
    rig.journal(over)
    while rig.place(BATCH):
        pass
    rig.opened.clear()
    rig.clock.at += timedelta(hours=3)
    pruned = prune(rig)
    gc.collect()
    process = psutil.Process()
    size = sum(file.stat().st_size for file in folder.iterdir())
    return Wave(
        number,
        count // 2 * 2,
        pruned,
        round(time.perf_counter() - began, 2),
        round(process.memory_info().rss / MEGABYTE, 1),
        process.num_fds(),
        round(size / MEGABYTE, 2),
        len(rig.store.incidents.editions()),
    )


def hand_over(rig: Rig) -> None:
    """Every incident waits for a person, so that the end of its trouble closes it."""
    for incident_id in list(rig.board.ids()):
        event = Event(incident_id, "waits", rig.clock.now(), Moment.STATE, Crew.MONITOR, "nothing can be done")
        after = rig.store.incidents.move(incident_id, State.NEEDS_HUMAN, event)
        rig.board.put(after, rig.board.members(incident_id))


def prune(rig: Rig) -> int:
    """Prune until nothing is left to do."""
    removed = 0
    for _ in range(PRUNINGS_MAX):
        once = rig.store.retention.prune(KEEPING, rig.clock.now())
        removed += once
        if not once:
            return removed
    raise AssertionError(f"pruning did not come to an end in {PRUNINGS_MAX} calls")


def measure(alerts: int) -> list[Wave]:
    """All waves, in one store."""
    with tempfile.TemporaryDirectory(prefix="lamplighter-retention-") as name:
        clock = SteppingClock()
        store = open_store(f"sqlite:///{Path(name) / 'store.db'}", clock=clock)
        rig = Rig(store, clock, Board(), random.Random(1))  # noqa: S311 - a seeded mix
        try:
            waves = []
            for number in range(1, WAVES + 1):
                waves.append(run_wave(rig, number, alerts // WAVES, Path(name)))
                print("  ".join(f"{key} {value}" for key, value in asdict(waves[-1]).items()), flush=True)
            return waves
        finally:
            store.close()


def main() -> int:
    """Print each wave, and one JSON object where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on the last line")
    parser.add_argument("--alerts", type=int, default=ALERTS, help="alerts in all waves together")
    options = parser.parse_args()
    waves = measure(max(WAVES * 2, options.alerts))
    settled, last = waves[SETTLED_AFTER_WAVES - 1], waves[-1]
    growth = round(last.memory_megabytes - settled.memory_megabytes, 1)
    files = last.open_files - settled.open_files
    largest = max(wave.database_megabytes for wave in waves)
    held = growth <= MEMORY_GROWTH_MEGABYTES_MAX and files <= 0 and largest <= DATABASE_MEGABYTES_MAX
    print(f"after wave {settled.number}: memory {growth:+} MB (bound {MEMORY_GROWTH_MEGABYTES_MAX}), files {files:+}")
    print(f"largest database {largest} MB (bound {DATABASE_MEGABYTES_MAX})")
    if options.json:
        result = {
            "alerts": sum(wave.alerts for wave in waves),
            "memory_growth_megabytes": growth,
            "open_files_growth": files,
            "database_megabytes_max": largest,
            "database_megabytes_bound": DATABASE_MEGABYTES_MAX,
            "waves": [asdict(wave) for wave in waves],
        }
        print(json.dumps(result))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
