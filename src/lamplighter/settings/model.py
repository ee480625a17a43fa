"""Every key of the configuration, its default and its meaning. Reading files and the environment is load.py's work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lamplighter.domain.check import CheckSpec
from lamplighter.domain.maintenance import Window, parse_when
from lamplighter.domain.policy import BadSentence, Limits, Mode, Rules, Sentence, parse_sentence
from lamplighter.settings.access import Auth
from lamplighter.settings.checks import Check
from lamplighter.settings.values import Duration, Limit, Rate, TimeZone, Wait, WebUrl, WholeNumber


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Site(Section):
    """Who and where we are, for messages."""

    name: Annotated[str, Field(description="shown in messages")] = "homelab"
    url: Annotated[WebUrl | None, Field(description="how people reach this server; used in links")] = None
    timezone: Annotated[TimeZone, Field(description="for times on pages")] = "UTC"


class Server(Section):
    """Where the server listens."""

    host: Annotated[str, Field(description="address to listen on")] = "127.0.0.1"
    port: Annotated[WholeNumber, Field(ge=1, le=65535, description="port to listen on")] = 8460
    body_bytes_max: Annotated[
        WholeNumber, Field(ge=1024, le=64 * 1024**2, description="largest body a receiver takes")
    ] = 8 * 1024**2
    console: Annotated[bool, Field(description="the live console; without it, plain pages at the same addresses")] = (
        True
    )
    stop_grace: Annotated[Duration, Field(description="how long a running action may finish at shutdown")] = 10.0


class StorePlace(Section):
    """Where everything durable is kept."""

    url: Annotated[
        str,
        Field(description="postgresql://user:password@host/name; empty: SQLite", json_schema_extra={"writeOnly": True}),
    ] = ""
    replica: Annotated[str, Field(description="stable name of this process where several share a store")] = ""

    @field_validator("url")
    @classmethod
    def _known_scheme(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
            raise ValueError(
                f'"{url.split(":", maxsplit=1)[0]}" is not a store; write postgresql://… or sqlite:///… or leave it out'
            )
        return url


class Budgets(Section):
    """How often is too often."""

    per_target: Annotated[Limit, Field(description="actions per target and verb")] = Rate(3, 3600)
    total: Annotated[Limit, Field(description="actions in all")] = Rate(10, 3600)
    between: Annotated[Wait, Field(description="first pause between repeats on one target; doubles up to 5m")] = 10.0


class Autonomy(Section):
    """What may be done alone."""

    mode: Annotated[Mode, Field(description="watch: only look; ask: ask first; auto: labels suffice")] = Mode.ASK
    auto: Annotated[list[str], Field(description="sentences that let an action run unasked, also in mode ask")] = []
    never: Annotated[list[str], Field(description="sentences that always win, whatever anyone votes")] = []
    limits: Annotated[Budgets, Field(description="budgets of actions")] = Budgets()
    approval_expires: Annotated[Duration, Field(description="how long a question to a person stays open")] = 900.0

    @field_validator("auto")
    @classmethod
    def _auto_sentences(cls, lines: list[str]) -> list[str]:
        return _sentences(lines, never=False)

    @field_validator("never")
    @classmethod
    def _never_sentences(cls, lines: list[str]) -> list[str]:
        return _sentences(lines, never=True)

    def rules(self, protected: frozenset[str]) -> Rules:
        """The rules that policy judges by."""
        limits = Limits(
            self.limits.per_target.count,
            self.limits.per_target.seconds,
            self.limits.total.count,
            self.limits.total.seconds,
            self.limits.between,
        )
        return Rules(self.mode, _parsed(self.auto, never=False), _parsed(self.never, never=True), limits, protected)


class Verify(Section):
    """How the signal that fired is watched after an action."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    dwell: Annotated[Duration, Field(alias="for", description="how long the signal must be clear")] = 30.0
    deadline: Annotated[Duration, Field(description="when to stop waiting for it")] = 300.0
    every: Annotated[Duration, Field(description="pause between looks")] = 2.0

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.deadline < self.dwell:
            raise ValueError("deadline is shorter than for, so nothing could ever be verified; make it longer")
        return self


