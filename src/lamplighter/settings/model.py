"""Every key of the configuration, its default and its meaning. Reading files and the environment is load.py's work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lamplighter.domain.check import CheckKind, CheckSpec
from lamplighter.domain.policy import BadSentence, Limits, Mode, Rules, Sentence, parse_sentence
from lamplighter.settings.values import Duration, HostAndPort, Limit, Percent, Rate, TimeZone, Wait, WebUrl, WholeNumber

Severity = Literal["critical", "warning", "info", "none"]


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
    stop_grace: Annotated[Duration, Field(description="how long a running action may finish at shutdown")] = 10.0


class StorePlace(Section):
    """Where everything durable is kept."""

    url: Annotated[str, Field(description="postgresql://user:password@host/name; empty: SQLite")] = ""
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


class Check(Section):
    """One of Lamplighter's own checks: exactly one of http, tcp, process, disk."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Annotated[str, Field(min_length=1, max_length=100, description="unique name")]
    http: Annotated[WebUrl | None, Field(description="URL that must answer 2xx or 3xx")] = None
    tcp: Annotated[HostAndPort | None, Field(description="host:port that must accept")] = None
    process: Annotated[str | None, Field(min_length=1, description="name of a process that must run here")] = None
    disk: Annotated[str | None, Field(pattern=r"^/", description="path whose disk must have space")] = None
    below: Annotated[Percent, Field(description="disk: alert when free space is below this")] = 10.0
    every: Annotated[Duration | None, Field(description="pause between samples; default: check_every")] = None
    for_: Annotated[Wait, Field(alias="for", description="how long it must fail before it alerts")] = 0.0
    timeout: Annotated[Duration, Field(description="how long an answer may take")] = 5.0
    severity: Annotated[Severity, Field(description="of the alert it raises")] = "critical"
    alert: Annotated[bool, Field(description="false: keep samples as evidence, raise no alert")] = True
    component: Annotated[str, Field(description="container or process it speaks of; default: its name")] = ""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind.value for kind in CheckKind if getattr(self, kind.value) is not None]
        if len(given) != 1:
            raise ValueError(
                f"a check needs exactly one of http, tcp, process, disk; this one has {' and '.join(given) or 'none'}"
            )
        return self

    def spec(self, every_seconds: float) -> CheckSpec:
        """The check as the runner takes it."""
        kind = next(kind for kind in CheckKind if getattr(self, kind.value) is not None)
        return CheckSpec(
            name=self.name,
            kind=kind,
            target=getattr(self, kind.value),
            component=self.component,
            every_seconds=self.every or every_seconds,
            for_seconds=self.for_,
            timeout_seconds=self.timeout,
            severity=self.severity,
            alerts=self.alert,
            free_percent_min=self.below,
        )


class Configuration(Section):
    """The whole configuration. Everything is optional."""

    site: Annotated[Site, Field(description="who and where we are")] = Site()
    server: Annotated[Server, Field(description="where the server listens")] = Server()
    data_folder: Annotated[Path | None, Field(description="where the store, the token and the pause file live")] = None
    store: Annotated[StorePlace, Field(description="the database")] = StorePlace()
    autonomy: Annotated[Autonomy, Field(description="what may be done alone")] = Autonomy()
    sources: Annotated[dict[str, Any], Field(description="systems to look at, by integration name")] = {}
    checks: Annotated[list[Check], Field(max_length=1000, description="checks of its own")] = []
    check_every: Annotated[Duration, Field(description="default pause between samples of a check")] = 300.0
    depends: Annotated[dict[str, list[str]], Field(description="what needs what; the left side may be a glob")] = {}
    notify: Annotated[dict[str, Any], Field(description="channels, by integration name")] = {"log": {}}
    verify: Annotated[Verify, Field(description="verification after an action")] = Verify()

    @field_validator("checks")
    @classmethod
    def _unique_names(cls, checks: list[Check]) -> list[Check]:
        names = [check.name for check in checks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f'two checks are called "{twice[0]}"; give each its own name')
        return checks

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
