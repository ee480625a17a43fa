"""Composition root: the only file that knows every room below it. It joins them, starts them and stops them."""

from __future__ import annotations

import asyncio
import fcntl
import ipaddress
import os
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

import structlog

from lamplighter import integrations
from lamplighter.diagnosis import RulesInvestigator
from lamplighter.domain.redaction import redact
from lamplighter.ports import Clock, Investigator, Roles, SignalBacklog, SignalSource, Store, Surroundings
from lamplighter.settings import Settings
from lamplighter.store import open_store
from lamplighter.store.checkpoints import checkpoint_engine
from lamplighter.workflow import correlator
from lamplighter.workflow.asking import Asking
from lamplighter.workflow.care import Care
from lamplighter.workflow.chronicle import Chronicle
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.durable import CheckpointedSteps, DurableResponse
from lamplighter.workflow.memory import StoredLessons
from lamplighter.workflow.patrol import Patrol
from lamplighter.workflow.remedy import Patience, Remedy
from lamplighter.workflow.steps import LiveSteps
from lamplighter.workflow.story import Work
from lamplighter.workflow.switch import FileSwitch
from lamplighter.workflow.verifying import Verifying
from lamplighter.workflow.world import World

TOKEN_BYTES = 32
GRACE_POLL_SECONDS = 0.05
OWN_NAMES = frozenset({"lamplighter"})
MONITORING = ("prometheus", "alertmanager")
log = structlog.get_logger()


class CannotStart(Exception):
    """The program cannot run here; the words say what to do."""


class Response(correlator.Response, Protocol):
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
    clock: Clock
    store: Store
    world: World
    switch: FileSwitch
    remedy: Remedy
    correlator: correlator.Correlator
    patrol: Patrol
    response: Response
    sources: dict[str, SignalSource]
    backlogs: dict[str, SignalBacklog]
    lock: IO[bytes] | None = None
    failure: str = ""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def start(self, on_failure: Callable[[], None] = lambda: None) -> None:
        """Recover, then place alerts and walk the rounds. `on_failure` is called when one of them breaks off."""
        self.response.launch()
        self._spawn("correlator", self.correlator.run(), on_failure)
        self._spawn("sweep", self.correlator.sweep_always(), on_failure)
        self._spawn("patrol", self.patrol.run(), on_failure)

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
    chronicle = Chronicle(store, clock, world.channels, configuration.site.url or "")
    remedy = Remedy(store, world, switch, clock, chronicle, patience or Patience())
    verify = configuration.verify
    care = Care(verify.dwell, verify.deadline, verify.every, configuration.autonomy.approval_expires)
    steps: Work = LiveSteps(
        store=store,
        world=world,
        remedy=remedy,
        chronicle=chronicle,
        investigator=investigator or RulesInvestigator(),
        knowledge=StoredLessons(store.lessons),
        rules=configuration.autonomy.rules(_protected(settings)),
        clock=clock,
        care=care,
        asking=Asking(store, chronicle, clock, care),
        verifying=Verifying(store, world, remedy, chronicle, clock, care),
    )
    url, engine = checkpoint_engine(store_url, folder)
    response = DurableResponse(
        wrap(steps) if wrap else steps,
        url=url,
        engine=engine,
        executor_id=_executor_id(folder, configuration.store.replica),
        checkpointed=checkpointed,
    )
    placing = correlator.Correlator(store, world, response, clock, chronicle, sweep_seconds=min(15.0, verify.dwell))
    runners = tuple(runner for role in roles for runner in role.runners)
    return App(
        settings=settings,
        token=_token(folder),
        clock=clock,
        store=store,
        world=world,
        switch=switch,
        remedy=remedy,
        correlator=placing,
        patrol=Patrol(store, runners, configuration.check_specs, clock, placing),
        response=response,
        sources={source.name: source for role in roles for source in role.sources},
        backlogs={name: role.backlog for name, role in loaded.items() if role.backlog is not None},
        lock=lock,
    )


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
