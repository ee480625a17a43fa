"""Lamplighter's own checks: what is asked, what one sample says, and when a run of samples becomes an alert."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from lamplighter.domain.alert import Alert, AlertStatus, fingerprint_of
from lamplighter.domain.verification import Reading, SignalState

SOURCE = "checks"
PARTS_MAX = 500
BLIND_ROUNDS_TOLD = 3
SUBJECT_LETTERS_MAX = 200
SHOWN_MAX = 5


class SampleState(StrEnum):
    """What one sample says. `cannot_see` is neither health nor failure."""

    OK = "ok"
    FAILING = "failing"
    CANNOT_SEE = "cannot_see"


SIGNALS = {
    SampleState.OK: SignalState.CLEAR,
    SampleState.FAILING: SignalState.FIRING,
    SampleState.CANNOT_SEE: SignalState.NO_DATA,
}


class CheckKind(StrEnum):
    """The kinds of check."""

    HTTP = "http"
    TCP = "tcp"
    DNS = "dns"
    PROCESS = "process"
    DISK = "disk"
    HEARTBEAT = "heartbeat"
    PROMQL = "promql"
    UP = "up"
    DOCKER = "docker"
    PROXMOX = "proxmox"


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must be like. Each kind of check reads its own fields only; None and empty ask for nothing.

    `statuses` empty means 2xx and 3xx; `matches` is a regular expression without look-around; `server` is the DNS
    server as host or host:port; `beat_seconds` and `grace_seconds` are a heartbeat's pace and how late it may be.
    """

    statuses: tuple[int, ...] = ()
    contains: str = ""
    matches: str = ""
    latency_seconds_max: float | None = None
    certificate_days_min: float | None = None
    verify_tls: bool = True
    server: str = ""
    address: str = ""
    below: float | None = None
    above: float | None = None
    beat_seconds: float = 0.0
    grace_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One check. `alerts` False keeps samples as evidence only.

    `target` is what its kind looks at: a URL, host:port, name to resolve, process, path, query, job, or glob of names;
    for a heartbeat it is empty.
    """

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
    expects: Expected = field(default_factory=Expected)

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the alert that this check raises for itself."""
        return {**self.rule_labels, "name": self.component or self.name}

    @property
    def rule_labels(self) -> dict[str, str]:
        """The labels that every alert of this check bears, whichever of its things it speaks of."""
        labels = {"alertname": f"{self.name} is failing", "check": self.name, "severity": self.severity}
        return {**labels, "name": self.component} if self.component else labels


@dataclass(frozen=True, slots=True)
class Part:
    """One of the many things that one check watches; `labels` name it in the alert that it raises by itself."""

    subject: str
    state: SampleState
    detail: str
    labels: Mapping[str, str] = field(default_factory=dict)
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer of one check (UTC).

    `value` is seconds for http, tcp, dns and heartbeat, a count, free percent, or the value of a query. A check that
    watches many things tells each in `parts`; `absent` is what it means where one is told no more.
    """

    check: str
    at: datetime
    state: SampleState
    detail: str
    value: float | None = None
    parts: tuple[Part, ...] = ()
    absent: SampleState = SampleState.CANNOT_SEE


@dataclass(frozen=True, slots=True)
class Watch:
    """What a check remembers between samples: since when it fails, for how long, and whether its alert is out.

    `blind_rounds` counts the samples in a row that could not see; `parts` holds the same for each of many things.
    """

    failing_since: datetime | None = None
    firing: bool = False
    last: Sample | None = None
    starts_at: datetime | None = None
    failing_seconds: float = 0.0
    blind_rounds: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Watch] = field(default_factory=dict)

    @property
    def is_blind(self) -> bool:
        """Whether it could not see for so long that people should know."""
        return self.blind_rounds > BLIND_ROUNDS_TOLD


def observe(spec: CheckSpec, watch: Watch, sample: Sample) -> tuple[Watch, tuple[Alert, ...]]:
    """The next memory, and the alerts to journal where this sample starts or ends some.

    `cannot_see` changes nothing but the last sample: it neither starts nor ends an alert. Where a sample has parts,
    each part has its own alert, and the check as a whole has none.
    """
    blind = watch.blind_rounds + 1 if sample.state is SampleState.CANNOT_SEE else 0
    if not sample.parts and not watch.parts:
        after, alerts = _observe_one(spec, spec.labels, watch, sample)
        return replace(after, blind_rounds=blind), alerts
    if not sample.parts and sample.state is SampleState.CANNOT_SEE:
        return replace(watch, last=sample, blind_rounds=blind), ()
    parts: dict[str, Watch] = {}
    told: list[Alert] = []
    seen = sample.parts[:PARTS_MAX]
    gone = _missing(watch, sample)
    for part in (*seen, *gone):
        before = watch.parts.get(part.subject, Watch())
        labels = {**spec.rule_labels, **part.labels}
        after, alerts = _observe_one(spec, labels, before, part_sample(sample, part))
        told.extend(alerts)
        parts[part.subject] = replace(after, labels=part.labels)
    for part in gone:
        if parts[part.subject].failing_since is None:
            del parts[part.subject]
    # What the check said of itself before it had parts ends where it is fine as a whole, and not before.
    own = sample if sample.state is SampleState.OK else replace(sample, state=SampleState.CANNOT_SEE)
    whole, alerts = _observe_one(spec, spec.labels, watch, own)
    return replace(whole, last=sample, blind_rounds=blind, parts=parts), (*told, *alerts)


def to_keep(before: Watch, after: Watch, sample: Sample) -> tuple[Sample, ...]:
    """The samples that must be durable: the check's own, and those of parts that fail or have just stopped failing."""
    found = [replace(sample, parts=())]
    for subject in dict.fromkeys((*before.parts, *after.parts)):
        was, now = before.parts.get(subject), after.parts.get(subject)
        if now is not None and now.last is not None and now.last.at == sample.at:
            if now.failing_since is not None or (was is not None and was.failing_since is not None):
                found.append(now.last)
        elif was is not None and was.failing_since is not None and now is None:
            found.append(Sample(part_name(sample.check, subject), sample.at, sample.absent, "not there any more"))
    return tuple(found)


