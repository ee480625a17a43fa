"""The keys of one check, which of them belong to which kind, and the check as runners take it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lamplighter.domain.check import CheckKind, CheckSpec, Expected
from lamplighter.settings.values import (
    Address,
    Amount,
    DnsServer,
    DomainName,
    Duration,
    HostAndPort,
    Pattern,
    PromQL,
    Statuses,
    Wait,
    WebUrl,
)

Severity = Literal["critical", "warning", "info", "none"]
DAY_SECONDS = 86_400.0
SHARE_MAX = 100.0
FREE_PERCENT_MIN = 10.0
# A late heartbeat is told within this share of its pace, however long checks in general pause.
BEAT_SHARE = 0.25
BEAT_PAUSE_SECONDS_MIN = 1.0
NAMED = {"min_length": 1, "max_length": 200}
# Which keys only some kinds read; on any other kind they would do nothing, so they are refused.
KINDS_OF: dict[str, frozenset[CheckKind]] = {
    "status": frozenset({CheckKind.HTTP}),
    "contains": frozenset({CheckKind.HTTP}),
    "matches": frozenset({CheckKind.HTTP}),
    "latency": frozenset({CheckKind.HTTP}),
    "certificate": frozenset({CheckKind.HTTP}),
    "verify_tls": frozenset({CheckKind.HTTP}),
    "server": frozenset({CheckKind.DNS}),
    "address": frozenset({CheckKind.DNS}),
    "grace": frozenset({CheckKind.HEARTBEAT}),
    "below": frozenset({CheckKind.DISK, CheckKind.PROMQL}),
    "above": frozenset({CheckKind.PROMQL}),
    "component": frozenset(CheckKind) - {CheckKind.UP, CheckKind.DOCKER, CheckKind.PROXMOX},
}


class Check(BaseModel):
    """One of Lamplighter's own checks: exactly one of the kinds, with the keys that belong to it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Annotated[str, Field(min_length=1, max_length=100, description="unique name")]
    http: Annotated[WebUrl | None, Field(description="URL that must answer 2xx or 3xx")] = None
    tcp: Annotated[HostAndPort | None, Field(description="host:port that must accept")] = None
    dns: Annotated[DomainName | None, Field(description="name that must resolve")] = None
    process: Annotated[str | None, Field(min_length=1, description="name of a process that must run here")] = None
    disk: Annotated[str | None, Field(pattern=r"^/", description="path whose disk must have space")] = None
    heartbeat: Annotated[Duration | None, Field(description="how often its ping URL must be called")] = None
    promql: Annotated[PromQL | None, Field(description="query whose every value must keep to below and above")] = None
    up: Annotated[str | None, Field(**NAMED, description="Prometheus' targets that must be up: a job, or all")] = None
    docker: Annotated[
        str | None, Field(**NAMED, description="containers that must run: name, glob, or all with a restart policy")
    ] = None
    proxmox: Annotated[
        str | None, Field(**NAMED, description="guests that must run: name, number, glob, or all with onboot")
    ] = None
    status: Annotated[Statuses | None, Field(description="http: one or more statuses that are good")] = None
    contains: Annotated[str, Field(max_length=1000, description="http: text that the first 64 KiB must hold")] = ""
    matches: Annotated[Pattern, Field(description="http: regular expression that they must match")] = ""
    latency: Annotated[Duration | None, Field(description="http: longest that an answer may take")] = None
    certificate: Annotated[Duration | None, Field(description="http: shortest life left, such as 14d")] = None
    verify_tls: Annotated[bool, Field(description="http: false takes any certificate")] = True
    server: Annotated[DnsServer, Field(description="dns: resolver to ask; default: the machine's own")] = ""
    address: Annotated[Address, Field(description="dns: address that must be among the answers")] = ""
    grace: Annotated[Wait, Field(description="heartbeat: how late a ping may be")] = 300.0
    below: Annotated[
        Amount | None, Field(description="disk: alert when free space is below this, else 10%; promql: a value")
    ] = None
    above: Annotated[Amount | None, Field(description="promql: alert when a value is above this")] = None
    every: Annotated[Duration | None, Field(description="pause between samples; default: check_every")] = None
    for_: Annotated[Wait, Field(alias="for", description="how long it must fail before it alerts")] = 0.0
    timeout: Annotated[Duration, Field(description="how long an answer may take")] = 5.0
    severity: Annotated[Severity, Field(description="of the alert it raises")] = "critical"
    alert: Annotated[bool, Field(description="false: keep samples as evidence, raise no alert")] = True
    component: Annotated[str, Field(description="container or process it speaks of; default: its name")] = ""

    @property
    def kind(self) -> CheckKind:
        """Its only kind."""
        return next(kind for kind in CheckKind if getattr(self, kind.value) is not None)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind.value for kind in CheckKind if getattr(self, kind.value) is not None]
        if len(given) != 1:
            kinds = ", ".join(kind.value for kind in CheckKind)
            raise ValueError(f"a check needs exactly one of {kinds}; this one has {' and '.join(given) or 'none'}")
        return self

    @model_validator(mode="after")
    def _keys_of_its_kind(self) -> Self:
        for key in sorted(self.model_fields_set & KINDS_OF.keys()):
            if self.kind not in KINDS_OF[key]:
                able = ", ".join(sorted(KINDS_OF[key]))
                raise ValueError(f"{key} is for {able}; a check of kind {self.kind} has no use for it")
        return self

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.disk is not None and self.below is not None and not 0 < self.below < SHARE_MAX:
            raise ValueError('below: write a share of the disk such as "10%"')
        if self.promql is not None and self.below is None and self.above is None:
            raise ValueError("a check by promql needs below or above, or it could never fail")
        if self.below is not None and self.above is not None and self.below > self.above:
            raise ValueError("below is higher than above, so every value would fail; exchange the two")
        return self

    def spec(self, every_seconds: float) -> CheckSpec:
        """The check as the runner takes it."""
        target = "" if self.heartbeat is not None else str(getattr(self, self.kind.value))
        return CheckSpec(
            name=self.name,
            kind=self.kind,
            target=target,
            component=self.component,
            every_seconds=self.every or self._pause(every_seconds),
            for_seconds=self.for_,
            timeout_seconds=self.timeout,
            severity=self.severity,
            alerts=self.alert,
            free_percent_min=FREE_PERCENT_MIN if self.disk is None or self.below is None else self.below,
            expects=self._expected(),
        )

    def _pause(self, every_seconds: float) -> float:
        if self.heartbeat is None:
            return every_seconds
        return min(every_seconds, max(BEAT_PAUSE_SECONDS_MIN, BEAT_SHARE * (self.heartbeat + self.grace)))

    def _expected(self) -> Expected:
        return Expected(
            statuses=tuple(self.status or ()),
            contains=self.contains,
            matches=self.matches,
            latency_seconds_max=self.latency,
            certificate_days_min=None if self.certificate is None else self.certificate / DAY_SECONDS,
            verify_tls=self.verify_tls,
            server=self.server,
            address=self.address,
            below=self.below if self.promql is not None else None,
            above=self.above,
            beat_seconds=self.heartbeat or 0.0,
            grace_seconds=self.grace if self.heartbeat is not None else 0.0,
        )
