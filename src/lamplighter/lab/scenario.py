"""The faults and the stages by name, and how each fault must end. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where the shop runs."""

    LOCAL = "local"
    DOCKER = "docker"


class Scenario(StrEnum):
    """What breaks."""

    HANG = "hang"
    OOM = "oom"
    BADCONFIG = "badconfig"
    MEMORY = "memory"
    LATENCY = "latency"
    CPU = "cpu"
    POOL = "pool"
    DISK = "disk"
    CRASHLOOP = "crashloop"


# What the demo shows where nothing else is asked for: each of the three ends differently.
MAIN = (Scenario.HANG, Scenario.OOM, Scenario.BADCONFIG)


class LabUnavailable(Exception):
    """This machine lacks something that the stage needs; the message says what to install."""


class LabFailed(LabUnavailable):
    """A part of the lab did not do what it must, so that nothing was measured; the message ends with its last lines."""


@dataclass(frozen=True, slots=True, order=True)
class SeenEffect:
    """One change to a component, as seen from outside Lamplighter; verbs are restart, start, stop, set_memory_limit."""

    verb: str
    component: str

    @property
    def words(self) -> str:
        """The effect as a person would say it."""
        return f"{self.verb.replace('_', ' ')} {self.component}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What breaks in words, and the only right end: state, component, fault, effects; what the facts must name."""

    breaks: str
    state: str
    component: str
    fault: str
    effects: tuple[SeenEffect, ...]
    named: tuple[str, ...] = ()


EXPECTATIONS: dict[Scenario, Expectation] = {
    Scenario.HANG: Expectation(
        "every worker of orders waits for a lock that nobody gives back",
        "resolved",
        "orders",
        "process_hung",
        (SeenEffect("restart", "orders"),),
    ),
    Scenario.OOM: Expectation(
        "store loads a catalogue that does not fit into its memory limit",
        "resolved",
        "store",
        "oom_killed",
        (SeenEffect("set_memory_limit", "store"), SeenEffect("start", "store")),
    ),
    Scenario.BADCONFIG: Expectation(
        "store is restarted with workers = 'many' in its configuration",
        "needs_human",
        "store",
        "config_error",
        (),
        ("store.ini", "workers"),
    ),
    Scenario.MEMORY: Expectation(
        "orders keeps every basket until its memory is used up, and refuses what comes then",
        "resolved",
        "orders",
        "memory_leak",
        (SeenEffect("restart", "orders"),),
    ),
    Scenario.LATENCY: Expectation(
        "every connection to store is held back on its way, for longer than orders waits",
        "needs_human",
        "store",
        "network_latency",
        (),
    ),
    Scenario.CPU: Expectation(
        "orders computes so much for every request that nobody gets an answer in time",
        "resolved",
        "orders",
        "cpu_saturation",
        (SeenEffect("restart", "orders"),),
    ),
    Scenario.POOL: Expectation(
        "orders lends out every connection of its pool, and gets none back",
        "needs_human",
        "orders",
        "connection_pool_exhausted",
        (),
        ("connection pool",),
    ),
    Scenario.DISK: Expectation(
        "an export fills the small disk on which store keeps its receipts",
        "needs_human",
        "store",
        "disk_full",
        (),
        ("No space left on device",),
    ),
    Scenario.CRASHLOOP: Expectation(
        "store dies of a bad entry in its journal a moment after each start, and is started again each time",
        "needs_human",
        "store",
        "crash_loop",
        (),
        ("12,50",),
    ),
}
