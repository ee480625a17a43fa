"""Composition root: the only file that knows every room below it. It joins them, starts them and stops them."""

from __future__ import annotations

import asyncio
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
from lamplighter.domain.audit import What
from lamplighter.domain.board import Board
from lamplighter.domain.incident import Incident
from lamplighter.domain.redaction import redact
from lamplighter.domain.signing import signed_word
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
from lamplighter.settings import BadConfiguration, Settings
from lamplighter.settings.changes import Changes, adopted, changes
from lamplighter.store import open_store
from lamplighter.store.checkpoints import checkpoint_engine
from lamplighter.store.data_folder import kept, prepared, taken
from lamplighter.workflow import dispatch
from lamplighter.workflow.announcing import Announcing
from lamplighter.workflow.asking import Asking
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.communicator import (
    AT_ONCE,
    Communicator,
    Manners,
    Watched,
    make_communicator,
    make_posting,
)
from lamplighter.workflow.correlator import Correlator
from lamplighter.workflow.durable import CheckpointedSteps, DurableResponse
from lamplighter.workflow.gauging import Gauging
from lamplighter.workflow.keeping import Checkpoints, Retention
from lamplighter.workflow.lease import PlacingLease
from lamplighter.workflow.memory import StoredLessons
from lamplighter.workflow.news import News
from lamplighter.workflow.notebook import Notebook
from lamplighter.workflow.patrol import Patrol
from lamplighter.workflow.posting import Posting
from lamplighter.workflow.quiet import Quiet
from lamplighter.workflow.remedy import Patience, Remedy
from lamplighter.workflow.scribe import Scribe
from lamplighter.workflow.steps import LiveSteps
from lamplighter.workflow.story import Work
from lamplighter.workflow.surveying import Surveying
from lamplighter.workflow.sweep import Sweep
from lamplighter.workflow.switch import FileSwitch
from lamplighter.workflow.verifying import Verifying
from lamplighter.workflow.vitals import Vitals
from lamplighter.workflow.watchdogs import Watchdogs
from lamplighter.workflow.world import World

TOKEN_BYTES = 32
SWEEP_SECONDS_MAX = 15.0
GRACE_POLL_SECONDS = 0.05
SWITCH_SECONDS = 0.0005
COLLECT_AFTER = (50_000, 20, 100)
OWN_NAMES = frozenset({"lamplighter"})
MONITORING = ("prometheus", "alertmanager")
log = structlog.get_logger()


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
    vitals: Vitals
    watchdogs: Watchdogs
    retention: Retention
    patrol: Patrol
    response: Response
    sources: dict[str, SignalSource]
    gates: dict[str, SignalGate]
    backlogs: dict[str, SignalBacklog]
    runbooks: Runbooks
    steps: LiveSteps
    communicator: Communicator
    scribe: Scribe
    reread: Callable[[], Settings] | None = None
    lock: IO[bytes] | None = None
    failure: str = ""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _reloading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def board(self) -> Board:
        """The open incidents in memory; read it without awaiting in between, because placing changes it."""
        return self.correlator.board

    async def start(self, on_failure: Callable[[], None] = lambda: None) -> None:
        """Recover, then place alerts and walk the rounds. `on_failure` is called when one of them breaks off."""
        # Before anything can act, what is muted must be known.
        await self.quiet.refresh()
        self.response.launch()
        await self.scribe.begin(self.settings.file)
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
            "scribe": self.scribe.run(),
            **self.communicator.parts(),
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

    async def reload(self, by: str = "") -> Changes:
        """Read the configuration again for somebody, and take over what may change while running.

        Raises `BadConfiguration`; then everything stays as it was.
        """
        if self.reread is None:
            raise BadConfiguration(["this server was started without a configuration that could be read again"])
        async with self._reloading:
            try:
                new = await asyncio.to_thread(self.reread)
            except BadConfiguration as problem:
                wrong = str(len(problem.problems))
                await self.scribe.configured(What.CONFIGURATION_REFUSED, self.settings.file, by, problems=wrong)
                raise
            books = await asyncio.to_thread(_runbooks, new.configuration.runbooks)
            found = changes(self.settings, new)
            self._adopt(adopted(self.settings, new), books)
            told = {"applied": " ".join(found.applied), "waits": " ".join(found.restart)}
            await self.scribe.configured(What.CONFIGURATION_RELOADED, new.file, by, **told)
        log.info("the configuration was read again", applied=found.applied, waits_for_restart=found.restart)
        return found

    def _adopt(self, settings: Settings, books: Runbooks) -> None:
        """From here on all parts go by these settings. Nothing may fail in here."""
        configuration = settings.configuration
        self.settings, self.runbooks = settings, books
        self.world.depends = configuration.depends
        self.quiet.windows = configuration.windows
        self.steps.rules, care = configuration.autonomy.rules(protected_names(settings)), _care(settings)
        self.steps.care = self.steps.asking.care = self.steps.verifying.care = care
        self.sweep.sweep_seconds = _sweep_seconds(settings)
        self.dispatch.bounds, self.dispatch.storm_from = _bounds(settings), configuration.responses.storm_from
        self.retention.keeping = _keeping(settings)

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
        await self.scribe.finish()
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
    """Join all parts. Raises `UnusableFolder` or `StoreUnavailable` with words for the user."""
    clock = clock or SystemClock()
    configuration = settings.configuration
    folder = prepared(settings.data_folder)
    lock = taken(folder)
    store_url = configuration.store.url or f"sqlite:///{folder / 'lamplighter.db'}"
    store = open_store(store_url, clock=clock)
    token = _token(folder)
    loaded = _loaded(settings, clock, store, token)
    roles = (*loaded.values(), *extra_roles)
    world = World(clock, roles, configuration.depends)
    switch = FileSwitch(folder, clock)
    exchanges = tuple(role.silences for role in roles if role.silences is not None)
    zone, called = configuration.site.timezone, world.nicknames
    news, quiet = News(), Quiet(store, clock, configuration.windows, exchanges, zone, called=called)
    posting, chronicle = _telling(settings, world, store, news, quiet)
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
    watched = _watched(settings, world, placing)
    return App(
        settings=settings,
        token=token,
        signing_key=kept(folder / "signing-key", lambda: secrets.token_hex(TOKEN_BYTES)),
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
        sweep=Sweep(store, world, response, clock, chronicle, line, placing, _sweep_seconds(settings)),
        surveying=watched.surveying,
        vitals=Vitals(world, watched.surveying, clock, Gauging(world, clock)),
        watchdogs=watchdogs,
        retention=Retention(store, clock, response, lambda: placing.leads, _keeping(settings)),
        patrol=watched.patrol,
        response=response,
        sources={source.name: source for role in roles for source in role.sources},
        gates={gate.source: gate for role in roles for gate in role.gates},
        backlogs={name: role.backlog for name, role in loaded.items() if role.backlog is not None},
        runbooks=_runbooks(configuration.runbooks),
        steps=steps,
        communicator=make_communicator(chronicle, posting, world, _manners(settings), response, switch, watched, quiet),
        scribe=Scribe(store, clock, Notebook(folder), switch),
        lock=lock,
    )


