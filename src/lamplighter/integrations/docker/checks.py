"""Runs checks on containers that should run, and knows those that a person stopped. Decides purely, changes nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

import msgspec

from lamplighter.domain.alert import Alert
from lamplighter.domain.check import CheckKind, CheckSpec, Part, Sample, SampleState, joined, reading_of, spec_of
from lamplighter.domain.verification import Reading
from lamplighter.integrations.docker.client import Engine
from lamplighter.integrations.docker.container import RUNNING, Ending, Summary, decoded
from lamplighter.integrations.docker.inventory import LIST
from lamplighter.ports import Clock, ToolError

EVERYTHING = frozenset({"*", "all"})
GLOB_LETTERS = frozenset("*?[")
DOWN_MAX = 100
ENDINGS_KEPT = 1000
# A stop sends a signal, waits for ten seconds by default, and sends another; the record of both is looked for.
BEFORE_END = timedelta(minutes=5)
AFTER_END = timedelta(seconds=5)
ENDING_SIGNALS = frozenset({"2", "3", "9", "15"})
TOLD = ("die", "kill", "start", "stop")
ALWAYS = frozenset({"always", "unless-stopped"})
ON_FAILURE = "on-failure"
NONE = frozenset({"", "no"})
STOP_CODES = frozenset({0, 130, 143})


class Actor(msgspec.Struct):
    """Whom an event is about."""

    attributes: dict[str, str] = msgspec.field(default_factory=dict, name="Attributes")


class Event(msgspec.Struct):
    """One entry of the engine's own record."""

    action: str = msgspec.field(default="", name="Action")
    actor: Actor = msgspec.field(default_factory=Actor, name="Actor")

    @property
    def is_ending_signal(self) -> bool:
        """Whether somebody sent a signal that ends most processes."""
        return self.action == "kill" and self.actor.attributes.get("signal", "") in ENDING_SIGNALS


class DockerChecks:
    """Runs `docker`: all containers with a restart policy, or those of a name or glob, whatever their policy."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        # The engine forgets its events soon; that a person stopped something is remembered from when it was told.
        self._stopped: dict[tuple[str, str], None] = {}

    def runs(self, spec: CheckSpec) -> bool:
        """What asks the engine."""
        return spec.kind is CheckKind.DOCKER

    async def sample(self, spec: CheckSpec) -> Sample:
        """One sample; never raises. A container that was removed is one that nobody wants to run any more."""
        try:
            listed = decoded(await self._engine.read(LIST, {"all": "1"}), list[Summary], f"GET {LIST}")
            chosen = [entry for entry in listed if is_meant(spec.target, entry)]
            down = [entry for entry in chosen if entry.state != RUNNING]
            endings = dict(await asyncio.gather(*(self._ending(entry) for entry in down[:DOWN_MAX])))
        except ToolError as problem:
            return Sample(spec.name, self._clock.now(), SampleState.CANNOT_SEE, str(problem))
        parts = tuple(part_of(entry, endings.get(entry.id), everything=spec.target in EVERYTHING) for entry in chosen)
        if not chosen and not GLOB_LETTERS & set(spec.target) and spec.target not in EVERYTHING:
            parts = (missing(spec.target),)
        return joined(spec.name, self._clock.now(), parts, SampleState.OK)

    async def _ending(self, entry: Summary) -> tuple[str, Ending | None]:
        """How a container came to its end; None where it has gone meanwhile, or cannot be looked at."""
        path = f"/containers/{entry.id}/json"
        try:
            ending = decoded(await self._engine.read(path), Ending, f"GET {path}")
            ending.by_a_person = await self._by_a_person(ending)
        except ToolError:
            return entry.id, None
        return entry.id, ending

    async def _by_a_person(self, ending: Ending) -> bool:
        """Whether somebody stopped it, by the engine's record or by our own memory of that. Raises `ToolError`."""
        key = (ending.id, ending.state.finished_at)
        ended_at = ending.state.ended_at
        if key not in self._stopped and ended_at is not None and was_stopped(await self._events(ending.id, ended_at)):
            self._stopped[key] = None
            while len(self._stopped) > ENDINGS_KEPT:
                del self._stopped[next(iter(self._stopped))]
        return key in self._stopped

    async def _events(self, container_id: str, ended_at: datetime) -> Sequence[Event]:
        filters = {"container": [container_id], "event": list(TOLD), "type": ["container"]}
        # Never past the engine's own present: a window that reaches into the future would be waited for.
        until = min(ended_at + AFTER_END, self._clock.now())
        since = ended_at - BEFORE_END
        params = {
            "since": f"{since.timestamp():.6f}",
            "until": f"{until.timestamp():.6f}",
            "filters": json.dumps(filters),
        }
        body = await self._engine.read("/events", params)
        return [decoded(line, Event, "GET /events") for line in body.splitlines() if line.strip()]


