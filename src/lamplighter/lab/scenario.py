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
}
