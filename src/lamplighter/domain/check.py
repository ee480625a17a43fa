"""Lamplighter's own checks: what is asked, what one sample says, and when a run of samples becomes an alert."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from lamplighter.domain.alert import Alert, AlertStatus, fingerprint_of

SOURCE = "checks"


class SampleState(StrEnum):
    """What one sample says. `cannot_see` is neither health nor failure."""

    OK = "ok"
    FAILING = "failing"
    CANNOT_SEE = "cannot_see"


class CheckKind(StrEnum):
    """The kinds of check."""

    HTTP = "http"
    TCP = "tcp"
    PROCESS = "process"
    DISK = "disk"


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check. `target` is a URL, host:port, process or path; `alerts` False keeps samples as evidence only."""

    name: str
    kind: CheckKind
    target: str
    component: str = ""
    every_seconds: float = 300.0
    for_seconds: float = 0.0
    timeout_seconds: float = 5.0
    severity: str = "critical"
    alerts: bool = True
    free_percent_min: float = 10.0

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the alert that this check raises."""
        return {
            "alertname": f"{self.name} is failing",
            "check": self.name,
            "name": self.component or self.name,
            "severity": self.severity,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer of one check (UTC); `value` is seconds for http and tcp, a count, or free percent."""

    check: str
    at: datetime
    state: SampleState
    detail: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What a check remembers between samples: since when it fails, and whether its alert is out."""

    failing_since: datetime | None = None
    firing: bool = False
    last: Sample | None = None
    starts_at: datetime | None = None


def observe(spec: CheckSpec, watch: Watch, sample: Sample) -> tuple[Watch, Alert | None]:
    """The next memory, and the alert to journal where this sample starts or ends one.

    `cannot_see` changes nothing but the last sample: it neither starts nor ends an alert.
    """
    if sample.state is SampleState.CANNOT_SEE:
        return replace(watch, last=sample), None
    if sample.state is SampleState.OK:
        if watch.firing and watch.starts_at is not None:
            return Watch(last=sample), _alert(spec, sample, AlertStatus.RESOLVED, watch.starts_at)
        return Watch(last=sample), None
    since = watch.failing_since or sample.at
    due = sample.at - since >= timedelta(seconds=spec.for_seconds)
    if watch.firing or not due or not spec.alerts:
        return replace(watch, failing_since=since, last=sample), None
    fired = replace(watch, failing_since=since, firing=True, starts_at=since, last=sample)
    return fired, _alert(spec, sample, AlertStatus.FIRING, since)


def _alert(spec: CheckSpec, sample: Sample, status: AlertStatus, starts_at: datetime) -> Alert:
    ends_at = sample.at if status is AlertStatus.RESOLVED else None
    notes = {"summary": f"{spec.name}: {sample.detail}"}
    return Alert(SOURCE, fingerprint_of(spec.labels), status, spec.labels, notes, starts_at, ends_at)
