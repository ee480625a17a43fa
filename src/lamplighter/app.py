"""Composition root: the only file that knows every room below it. It joins them, starts them and stops them."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import ipaddress
import os
import secrets
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

import structlog

from lamplighter import integrations
from lamplighter.diagnosis import RulesInvestigator
from lamplighter.domain.admission import Bounds
from lamplighter.domain.board import Board
from lamplighter.domain.incident import Incident
from lamplighter.domain.redaction import redact
from lamplighter.knowledge.folder import read_runbooks
from lamplighter.knowledge.runbooks import Runbooks
from lamplighter.ports import (
    Clock,
    Investigator,
    Keeping,
    Roles,
    SignalBacklog,
    SignalGate,
    SignalSource,
    Store,
    StoreUnavailable,
    Surroundings,
)
from lamplighter.settings import Settings
from lamplighter.store import open_store
from lamplighter.store.checkpoints import checkpoint_engine
from lamplighter.workflow import dispatch
from lamplighter.workflow.announcing import Announcing
from lamplighter.workflow.asking import Asking
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.correlator import Correlator
from lamplighter.workflow.durable import CheckpointedSteps, DurableResponse
from lamplighter.workflow.keeping import Checkpoints, Retention
from lamplighter.workflow.lease import PlacingLease
from lamplighter.workflow.memory import StoredLessons
from lamplighter.workflow.news import News
from lamplighter.workflow.patrol import Patrol
from lamplighter.workflow.quiet import Quiet
from lamplighter.workflow.remedy import Patience, Remedy
from lamplighter.workflow.steps import LiveSteps
from lamplighter.workflow.story import Work
from lamplighter.workflow.surveying import Surveying
from lamplighter.workflow.sweep import Sweep
from lamplighter.workflow.switch import FileSwitch
from lamplighter.workflow.verifying import Verifying
from lamplighter.workflow.watchdogs import Watchdogs
from lamplighter.workflow.world import World

TOKEN_BYTES = 32
GRACE_POLL_SECONDS = 0.05
SWITCH_SECONDS = 0.0005
COLLECT_AFTER = (50_000, 20, 100)
OWN_NAMES = frozenset({"lamplighter"})
MONITORING = ("prometheus", "alertmanager")
log = structlog.get_logger()


class CannotStart(Exception):
    """The program cannot run here; the words say what to do."""


class Response(dispatch.Response, Checkpoints, Protocol):
    """The durable response, as the doors and the correlator know it."""

    def launch(self) -> None:
        """Begin, and recover."""
        ...

    async def close(self) -> None:
        """Let go."""
        ...


@dataclass(slots=True)
class App:
    """The running parts, as the doors see them."""

    settings: Settings
    token: str
    signing_key: str
    clock: Clock
    store: Store
    world: World
    switch: FileSwitch
    remedy: Remedy
    chronicle: Chronicle
    news: News
    quiet: Quiet
    correlator: Correlator
    dispatch: dispatch.Dispatch
    announcing: Announcing
    sweep: Sweep
    surveying: Surveying
    watchdogs: Watchdogs
    retention: Retention
    patrol: Patrol
    response: Response
    sources: dict[str, SignalSource]
    gates: dict[str, SignalGate]
    backlogs: dict[str, SignalBacklog]
    runbooks: Runbooks
    lock: IO[bytes] | None = None
    failure: str = ""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def board(self) -> Board:
        """The open incidents in memory; read it without awaiting in between, because placing changes it."""
        return self.correlator.board

    async def start(self, on_failure: Callable[[], None] = lambda: None) -> None:
        """Recover, then place alerts and walk the rounds. `on_failure` is called when one of them breaks off."""
        # Before anything can act, what is muted must be known.
        await self.quiet.refresh()
        self.response.launch()
        parts: dict[str, Coroutine[Any, Any, None]] = {
            "quiet": self.quiet.run(),
            "correlator": self.correlator.run(),
            "dispatch": self.dispatch.run(),
            "announcing": self.announcing.run(),
            "sweep": self.sweep.run(),
            "surveying": self.surveying.run(),
            "watchdogs": self.watchdogs.run(),
            "retention": self.retention.run(),
            "patrol": self.patrol.run(),
        }
        for name, work in parts.items():
            self._spawn(name, work, on_failure)

    def _spawn(self, name: str, work: Coroutine[Any, Any, None], on_failure: Callable[[], None]) -> None:
        def ended(task: asyncio.Task[None]) -> None:
            problem = None if task.cancelled() else task.exception()
            if problem is not None:
                self.failure = redact(f"{name} broke off: {problem!r}")
                log.critical("a part broke off", part=name, exc_info=problem)
                on_failure()

        task = asyncio.create_task(work, name=name)
        task.add_done_callback(ended)
        self._tasks.append(task)

    async def stop(self) -> None:
        """Let a running action finish within the grace, then end everything; what is under way goes on next time."""
        self.remedy.halted = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        deadline = self.clock.monotonic() + self.settings.configuration.server.stop_grace
        while self.remedy.running and self.clock.monotonic() < deadline:
            await self.clock.sleep(GRACE_POLL_SECONDS)
        try:
            await self.correlator.finish()
            await self.correlator.lease.release()
        except StoreUnavailable as problem:
            log.info("the lease of placing runs out by itself", problem=str(problem))
        await self.response.close()
        self.store.close()
        if self.lock is not None:
            self.lock.close()


def build_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    extra_roles: tuple[Roles, ...] = (),
    investigator: Investigator | None = None,
    checkpointed: type[CheckpointedSteps] | None = None,
    patience: Patience | None = None,
    wrap: Callable[[Work], Work] | None = None,
) -> App:
    """Join all parts. Raises `CannotStart` or `StoreUnavailable` with words for the user."""
    clock = clock or SystemClock()
    configuration = settings.configuration
    folder = _prepared(settings.data_folder)
    lock = _locked(folder)
    store_url = configuration.store.url or f"sqlite:///{folder / 'lamplighter.db'}"
    store = open_store(store_url, clock=clock)
    surroundings = Surroundings(clock, configuration.check_specs, store.samples)
    named = {**settings.sources, **settings.channels}
    loaded = {name: integrations.load(name).build(part, surroundings) for name, part in named.items()}
    roles = (*loaded.values(), *extra_roles)
    world = World(clock, roles, configuration.depends)
    switch = FileSwitch(folder, clock)
    exchanges = tuple(role.silences for role in roles if role.silences is not None)
    quiet = Quiet(store, clock, configuration.windows, exchanges, configuration.site.timezone)
    news = News()
    chronicle = Chronicle(store, clock, world.channels, configuration.site.url or "", news, quiet)
    remedy = Remedy(store, world, switch, clock, chronicle, patience or Patience())
    steps = _steps(settings, remedy, investigator or RulesInvestigator())
    url, engine = checkpoint_engine(store_url, folder)
    response = DurableResponse(
        wrap(steps) if wrap else steps,
        url=url,
        engine=engine,
        executor_id=_executor_id(folder, configuration.store.replica),
        checkpointed=checkpointed,
    )
    line, announcing, placing, watchdogs = _placing(settings, chronicle, response)
    remedy.settling_seconds, remedy.caught_up = line.settling_seconds, placing.caught_up
    sweep_seconds = min(15.0, configuration.verify.dwell)
    runners = tuple(runner for role in roles for runner in role.runners)
    return App(
        settings=settings,
        token=_token(folder),
        signing_key=_kept(folder / "signing-key", lambda: secrets.token_hex(TOKEN_BYTES)),
        clock=clock,
        store=store,
        world=world,
        switch=switch,
        remedy=remedy,
        chronicle=chronicle,
        news=news,
        quiet=quiet,
        correlator=placing,
        dispatch=line,
        announcing=announcing,
        sweep=Sweep(store, world, response, clock, chronicle, line, placing, sweep_seconds),
        surveying=Surveying(store, world, clock, placing),
        watchdogs=watchdogs,
        retention=Retention(store, clock, response, lambda: placing.leads, _keeping(settings)),
        patrol=Patrol(store, runners, configuration.check_specs, clock, placing),
        response=response,
        sources={source.name: source for role in roles for source in role.sources},
        gates={gate.source: gate for role in roles for gate in role.gates},
        backlogs={name: role.backlog for name, role in loaded.items() if role.backlog is not None},
        runbooks=_runbooks(configuration.runbooks),
        lock=lock,
    )


def _runbooks(folder: Path | None) -> Runbooks:
    """The user's own runbooks; what cannot be used of them is said."""
    runbooks, warnings = read_runbooks(folder)
    for warning in warnings:
        log.warning("a runbook cannot be used as it is", problem=redact(warning))
    return runbooks