def part_sample(sample: Sample, part: Part) -> Sample:
    """One part's answer as a sample of its own, under a name that no other part has."""
    return Sample(part_name(sample.check, part.subject), sample.at, part.state, part.detail, part.value)


def part_name(check: str, subject: str) -> str:
    """The name that the samples of one part are kept under."""
    return f"{check} · {subject[:SUBJECT_LETTERS_MAX]}"


def _missing(watch: Watch, sample: Sample) -> tuple[Part, ...]:
    """Things that were failing and are told no more."""
    told = {part.subject for part in sample.parts}
    return tuple(
        Part(subject, sample.absent, f"{subject} is not there any more", before.labels)
        for subject, before in tuple(watch.parts.items())[:PARTS_MAX]
        if subject not in told and before.failing_since is not None
    )


def _observe_one(
    spec: CheckSpec, labels: dict[str, str], watch: Watch, sample: Sample
) -> tuple[Watch, tuple[Alert, ...]]:
    if sample.state is SampleState.CANNOT_SEE:
        return replace(watch, last=sample, blind_rounds=watch.blind_rounds + 1), ()
    if sample.state is SampleState.OK:
        if watch.firing and watch.starts_at is not None:
            return Watch(last=sample), (_alert(spec, labels, sample, AlertStatus.RESOLVED, watch.starts_at),)
        return Watch(last=sample), ()
    since = watch.failing_since or sample.at
    spent = watch.failing_seconds + _step_seconds(spec, watch, sample)
    failing = replace(watch, failing_since=since, failing_seconds=spent, blind_rounds=0, last=sample)
    if watch.firing or spent < spec.for_seconds or not spec.alerts:
        return failing, ()
    fired = replace(failing, firing=True, starts_at=since)
    return fired, (_alert(spec, labels, sample, AlertStatus.FIRING, since),)


def _step_seconds(spec: CheckSpec, watch: Watch, sample: Sample) -> float:
    """Seconds of failing since the last sample; a clock that jumped counts for two rounds at most."""
    if watch.failing_since is None or watch.last is None:
        return 0.0
    passed = (sample.at - watch.last.at).total_seconds()
    return min(max(0.0, passed), 2 * spec.every_seconds)


def _alert(spec: CheckSpec, labels: dict[str, str], sample: Sample, status: AlertStatus, starts_at: datetime) -> Alert:
    ends_at = sample.at if status is AlertStatus.RESOLVED else None
    notes = {"summary": f"{spec.name}: {sample.detail}"}
    return Alert(SOURCE, fingerprint_of(labels), status, labels, notes, starts_at, ends_at)


def recalled(spec: CheckSpec, samples: Iterable[Sample], labels: Mapping[str, str] | None = None) -> Watch:
    """The memory that samples kept earlier, oldest first, leave behind: after a restart no alert is raised anew."""
    watch = Watch(labels=dict(labels or {}))
    for sample in samples:
        watch, _ = _observe_one(spec, spec.labels, watch, sample)
    return replace(watch, labels=dict(labels or {}))


def joined(check: str, at: datetime, parts: tuple[Part, ...], absent: SampleState = SampleState.CANNOT_SEE) -> Sample:
    """The sample of a check that watches many things: failing where one is, unseen where one is, else fine."""
    failing = [part for part in parts if part.state is SampleState.FAILING]
    unseen = [part for part in parts if part.state is SampleState.CANNOT_SEE]
    fine = [part for part in parts if part.state is SampleState.OK]
    state = SampleState.FAILING if failing else SampleState.CANNOT_SEE if unseen else SampleState.OK
    worst = failing or unseen
    more = f" and {len(worst) - SHOWN_MAX} more" if len(worst) > SHOWN_MAX else ""
    words = "; ".join(part.detail for part in worst[:SHOWN_MAX]) + more if worst else f"all {len(parts)} are fine"
    head = f"{len(worst)} of {len(parts)}: " if worst and len(parts) > 1 else ""
    return Sample(check, at, state, head + words, float(len(failing)), (*failing, *unseen, *fine), absent)


def spec_of(alert: Alert, checks: Iterable[CheckSpec]) -> CheckSpec | None:
    """The check that raised an alert; None where it is not one of these."""
    if alert.source != SOURCE:
        return None
    return next((spec for spec in checks if spec.name == alert.labels.get("check", "")), None)


def reading_of(spec: CheckSpec, alert: Alert, sample: Sample, query: str) -> Reading:
    """What a new sample says of the very thing that an alert spoke of."""
    state, detail = sample.state, sample.detail
    if sample.parts and alert.fingerprint != fingerprint_of(spec.labels):
        meant = (p for p in sample.parts if fingerprint_of({**spec.rule_labels, **p.labels}) == alert.fingerprint)
        part = next(meant, None)
        state = part.state if part is not None else sample.absent
        detail = part.detail if part is not None else "what the alert spoke of is told no more"
    return Reading(SIGNALS[state], sample.at, query, detail)
