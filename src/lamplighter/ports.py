"""The doors in the wall: what the story needs from the outside, and what the outside needs from us. All Protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from lamplighter.domain.alert import Alert, Delivery, Episode, JournalEntry
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.check import CheckSpec, Sample
from lamplighter.domain.evidence import Case, Evidence, Question
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.placement import Placement
from lamplighter.domain.plan import Offer, Plan, Target
from lamplighter.domain.timeline import Event
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading


class Clock(Protocol):
    """Time, so that nobody else reads one."""

    def now(self) -> datetime:
        """Wall time in UTC, for people and records."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for durations."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SignalSource(Protocol):
    """Reads one system's webhook body into alerts. Pure."""

    name: str

    def parse(self, payload: bytes, headers: Mapping[str, str]) -> Delivery:
        """The alerts in the body; raises `BadSignal` with the key that is wrong."""
        ...


class SignalBacklog(Protocol):
    """A signal source that can also be asked for what its webhook left out."""

    async def pull(self) -> Delivery:
        """All alerts that are active now, read through the system's API. Raises `ToolError`."""
        ...


class Inventory(Protocol):
    """An engine that knows what runs."""

    system: str

    async def components(self) -> Sequence[Component]:
        """Everything there is, with immutable ids. Raises `ToolError` where it cannot see."""
        ...


class EvidenceTool(Protocol):
    """A read-only look. It never raises: a failed look is evidence with `error` set."""

    name: str

    def serves(self, component: Component) -> bool:
        """Whether this tool can say anything about the component."""
        ...

    async def gather(self, question: Question) -> Sequence[Evidence]:
        """Raw output, bounded in time and bytes."""
        ...


class SignalReader(Protocol):
    """Asks again for the very signal that fired."""

    async def read(self, alert: Alert) -> Reading | None:
        """The signal now; None where this reader does not know the alert's signal."""
        ...


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a target that a later look is compared with: plain strings, such as started_at and memory_limit."""

    exists: bool
    running: bool
    values: dict[str, str] = field(default_factory=dict)
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What the engine answered to an action."""

    ok: bool
    detail: str


class RemediationAction(Protocol):
    """One verb of one system. It runs at most once for each key, because the ledger is written first."""

    offer: Offer

    async def look(self, target: Target) -> Snapshot:
        """The target as it is now, found by its immutable id. Raises `ToolError` where it cannot see."""
        ...

    async def act(self, target: Target, params: Mapping[str, str], key: str) -> Effect:
        """Do it. Raises `ToolError(unsure=True)` where the outcome is not known, such as after a timeout."""
        ...

    def happened(self, before: Snapshot, now: Snapshot, params: Mapping[str, str]) -> bool | None:
        """Whether two looks show that the action took place; None where they do not tell. Pure."""
        ...

    async def undo(self, target: Target, before: Snapshot, key: str) -> Effect:
        """Put the recorded state back. Only called where the offer is reversible."""
        ...


class ToolError(Exception):
    """A look or an action that failed. `unsure` is True where an effect may have happened all the same."""

    def __init__(self, message: str, *, unsure: bool = False) -> None:
        super().__init__(message)
        self.unsure = unsure


@dataclass(frozen=True, slots=True)
class Message:
    """What people are told about one incident at one moment. `key` is for de-duplication."""

    key: str
    incident_id: str
    moment: str
    state: State
    severity: str
    title: str
    lines: tuple[str, ...]


class ChannelError(Exception):
    """A message that was not delivered; `permanent` says that a retry cannot help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class NotificationChannel(Protocol):
    """Tells people. Retries are the core's work."""

    name: str

    async def send(self, message: Message) -> str:
        """Deliver, and return the channel's own id of the message. Raises `ChannelError`."""
        ...


class KnowledgeSource(Protocol):
    """Remembers outcomes and finds them again."""

    async def recall(self, trouble: str, fault: str) -> Sequence[Lesson]:
        """Earlier lessons of this trouble or this fault, newest first."""
        ...

    async def remember(self, lesson: Lesson) -> None:
        """Keep a lesson. The same incident and run is kept once."""
        ...