def _steps(settings: Settings, remedy: Remedy, investigator: Investigator) -> LiveSteps:
    """The steps of the story on the real world."""
    configuration = settings.configuration
    store, world, clock, chronicle = remedy.store, remedy.world, remedy.clock, remedy.chronicle
    verify = configuration.verify
    care = Care(verify.dwell, verify.deadline, verify.every, configuration.autonomy.approval_expires)
    return LiveSteps(
        store=store,
        world=world,
        remedy=remedy,
        chronicle=chronicle,
        investigator=investigator,
        knowledge=StoredLessons(store.lessons),
        rules=configuration.autonomy.rules(_protected(settings)),
        clock=clock,
        care=care,
        asking=Asking(store, chronicle, clock, care),
        verifying=Verifying(store, world, remedy, chronicle, clock, care),
    )


def _placing(
    settings: Settings, chronicle: Chronicle, response: DurableResponse
) -> tuple[dispatch.Dispatch, Announcing, Correlator, Watchdogs]:
    """The placing, the line of responses behind it, and what people are told meanwhile."""
    configuration = settings.configuration
    store, clock = chronicle.store, chronicle.clock
    bounds = Bounds(configuration.responses.at_once, configuration.responses.at_once_in_storm)
    line = dispatch.Dispatch(store, response, chronicle, clock, bounds, configuration.responses.storm_from)
    announcing = Announcing(store, chronicle, clock, line)
    names = frozenset({configuration.watchdog.alert})
    placing = Correlator(
        store,
        clock,
        line,
        PlacingLease(store.leases, clock, name=_executor_id(settings.data_folder, configuration.store.replica)),
        chronicle.news,
        names,
    )
    watchdogs = Watchdogs(store, clock, placing, names, timedelta(seconds=configuration.watchdog.within))
    placing.heard = watchdogs.heard
    line.placing, line.closed = placing, announcing.closed

    def moved(incident: Incident) -> None:
        if not incident.is_open:
            placing.changed((incident.id,))
            announcing.closed(incident)
        if incident.state not in dispatch.AT_WORK:
            line.nudge()

    chronicle.moved = moved
    return line, announcing, placing, watchdogs


