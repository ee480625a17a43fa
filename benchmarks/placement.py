"""Measures placing: alerts a second from the journal through the board into the store, with ever more open incidents.

`python -m benchmarks.placement [--json]`: the whole durable way on SQLite (FULL), in one process. Exit code 1 where a
bound is missed. The baseline places the same mix with a transaction for each alert.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lamplighter.app import calm_the_interpreter
from lamplighter.domain.alert import Alert, AlertStatus, Delivery
from lamplighter.domain.board import Board
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import State
from lamplighter.domain.placement import Opens, Placed, Suppresses
from lamplighter.domain.placing import place_all
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.domain.topology import Edge
from lamplighter.store import SqlStore, open_store

SIZES = (100, 1_000, 10_000)
BASELINE_SIZE = 1_000
BATCH = 500
ALERTS = 30_000
BASELINE_ALERTS = 500
ALERTS_IN_A_DELIVERY = 10
COMPONENTS_ON_A_HOST = 20
# A long-open incident has been heard of a few times; from then on a repeat adds no event to its timeline.
REPEATS_BEFORE = 6
SHARES = {"repeat": 0.70, "new": 0.20, "resolved": 0.05, "opening": 0.05}
ALERTS_PER_SECOND_MIN = 5_000.0
COST_RATIO_MAX = 1.5
START = datetime(2026, 3, 1, tzinfo=UTC)
RULES = ("HighErrorRate", "SlowResponses", "QueueGrowing", "DiskFilling", "PodRestarting", "CertificateExpiring")


@dataclass(slots=True)
class SteppingClock:
    """A clock that moves when it is told to."""

    at: datetime = START

    def now(self) -> datetime:
        """The time, UTC."""
        return self.at

    def monotonic(self) -> float:
        """Seconds since the start."""
        return (self.at - START).total_seconds()

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.at += timedelta(seconds=seconds)


@dataclass(slots=True)
class Rig:
    """A store with open incidents, the board over it, and the mix of alerts that comes in."""

    store: SqlStore
    clock: SteppingClock
    board: Board
    random: random.Random
    firing: list[Alert] = field(default_factory=list)
    made: int = 0
    opened: list[str] = field(default_factory=list)
    seconds: float = 0.0
    placed: int = 0

    def new_trouble(self, component: int) -> Alert:
        """A trouble that nobody has heard of, on one component."""
        self.made += 1
        number = self.made
        labels = {
            "alertname": f"{RULES[number % len(RULES)]}{number // len(RULES) % 50}",
            "severity": ("critical", "warning")[number % 2],
            "namespace": f"team-{component % 12}",
            "service": f"svc-{component}",
            "cluster": "production-eu-1",
            "team": f"team-{component % 12}",
        }
        annotations = {
            "summary": f"{labels['alertname']} on svc-{component}",
            "description": "The share of failed requests has been above the limit for five minutes. See the dashboard.",
            "runbook_url": f"https://runbooks.example.org/{labels['alertname']}",
        }
        at = self.clock.now()
        return Alert("alertmanager", f"{number:016x}", AlertStatus.FIRING, labels, annotations, at)

    def next_alert(self) -> Alert:
        """One alert of the mix."""
        (kind,) = self.random.choices(tuple(SHARES), tuple(SHARES.values()))
        if kind == "opening":
            alert = self.new_trouble(1_000_000 + self.made)
        elif kind == "new":
            alert = self.new_trouble(int(self.random.choice(self.firing).labels["service"].removeprefix("svc-")))
        else:
            place = self.random.randrange(len(self.firing))
            alert = self.firing[place]
            if kind == "resolved":
                self.firing[place] = self.firing[-1]
                self.firing.pop()
                return replace(alert, status=AlertStatus.RESOLVED, ends_at=self.clock.now())
            return alert
        self.firing.append(alert)
        return alert

    def journal(self, alerts: Sequence[Alert]) -> None:
        """Write alerts into the journal, as the receivers do."""

        async def append() -> None:
            chunks = [alerts[at : at + ALERTS_IN_A_DELIVERY] for at in range(0, len(alerts), ALERTS_IN_A_DELIVERY)]
            now = self.clock.now()
            waiting = (self.store.journal.append(Delivery(tuple(chunk)), "alertmanager", now) for chunk in chunks)
            await asyncio.gather(*waiting)

        asyncio.run(append())

    def place(self, limit: int) -> list[Placed]:
        """One turn of the placing loop: from the journal to the commit."""
        entries = self.store.journal.unplaced(limit)
        troubles = [entry.alert.trouble for entry in entries]
        pasts = self.store.incidents.recall([one for one in troubles if not self.board.knows(one)])
        now = self.clock.now()
        placed = place_all(entries, self.board, pasts, now)
        named = {one.placement.incident_id for one in placed if not isinstance(one.placement, Suppresses)}
        applied = self.store.incidents.apply(placed, self.board.touched(), self.board.editions(named), now)
        if applied.stale:
            raise AssertionError(f"nobody else is here, and yet {applied.stale} is stale")
        self.board.settled(applied.ids, applied.incidents)
        self.opened += [applied.ids[one.placement.incident_id] for one in placed if isinstance(one.placement, Opens)]
        return list(placed)

    def measure(self, count: int, limit: int) -> None:
        """Place `count` further alerts of the mix; only the placing is timed."""
        alerts = [self.next_alert() for _ in range(count)]
        self.journal(alerts)
        self.opened.clear()
        began = time.perf_counter()
        done = 0
        while done < count:
            done += len(self.place(limit))
        self.seconds += time.perf_counter() - began
        self.placed += count
        self.close_opened()

    def count(self) -> None:
        """Write the repeats that were only counted, as the correlator does every 15 s; timed like the placing."""
        began = time.perf_counter()
        heard = self.board.heard()
        self.store.incidents.count(heard, self.clock.now())
        self.board.counted(heard)
        self.seconds += time.perf_counter() - began

    def close_opened(self) -> None:
        """Close as many as were opened, so that the number of open incidents stays what is measured."""
        self.clock.at += timedelta(seconds=5)
        for incident_id in self.opened:
            gone = {member.trouble for member in self.board.members(incident_id)}
            event = Event(incident_id, "closed", self.clock.now(), Moment.CLOSED, Crew.HEALER, "over")
            self.store.incidents.move(incident_id, State.RESOLVED, event)
            self.board.drop(incident_id)
            self.firing = [alert for alert in self.firing if alert.trouble not in gone]

    @property
    def alerts_per_second(self) -> float:
        """Alerts placed in a second, commits included."""
        return round(self.placed / self.seconds, 1)


def edges_of(components: int) -> list[Edge]:
    """Every component needs a cache of its own and runs on a host that it shares; none of those is in trouble."""
    needs = (Edge(f"svc-{number}", f"cache-{number}") for number in range(components))
    hosts = (
        Edge(f"cache-{number}", f"host-{number // COMPONENTS_ON_A_HOST}", "runs_on") for number in range(components)
    )
    return [*needs, *hosts]


@contextmanager
def rig_of(size: int) -> Iterator[Rig]:
    """A store with so many open incidents of one trouble each, and the board over it."""
    with tempfile.TemporaryDirectory(prefix="lamplighter-placement-") as folder:
        clock = SteppingClock()
        store = open_store(f"sqlite:///{Path(folder) / 'store.db'}", clock=clock)
        rig = Rig(store, clock, Board(Graph(edges_of(size))), random.Random(size))  # noqa: S311 - a seeded mix
        try:
            rig.firing = [rig.new_trouble(number) for number in range(size)]
            for _ in range(1 + REPEATS_BEFORE):
                clock.at += timedelta(seconds=5)
                rig.journal(rig.firing)
                while rig.place(BATCH):
                    pass
            if len(rig.board) != size:
                raise AssertionError(f"{len(rig.board)} incidents are open where {size} were wanted")
            yield rig
        finally:
            store.close()


@dataclass(frozen=True, slots=True)
class Result:
    """Alerts a second by the number of open incidents, and the baseline's."""

    speeds: dict[str, float]
    baseline: float
    alerts: int

    @property
    def cost_ratio(self) -> float:
        """How many times as much an alert costs with the most open incidents as with the fewest."""
        return round(self.speeds[str(SIZES[0])] / self.speeds[str(SIZES[-1])], 2)

    def as_json(self) -> dict[str, object]:
        """The figures by name."""
        return {
            "alerts_per_second": self.speeds,
            "cost_ratio": self.cost_ratio,
            "baseline_alerts_per_second": {str(BASELINE_SIZE): self.baseline},
            "alerts": self.alerts,
            "batch": BATCH,
        }