class Investigator(Protocol):
    """Turns a case into ranked causes."""

    def diagnose(self, case: Case) -> Diagnosis:
        """The diagnosis; never raises for lack of evidence."""
        ...


class CheckRunner(Protocol):
    """Runs one of Lamplighter's own checks now."""

    def runs(self, spec: CheckSpec) -> bool:
        """Whether this runner knows the check's kind."""
        ...

    async def sample(self, spec: CheckSpec) -> Sample:
        """One sample; never raises."""
        ...


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles that one outside system plays, built from its configuration."""

    sources: tuple[SignalSource, ...] = ()
    backlog: SignalBacklog | None = None
    inventories: tuple[Inventory, ...] = ()
    tools: tuple[EvidenceTool, ...] = ()
    readers: tuple[SignalReader, ...] = ()
    actions: tuple[RemediationAction, ...] = ()
    channels: tuple[NotificationChannel, ...] = ()
    runners: tuple[CheckRunner, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an integration may use besides its own configuration."""

    clock: Clock
    checks: tuple[CheckSpec, ...]
    samples: Samples


@dataclass(frozen=True, slots=True)
class Integration:
    """One outside system as the composition root sees it; a stranger's comes by the entry point group of the same name.

    `config` is the pydantic model of its part of the configuration (`sources.<name>` or `notify.<name>`); `build` makes
    its roles, does no input or output, and starts nothing.
    """

    name: str
    config: type[Any]
    build: Callable[[Any, Surroundings], Roles]


class StoreUnavailable(Exception):
    """The store cannot make a durable change now. Receivers answer 503, and nothing is acted on."""


class Journal(Protocol):
    """The alert journal: durable before it answers, read in order."""

    async def append(self, delivery: Delivery, source: str, received_at: datetime) -> int:
        """Write all alerts and dead letters of one delivery; returns the last seq. Raises `StoreUnavailable`."""
        ...

    def unplaced(self, limit: int) -> Sequence[JournalEntry]:
        """The oldest entries that were not placed yet."""
        ...

    def set_aside(self, seq: int, reason: str, now: datetime) -> None:
        """Move one entry to the dead letters, in one transaction."""
        ...

    def dead_letters(self, limit: int) -> Sequence[Mapping[str, str]]:
        """What could not be read, newest first: received_at, source, reason, payload."""
        ...


class Incidents(Protocol):
    """Incidents and their timelines."""

    def known(self, trouble: str) -> tuple[Incident | None, Incident | None, Episode | None]:
        """For one trouble: the open incident, the last closed one, the last episode."""
        ...

    def apply(self, entry: JournalEntry, placement: Placement, now: datetime) -> Incident | None:
        """Record a placement, its event and the episode, and mark the entry placed, in one transaction.

        Returns the incident it went to, or None where it was suppressed.
        """
        ...

    def load(self, incident_id: str) -> Incident | None:
        """One incident by its id."""
        ...

    def move(self, incident_id: str, to: State, event: Event, *, resolution: str = "", by: str = "") -> Incident:
        """Change the state and write the event, in one transaction. Raises `BadMove`, `LookupError`."""
        ...

    def record(self, event: Event) -> None:
        """Write one event; a key that is there already is left as it is."""
        ...

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """All events of one incident, in order."""
        ...

    def listed(self, *, states: Sequence[State] = (), limit: int = 50, before: str = "") -> Sequence[Incident]:
        """Incidents, newest first; `before` is the id that the last page ended with."""
        ...

    def set_component(self, incident_id: str, component: str) -> None:
        """Name the component that the incident's alert speaks of."""
        ...

    def counts(self) -> Mapping[State, int]:
        """How many incidents are in each state."""
        ...


class Dossiers(Protocol):
    """Evidence, diagnosis and plan of each run of an incident."""

    def keep_evidence(self, incident_id: str, run: int, evidence: Sequence[Evidence]) -> None:
        """Replace the evidence of this run."""
        ...

    def evidence(self, incident_id: str, run: int) -> Sequence[Evidence]:
        """The evidence of this run."""
        ...

    def keep_diagnosis(self, incident_id: str, run: int, diagnosis: Diagnosis) -> None:
        """Replace the diagnosis of this run."""
        ...

    def diagnosis(self, incident_id: str, run: int) -> Diagnosis | None:
        """The diagnosis of this run."""
        ...

    def keep_plan(self, plan: Plan) -> None:
        """Replace the plan of this run."""
        ...

    def plan(self, incident_id: str, run: int) -> Plan | None:
        """The plan of this run."""
        ...