def _keeping(settings: Settings) -> Keeping:
    kept = settings.configuration.retention
    return Keeping(
        journal_seconds=kept.alerts,
        journal_rows_max=kept.alerts_max,
        incident_seconds=kept.incidents,
        incidents_max=kept.incidents_max,
    )


def calm_the_interpreter() -> None:
    """Keep pauses short: those of threads that compute, and those of the search for cycles, of which we make few."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _prepared(folder: Path) -> Path:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise CannotStart(
            f"the data folder {folder} cannot be made: {problem.strerror}; give another with --data"
        ) from problem
    return folder


def _locked(folder: Path) -> IO[bytes]:
    """One process for each data folder: two with the same executor id would begin the same step twice."""
    try:
        stream = (folder / "lock").open("ab")
    except OSError as problem:
        raise CannotStart(f"the data folder {folder} cannot be written: {problem.strerror}") from problem
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        stream.close()
        raise CannotStart(
            f"another Lamplighter runs on {folder}; stop it, or give another folder with --data"
        ) from problem
    return stream


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The text of a file that is made once, readable by its owner alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        text = path.read_text(encoding="utf-8").strip()
        if not text:
            raise CannotStart(f"{path} is empty; remove it, and another is made at the next start") from None
        return text
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        text = make()
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    return text


def _token(folder: Path) -> str:
    return _kept(folder / "token", lambda: secrets.token_urlsafe(TOKEN_BYTES))


def _executor_id(folder: Path, replica: str) -> str:
    return replica or _kept(folder / "executor-id", lambda: f"lamplighter-{secrets.token_hex(8)}")


def _protected(settings: Settings) -> frozenset[str]:
    """Names that are part of Lamplighter, of its database, or of the monitoring that verifies it."""
    urls = [settings.configuration.store.url]
    for part in settings.sources.values():
        urls.extend(str(getattr(part, key)) for key in ("url", "host") if getattr(part, key, ""))
    hosts = {urlsplit(url).hostname or "" for url in urls}
    names = {host for host in hosts if host and host != "localhost" and not _is_address(host)}
    watched = {name for name in MONITORING if getattr(settings.sources.get(name), "url", "")}
    database = {"postgres"} if settings.configuration.store.url.startswith("postgresql") else set()
    return frozenset({*OWN_NAMES, *names, *watched, *database, os.environ.get("HOSTNAME", "lamplighter")})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