class DockerCheckReader:
    """Asks for a check's containers again when its alert is to be verified."""

    def __init__(self, checks: tuple[CheckSpec, ...], runner: DockerChecks) -> None:
        self._checks = checks
        self._runner = runner

    async def read(self, alert: Alert) -> Reading | None:
        """The check now; None where the alert is not from one of these checks."""
        spec = spec_of(alert, self._checks)
        if spec is None or not self._runner.runs(spec):
            return None
        return reading_of(spec, alert, await self._runner.sample(spec), f"GET {LIST}?all=1")


def is_meant(target: str, entry: Summary) -> bool:
    """Whether a check's name or glob means this container; what is left over of a removal is nobody's."""
    return entry.state != "removing" and (target in EVERYTHING or fnmatchcase(entry.name, target))


def missing(name: str) -> Part:
    """A container that was asked for by its name, and is not there."""
    return Part(name, SampleState.FAILING, f"there is no container called {name}", {"container": name})


def was_stopped(events: Sequence[Event]) -> bool:
    """Whether somebody ended the container through the engine; a process that ends by itself leaves only `die`."""
    stopped = False
    for event in events:
        if event.action == "start":
            # What came before belongs to an earlier life, such as the stop within a restart.
            stopped = False
        elif event.action == "stop" or event.is_ending_signal:
            stopped = True
    return stopped


def part_of(entry: Summary, ending: Ending | None, *, everything: bool) -> Part:
    """What one container's state says."""
    name = entry.name
    state, words = _running(entry) if entry.state == RUNNING else _down(entry, ending, everything=everything)
    return Part(name, state, f"{name} {words}", {"container": name})


def _running(entry: Summary) -> tuple[SampleState, str]:
    if entry.healthy:
        return SampleState.OK, "runs"
    return SampleState.FAILING, "runs, but its own health check fails"


def _down(entry: Summary, ending: Ending | None, *, everything: bool) -> tuple[SampleState, str]:
    if ending is None:
        return SampleState.CANNOT_SEE, f"is {entry.state}, and could not be looked at"
    policy = ending.host_config.restart_policy.name
    if everything and policy in NONE:
        return SampleState.OK, "has no restart policy, so it need not run"
    if entry.state == "paused":
        return SampleState.OK, "is paused, off on purpose"
    if entry.state in {"restarting", "dead"}:
        return SampleState.FAILING, f"is {entry.state} ({_code(ending)})"
    if entry.state == "created" and not ending.state.error:
        return SampleState.OK, "was never started, off on purpose"
    if ending.state.error:
        return SampleState.FAILING, f"could not be started: {ending.state.error[:200]}"
    if ending.by_a_person:
        return SampleState.OK, f"was stopped by somebody ({_code(ending)}), off on purpose"
    return _ended_by_itself(ending, policy)


def _ended_by_itself(ending: Ending, policy: str) -> tuple[SampleState, str]:
    """A container that is down, where the engine has no record of anybody who stopped it."""
    code, oom = ending.state.exit_code, ending.state.oom_killed
    if policy in ALWAYS and not oom:
        # The engine starts these again whatever they ended with, unless somebody stopped them.
        return SampleState.OK, f"is left down by the engine in spite of its policy {policy}, so off on purpose"
    if policy == ON_FAILURE and code == 0:
        return SampleState.OK, "has finished its work"
    if policy == ON_FAILURE and _gave_up(ending):
        return (
            SampleState.FAILING,
            f"ended ({_code(ending)}); the engine has given up after {ending.restart_count} tries",
        )
    if policy == ON_FAILURE and not oom:
        return SampleState.OK, f"is left down by the engine in spite of its policy {policy}, so off on purpose"
    if code in STOP_CODES and not oom:
        return SampleState.CANNOT_SEE, f"ended ({_code(ending)}), and who ended it is not recorded any more"
    return SampleState.FAILING, f"ended by itself ({_code(ending)})"


def _gave_up(ending: Ending) -> bool:
    tries = ending.host_config.restart_policy.maximum_retry_count
    return tries > 0 and ending.restart_count >= tries


def _code(ending: Ending) -> str:
    told = f"exit code {ending.state.exit_code}"
    return f"{told}, out of memory" if ending.state.oom_killed else told