class Approvals(Protocol):
    """Questions to people."""

    def ask(self, approval: Approval) -> Approval:
        """Write a question once for each id; returns what is stored."""
        ...

    def answer(
        self, approval_id: str, *, approve: bool, by: str, reason: str, plan_hash: str | None, now: datetime
    ) -> Approval:
        """Answer once, before expiry. Raises `CannotAnswer`, `LookupError`."""
        ...

    def close(self, approval_id: str, state: ApprovalState, now: datetime) -> Approval:
        """Expire or cancel one that is still pending; one that is not is returned as it is."""
        ...

    def load(self, approval_id: str) -> Approval | None:
        """One approval."""
        ...

    def of_incident(self, incident_id: str) -> Sequence[Approval]:
        """The questions of one incident, newest first."""
        ...

    def listed(self, *, pending_only: bool, limit: int = 50) -> Sequence[Approval]:
        """Approvals, newest first."""
        ...


class Ledger(Protocol):
    """The intent ledger. Every write is durable before it returns."""

    def plan(self, attempt: Attempt, *, approval_id: str) -> Attempt:
        """Write `planned` and consume the approval, where there is one, in the same transaction.

        An attempt that is there already is returned as it is. Raises `CannotAnswer` where the approval does not hold.
        """
        ...

    def start(self, key: str, before: Mapping[str, str], now: datetime) -> bool:
        """Move planned to started; False where it was not `planned`, so that only one caller may act."""
        ...

    def end(self, key: str, state: AttemptState, detail: str, now: datetime) -> Attempt:
        """Write the end. An end that is there already is kept."""
        ...

    def load(self, key: str) -> Attempt | None:
        """One attempt."""
        ...

    def since(self, at: datetime) -> Sequence[Attempt]:
        """Attempts planned since then, undoing included."""
        ...

    def open(self) -> Sequence[Attempt]:
        """Attempts that have not ended."""
        ...

    def of_incident(self, incident_id: str) -> Sequence[Attempt]:
        """Attempts of one incident, in order."""
        ...

    def freeze(self, target_id: str, reason: str, now: datetime) -> None:
        """Let nothing act on this target until a person thaws it."""
        ...

    def thaw(self, target_ids: Sequence[str]) -> None:
        """Let targets be acted on again; a person has looked."""
        ...

    def frozen(self) -> Mapping[str, str]:
        """Frozen target ids and why."""
        ...


class Lessons(Protocol):
    """What outcomes taught."""

    def keep(self, key: str, lesson: Lesson) -> None:
        """Write once for each key."""
        ...

    def recall(self, trouble: str, fault: str, limit: int = 10) -> Sequence[Lesson]:
        """Lessons of this trouble or this fault, newest first."""
        ...


class Samples(Protocol):
    """The samples of Lamplighter's own checks."""

    def keep(self, samples: Sequence[Sample]) -> None:
        """Write, and drop the oldest past the bound for each check."""
        ...

    def window(self, check: str, start: datetime, end: datetime) -> Sequence[Sample]:
        """The samples of one check in a window, oldest first."""
        ...


class Store(Protocol):
    """Everything durable, by aggregate."""

    journal: Journal
    incidents: Incidents
    dossiers: Dossiers
    approvals: Approvals
    ledger: Ledger
    lessons: Lessons
    samples: Samples

    def ready(self) -> str:
        """Empty where a durable write works now; otherwise the reason why not."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class Switch(Protocol):
    """The kill switch. It needs no database, and an unreadable switch counts as pressed."""

    def paused(self) -> str:
        """Empty where actions may run; otherwise who paused, since when and why."""
        ...

    def pause(self, *, by: str, reason: str, duration: timedelta | None) -> str:
        """Press it; survives a restart. Returns the words of `paused`."""
        ...

    def resume(self, *, by: str) -> None:
        """Let go."""
        ...