class MaintenanceWindow(Section):
    """Planned work: messages and fixes for its targets are muted, everything is still recorded."""

    name: Annotated[str, Field(min_length=1, max_length=100, description="shown as the reason")]
    when: Annotated[str, Field(description='"Sun 02:00-04:00", "daily 03:00-03:30" or two dates with times')]
    targets: Annotated[list[str], Field(min_length=1, description="components, by name or glob")]
    timezone: Annotated[TimeZone | None, Field(description="of when; default: site.timezone")] = None

    @field_validator("when")
    @classmethod
    def _can_be_read(cls, when: str) -> str:
        parse_when(when)
        return when


class Watchdog(Section):
    """The alert that always fires, so that its silence tells that the monitoring is gone."""

    alert: Annotated[str, Field(min_length=1, description="its name")] = "Watchdog"
    within: Annotated[Duration, Field(description="once seen, it must be seen again within this")] = 900.0


class Responses(Section):
    """How many responses run at once, and what counts as a storm."""

    at_once: Annotated[
        WholeNumber, Field(ge=1, le=100, description="responses at work, waits for people not counted")
    ] = 8
    at_once_in_storm: Annotated[WholeNumber, Field(ge=1, le=100, description="the same while a storm lasts")] = 4
    storm_from: Annotated[WholeNumber, Field(ge=2, description="troubles that begin within ten seconds")] = 50


class Retention(Section):
    """How long and how much is kept; open incidents are never removed."""

    alerts: Annotated[Duration, Field(description="the alert journal")] = 30 * 86_400.0
    alerts_max: Annotated[WholeNumber, Field(ge=1000, description="most alerts in the journal")] = 200_000
    incidents: Annotated[Duration, Field(description="closed incidents")] = 400 * 86_400.0
    incidents_max: Annotated[WholeNumber, Field(ge=100, description="most closed incidents")] = 50_000
    audit: Annotated[Duration, Field(description="the audit log")] = 400 * 86_400.0


class Configuration(Section):
    """The whole configuration. Everything is optional."""

    site: Annotated[Site, Field(description="who and where we are")] = Site()
    server: Annotated[Server, Field(description="where the server listens")] = Server()
    data_folder: Annotated[Path | None, Field(description="where the store, the token and the pause file live")] = None
    store: Annotated[StorePlace, Field(description="the database")] = StorePlace()
    auth: Annotated[Auth, Field(description="how people sign in")] = Auth()
    autonomy: Annotated[Autonomy, Field(description="what may be done alone")] = Autonomy()
    sources: Annotated[dict[str, Any], Field(description="systems to look at, by integration name")] = {}
    checks: Annotated[list[Check], Field(max_length=1000, description="checks of its own")] = []
    check_every: Annotated[Duration, Field(description="default pause between samples of a check")] = 300.0
    depends: Annotated[dict[str, list[str]], Field(description="what needs what; the left side may be a glob")] = {}
    notify: Annotated[dict[str, Any], Field(description="channels, by integration name")] = {"log": {}}
    verify: Annotated[Verify, Field(description="verification after an action")] = Verify()
    maintenance: Annotated[list[MaintenanceWindow], Field(max_length=200, description="planned work")] = []
    watchdog: Annotated[Watchdog, Field(description="the dead man's switch of the monitoring")] = Watchdog()
    responses: Annotated[Responses, Field(description="bounds on responses")] = Responses()
    retention: Annotated[Retention, Field(description="what is kept, and for how long")] = Retention()
    runbooks: Annotated[Path | None, Field(description="folder of your own runbooks in Markdown")] = None

    @field_validator("checks")
    @classmethod
    def _unique_names(cls, checks: list[Check]) -> list[Check]:
        names = [check.name for check in checks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f'two checks are called "{twice[0]}"; give each its own name')
        return checks

    @property
    def windows(self) -> tuple[Window, ...]:
        """The maintenance windows, each with its time zone."""
        return tuple(
            Window(one.name, parse_when(one.when), tuple(one.targets), one.timezone or self.site.timezone)
            for one in self.maintenance
        )

    @property
    def check_specs(self) -> tuple[CheckSpec, ...]:
        """The checks as runners take them."""
        return tuple(check.spec(self.check_every) for check in self.checks)


def _sentences(lines: list[str], *, never: bool) -> list[str]:
    _parsed(lines, never=never)
    return lines


def _parsed(lines: list[str], *, never: bool) -> tuple[Sentence, ...]:
    try:
        return tuple(parse_sentence(line, never=never) for line in lines)
    except BadSentence as problem:
        raise ValueError(str(problem)) from problem
