"""Breaks the shop, one fault after another, lets the real server answer, and reports what came of it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType

from lamplighter.lab.docker_rig import DockerRig
from lamplighter.lab.local_rig import LocalRig
from lamplighter.lab.premises import Premises
from lamplighter.lab.report import DemoReport, Event, Outcome, outcome_of, since
from lamplighter.lab.rig import Rig
from lamplighter.lab.scenario import EXPECTATIONS, LabFailed, LabUnavailable, Scenario, Stage
from lamplighter.lab.serving import Server
from lamplighter.lab.shop.layout import free_ports
from lamplighter.lab.telling import lines_of

__all__ = ["DemoReport", "LabFailed", "LabUnavailable", "Scenario", "Stage", "build_rig", "respond", "run_demo"]

END_SECONDS_MAX = 90.0
PAUSE_SECONDS = 0.1
ENDS = frozenset({"resolved", "needs_human", "rejected", "rolled_back", "self_cleared", "merged"})
Say = Callable[[str], None]


def run_demo(stage: Stage, scenarios: Sequence[Scenario], say: Say) -> DemoReport:
    """Run the scenarios in order; each meets a Lamplighter that remembers nothing of the one before.

    `say` gets a plain line for each thing that happens. Raises `LabUnavailable`. Nothing is left, however it ends.
    """
    outcomes: list[Outcome] = []
    with _signals_end_it(), Premises() as premises, closing(build_rig(stage, premises)) as rig:
        port = free_ports(1)[0]
        rig.start(port)
        say(f"the shop is open on stage {stage}: front needs orders, orders needs store")
        chosen = _possible(rig, scenarios, say)
        for number, scenario in enumerate(chosen, start=1):
            say("")
            say(f"{number}/{len(chosen)} {scenario}: {EXPECTATIONS[scenario].breaks}")
            # A return within ten minutes reopens the incident that the last fault made. These are separate troubles
            # behind one symptom, so each begins with empty data.
            with Server(premises, rig.configuration(port)) as server:
                outcomes.append(respond(rig, server, scenario, say))
            rig.heal(scenario)
    say("")
    return DemoReport(stage, tuple(outcomes))


def _possible(rig: Rig, scenarios: Sequence[Scenario], say: Say) -> list[Scenario]:
    """The scenarios that this machine allows; the others are said. Raises `LabUnavailable` where none is left."""
    lacking = {scenario: words for scenario in scenarios if (words := rig.lacks(scenario))}
    for scenario, words in lacking.items():
        say(f"left out: {scenario}, because {words}")
    if scenarios and len(lacking) == len(scenarios):
        raise LabUnavailable("; ".join(f"{scenario}: {words}" for scenario, words in lacking.items()))
    return [scenario for scenario in scenarios if scenario not in lacking]


def build_rig(stage: Stage, premises: Premises) -> Rig:
    """The stage's rig, not started. Raises `LabUnavailable` where a program is missing."""
    return DockerRig(premises) if stage is Stage.DOCKER else LocalRig(premises)


def respond(rig: Rig, server: Server, scenario: Scenario, say: Say) -> Outcome:
    """Inject one fault, and follow the incident it makes to its end. Raises `LabFailed`."""
    known = _runs(server)
    fault_at = datetime.now(UTC)
    rig.inject(scenario)
    say("    0.0 s  fault     injected")
    follower = _Follower(server, fault_at, known, say)
    state = follower.follow()
    made = _runs(server) - known
    outcome = outcome_of(scenario, fault_at, state, follower.events, rig.effects(), len(made))
    counted = ", ".join(effect.words for effect in outcome.effects) or "none"
    say(f"           outside   effects counted by {_witness(rig.stage)}: {counted}")
    for surprise in outcome.surprises:
        say(f"           WRONG     {surprise}")
    return outcome


def _witness(stage: Stage) -> str:
    return "the engine's events" if stage is Stage.DOCKER else "supervisord's log and the memory guard's"


def _runs(server: Server) -> set[tuple[str, int]]:
    """Every response there was: an incident's id, and how often it was begun."""
    return {(str(incident["id"]), int(incident["run"])) for incident in server.incidents()}


@dataclass(slots=True)
class _Follower:
    """Reads the timeline of the one new incident as it grows."""

    server: Server
    fault_at: datetime
    known: set[tuple[str, int]]
    say: Say
    told: int = 0
    events: Sequence[Event] = ()

    def follow(self) -> str:
        """Tell the events until the response ends; returns the state it ends in, or the last one there was."""
        deadline, state = time.monotonic() + END_SECONDS_MAX, ""
        while time.monotonic() < deadline:
            incident = self._newest()
            if incident is not None:
                identity, title, state = incident
                self._tell(identity, title)
                if state in ENDS:
                    self._tell(identity, title)
                    return state
            time.sleep(PAUSE_SECONDS)
        self.say(f"           no end within {END_SECONDS_MAX:.0f} s")
        return state

    def _newest(self) -> tuple[str, str, str] | None:
        for incident in self.server.incidents():
            if (str(incident["id"]), int(incident["run"])) not in self.known:
                return str(incident["id"]), str(incident["title"]), str(incident["state"])
        return None

    def _tell(self, identity: str, title: str) -> None:
        self.events = since(self.server.timeline(identity), self.fault_at)
        for event in self.events[self.told :]:
            seconds = (datetime.fromisoformat(str(event["at"])) - self.fault_at).total_seconds()
            for line in lines_of(event, seconds, title):
                self.say(line)
        self.told = len(self.events)


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """SIGTERM and SIGHUP unwind as ctrl-C does, so that everything is put away."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