def measure(alerts: int) -> Result:
    """All sizes in turns, so that whatever else the machine does hits each of them alike; then the baseline."""
    with ExitStack() as stack:
        rigs = {size: stack.enter_context(rig_of(size)) for size in SIZES}
        calm_the_interpreter()
        for _ in range(alerts // BATCH):
            for rig in rigs.values():
                rig.measure(BATCH, BATCH)
        for rig in rigs.values():
            rig.count()
        speeds = {str(size): rig.alerts_per_second for size, rig in rigs.items()}
    with rig_of(BASELINE_SIZE) as rig:
        rig.measure(BASELINE_ALERTS, 1)
        return Result(speeds, rig.alerts_per_second, alerts // BATCH * BATCH)


def main() -> int:
    """Print the table, and one JSON object where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object on the last line")
    parser.add_argument("--alerts", type=int, default=ALERTS, help="alerts for each number of open incidents")
    options = parser.parse_args()
    result = measure(max(BATCH, options.alerts))
    print("open incidents   alerts placed a second")
    for size, speed in result.speeds.items():
        print(f"{size:>14}   {speed:>12,.0f}")
    print(f"cost of an alert at {SIZES[-1]:,} open incidents: {result.cost_ratio} times that at {SIZES[0]}")
    print(f"baseline, a transaction for each alert at {BASELINE_SIZE:,}: {result.baseline:,.0f}")
    if options.json:
        print(json.dumps(result.as_json()))
    return 0 if min(result.speeds.values()) >= ALERTS_PER_SECOND_MIN and result.cost_ratio <= COST_RATIO_MAX else 1


if __name__ == "__main__":
    sys.exit(main())
