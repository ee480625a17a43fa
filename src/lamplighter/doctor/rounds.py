"""All looks of a checkup, side by side, each bounded in time. What is still out when time is up is not known."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lamplighter import integrations
from lamplighter.app import protected_names
from lamplighter.doctor.machine import clock_synchronised, folder_look, server_look
from lamplighter.domain.check import CheckKind, CheckSpec, Sample, SampleState
from lamplighter.domain.checkup import (
    HEARING,
    NO_PEOPLE,
    WEBHOOKS,
    ChannelLook,
    Checkup,
    Finding,
    Health,
    ServerLook,
    SetupLook,
    SourceLook,
    judge_channel,
    judge_check,
    judge_clock,
    judge_folder,
    judge_reaches,
    judge_server,
    judge_setup,
    judge_source,
)
from lamplighter.domain.policy import Rules
from lamplighter.domain.reach import Reach, View, opening_words, reaches
from lamplighter.domain.redaction import redact
from lamplighter.domain.topology import Component
from lamplighter.ports import CheckRunner, Clock, Inventory, Roles, Surroundings, ToolError
from lamplighter.settings import Settings
from lamplighter.settings.load import SOURCES_OF
from lamplighter.workflow.clock import SystemClock
from lamplighter.workflow.world import INVENTORY_SUFFIX, World

LOOK_SECONDS_MAX = 5.0
CHECKS_LOOKED_AT_MAX = 100
CHECKS_AT_ONCE = 8
WORDS_CHARS_MAX = 500
ADDRESS_FILE = "server"
# No clock can be right that stands before this program was written.
BUILT = datetime(2026, 11, 1, tzinfo=UTC)


class _NoSamples:
    """A doctor remembers no samples."""

    def keep(self, samples: Sequence[Sample]) -> None:
        """Forget them."""

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:  # noqa: ARG002 - the port's signature
        """None."""
        return ()


@dataclass(frozen=True, slots=True)
class Sight:
    """What the sentences come to now, and what could not be seen for that, by system."""

    reaches: tuple[Reach, ...]
    seen: int
    blind: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inside:
    """What the server that asks for the checkup knows of itself."""

    address: str
    reasons: str = ""
    paused: str = ""
    accounts: int | None = None
    # The newest end of a message by channel: empty where it was delivered, else why it was given up.
    delivered: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A source's look, and the components it listed."""

    look: SourceLook
    parts: tuple[Component, ...] = ()
    systems: tuple[str, ...] = ()


def roles_of(settings: Settings, clock: Clock) -> dict[str, Roles]:
    """The roles of every source and channel, by integration; nothing is connected yet."""
    surroundings = Surroundings(clock, settings.configuration.check_specs, _NoSamples())
    named = {**settings.sources, **settings.channels}
    return {name: integrations.load(name).build(part, surroundings) for name, part in named.items()}


def rules_of(settings: Settings) -> Rules:
    """The rules that policy would judge by."""
    return settings.configuration.autonomy.rules(protected_names(settings))


async def sight(settings: Settings) -> Sight:
    """Ask every engine what runs, each within its bound, and read the sentences against that."""
    clock = SystemClock()
    world = World(clock, tuple(roles_of(settings, clock).values()), settings.configuration.depends)
    survey = await world.survey(LOOK_SECONDS_MAX)
    blind = {piece.tool.removesuffix(INVENTORY_SUFFIX): piece.error for piece in survey.failures}
    view = View(survey.components, world.offers, tuple(sorted(blind)))
    return Sight(reaches(rules_of(settings), view), len(survey.components), blind)


async def examine(settings: Settings, inside: Inside | None = None) -> Checkup:
    """Look at everything, and judge it. `inside` is what the asking server knows of itself; None where none asks."""
    clock = SystemClock()
    roles = roles_of(settings, clock)
    configuration = settings.configuration
    sqlite = not configuration.store.url.startswith("postgresql")
    told = inside.delivered if inside is not None else {}
    folder, serving, synchronised, listed, channels, checked = await asyncio.gather(
        asyncio.to_thread(folder_look, settings.data_folder, sqlite=sqlite),
        _serving(settings, inside),
        asyncio.to_thread(clock_synchronised),
        asyncio.gather(*(_listed(name, each, settings) for name, each in roles.items() if name in settings.sources)),
        asyncio.gather(*(_reached(name, roles[name], told) for name in settings.channels)),
        _checked(configuration.check_specs, [runner for each in roles.values() for runner in each.runners]),
    )
    blind = [system for each in listed if each.look.error for system in each.systems]
    parts = [part for each in listed for part in each.parts]
    offers = [action.offer for each in roles.values() for action in each.actions]
    found = reaches(rules_of(settings), View(parts, offers, tuple(sorted(blind))))
    mode = configuration.autonomy.mode
    findings = (
        *judge_server(serving),
        *judge_folder(folder, clock.now()),
        judge_clock(clock.now(), BUILT, synchronised=synchronised),
        *_sources(settings, listed),
        *(judge_channel(look) for looks in channels for look in looks),
        *checked,
        *judge_reaches(mode, found, blind),
        *judge_setup(_setup(settings, roles, inside.accounts if inside is not None else None)),
    )
    return Checkup(findings, (opening_words(mode), *(each.words for each in found)))


def as_tree(checkup: Checkup) -> dict[str, Any]:
    """The checkup as the API and `-o json` give it."""
    return {
        "worst": str(checkup.worst),
        "needs_work": checkup.needs_work,
        "findings": [{**asdict(finding), "health": str(finding.health)} for finding in checkup.findings],
        "may": list(checkup.may),
    }