def _loaded(settings: Settings, clock: Clock, store: Store, token: str) -> dict[str, Roles]:
    """The roles of every integration that is configured, by its name; nothing is connected yet."""
    specs = settings.configuration.check_specs
    surroundings = Surroundings(clock, specs, store.samples, _answer_url(settings, token))
    named = {**settings.sources, **settings.channels}
    return {name: integrations.load(name).build(part, surroundings) for name, part in named.items()}


def _answer_url(settings: Settings, secret: str) -> Callable[[str], str]:
    """Where a message's button is answered from outside; nowhere, unless the configuration says how we are reached."""
    root = (settings.configuration.site.url or "").rstrip("/")
    return lambda token: f"{root}/act/{signed_word(token, secret)}" if root else ""


def _telling(settings: Settings, world: World, store: Store, news: News, quiet: Quiet) -> tuple[Posting, Chronicle]:
    """Where letters are written, and the pen of the response."""
    posting = make_posting(store, world.clock, world, _manners(settings))
    at_once = tuple(channel for channel in world.channels if channel.name in AT_ONCE)
    url = settings.configuration.site.url or ""
    return posting, Chronicle(store, world.clock, at_once, url, news, quiet, post=posting, called=world.nicknames)


def _watched(settings: Settings, world: World, placing: Correlator) -> Watched:
    """What looks around by itself: at what runs, and at the checks."""
    store, clock, specs = placing.store, placing.clock, settings.configuration.check_specs
    runners = tuple(runner for role in world.roles for runner in role.runners)
    return Watched(Surveying(store, world, clock, placing), Patrol(store, runners, specs, clock, placing), placing)


def _manners(settings: Settings) -> Manners:
    """Where and when people are told."""
    configuration, site = settings.configuration, settings.configuration.site
    quiet, expires = settings.notify.hours(site.timezone), configuration.autonomy.approval_expires
    return Manners(site.url or "", site.timezone, quiet, settings.notify.digest, expires)


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
    care = _care(settings)
    return LiveSteps(
        store=store,
        world=world,
        remedy=remedy,
        chronicle=chronicle,
        investigator=investigator,
        knowledge=StoredLessons(store.lessons),
        rules=configuration.autonomy.rules(protected_names(settings)),
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
    line = dispatch.Dispatch(store, response, chronicle, clock, _bounds(settings), configuration.responses.storm_from)
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


def _care(settings: Settings) -> Care:
    verify = settings.configuration.verify
    return Care(verify.dwell, verify.deadline, verify.every, settings.configuration.autonomy.approval_expires)


def _sweep_seconds(settings: Settings) -> float:
    return min(SWEEP_SECONDS_MAX, settings.configuration.verify.dwell)


def _bounds(settings: Settings) -> Bounds:
    responses = settings.configuration.responses
    return Bounds(responses.at_once, responses.at_once_in_storm)


def _keeping(settings: Settings) -> Keeping:
    bounds = settings.configuration.retention
    return Keeping(
        journal_seconds=bounds.alerts,
        journal_rows_max=bounds.alerts_max,
        incident_seconds=bounds.incidents,
        incidents_max=bounds.incidents_max,
        audit_seconds=bounds.audit,
    )


def calm_the_interpreter() -> None:
    """Keep pauses short: those of threads that compute, and those of the search for cycles, of which we make few."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _token(folder: Path) -> str:
    return kept(folder / "token", lambda: secrets.token_urlsafe(TOKEN_BYTES))


def _executor_id(folder: Path, replica: str) -> str:
    return replica or kept(folder / "executor-id", lambda: f"lamplighter-{secrets.token_hex(8)}")


def protected_names(settings: Settings) -> frozenset[str]:
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