async def _serving(settings: Settings, inside: Inside | None) -> ServerLook:
    if inside is not None:
        return ServerLook(inside.address, True, True, True, inside.reasons, inside.paused)
    place = settings.configuration.server
    told = await asyncio.to_thread(_told_address, settings.data_folder / ADDRESS_FILE)
    return await asyncio.to_thread(server_look, settings.data_folder, place.host, place.port, told)


def _told_address(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


async def _listed(name: str, roles: Roles, settings: Settings) -> _Listed:
    """One source: what it lists, or what its contact says; an error that names the exact trouble."""
    part = settings.sources[name]
    address = redact(str(getattr(part, "url", "") or getattr(part, "host", "") or ""))
    systems = tuple(inventory.system for inventory in roles.inventories)
    asked = bool(roles.inventories) or roles.contact is not None
    if not asked:
        return _Listed(SourceLook(name, address, receives=bool(roles.sources), asked=False))
    try:
        async with asyncio.timeout(LOOK_SECONDS_MAX):
            words = await roles.contact() if roles.contact is not None else ""
            parts = tuple([part for each in roles.inventories for part in await _components(each)])
    except TimeoutError:
        error = f"no answer in {LOOK_SECONDS_MAX:.0f} s"
    except ToolError as problem:
        error = redact(str(problem))[:WORDS_CHARS_MAX]
    else:
        stopped = sum(1 for each in parts if not each.running)
        count = len(parts) if roles.inventories else None
        return _Listed(SourceLook(name, address, count, stopped, words), parts, systems)
    return _Listed(SourceLook(name, address, error=error), systems=systems)


async def _components(inventory: Inventory) -> Sequence[Component]:
    return await inventory.components()


async def _reached(name: str, roles: Roles, delivered: Mapping[str, str]) -> tuple[ChannelLook, ...]:
    """Every channel of one integration, but the log, which reaches nobody."""
    words, error = "", ""
    try:
        async with asyncio.timeout(LOOK_SECONDS_MAX):
            words = await roles.contact() if roles.contact is not None else ""
    except TimeoutError:
        error = f"no answer in {LOOK_SECONDS_MAX:.0f} s"
    except ToolError as problem:
        error = redact(str(problem))[:WORDS_CHARS_MAX]
    looks = []
    for channel in roles.channels:
        if channel.name in NO_PEOPLE:
            continue
        end = delivered.get(channel.name)
        sent = None if end is None else not end
        looks.append(ChannelLook(channel.name, name, words, error, sent, redact(end or "")[:WORDS_CHARS_MAX]))
    return tuple(looks)


def _sources(settings: Settings, listed: Iterable[_Listed]) -> tuple[Finding, ...]:
    """One finding for each source that was asked or that somebody wrote down, and one for all that just listen."""
    written = settings.written.get("sources") or {}
    told = [each.look for each in listed if each.look.asked or each.look.name in written]
    quiet = sorted(each.look.name for each in listed if each.look.receives and each.look not in told)
    rest = (Finding("sources", WEBHOOKS, Health.OK, f"taken from {', '.join(quiet)} as well"),) if quiet else ()
    return (*(judge_source(look) for look in told), *rest)


async def _checked(specs: Sequence[CheckSpec], runners: Sequence[CheckRunner]) -> tuple[Finding, ...]:
    """Each check once, but heartbeats, which come from outside; of very many only the first."""
    places = asyncio.Semaphore(CHECKS_AT_ONCE)
    looked = [spec for spec in specs if spec.kind is not CheckKind.HEARTBEAT]
    findings = await asyncio.gather(*(_sampled(spec, runners, places) for spec in looked[:CHECKS_LOOKED_AT_MAX]))
    left = len(looked) - CHECKS_LOOKED_AT_MAX
    rest = (Finding("checks", "the rest", Health.UNKNOWN, f"{left} more were not tried"),) if left > 0 else ()
    return (*findings, *rest)


async def _sampled(spec: CheckSpec, runners: Sequence[CheckRunner], places: asyncio.Semaphore) -> Finding:
    source = SOURCES_OF.get(spec.kind, "")
    runner = next((runner for runner in runners if runner.runs(spec)), None)
    if runner is None:
        return judge_check(spec.name, blind=True, detail=f"nothing runs checks of kind {spec.kind}")
    try:
        async with places, asyncio.timeout(min(spec.timeout_seconds, LOOK_SECONDS_MAX) + 1):
            sample = await runner.sample(spec)
    except TimeoutError:
        return judge_check(spec.name, blind=True, detail=f"it did not end in {LOOK_SECONDS_MAX:.0f} s", source=source)
    blind = sample.state is SampleState.CANNOT_SEE and not sample.parts
    state = str(sample.state).replace("_", " ")
    return judge_check(
        spec.name, blind=blind, detail=redact(f"{state}: {sample.detail}")[:WORDS_CHARS_MAX], source=source
    )


def _setup(settings: Settings, roles: dict[str, Roles], accounts: int | None) -> SetupLook:
    configuration = settings.configuration
    hears = any(getattr(settings.sources.get(name), "url", "") for name in HEARING)
    return SetupLook(
        file=str(settings.file or ""),
        warnings=settings.warnings,
        channels=tuple(sorted(settings.channels)),
        site_url=configuration.site.url or "",
        engines=sum(1 for each in roles.values() if each.actions),
        hears=hears,
        checks=len(configuration.checks),
        accounts=accounts,
    )
