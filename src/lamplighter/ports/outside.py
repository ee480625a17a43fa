"""The doors to the outside: signals in, looks, actions, messages, time. All Protocols."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from lamplighter.domain.alert import Alert, Delivery
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.check import CheckSpec, Sample
from lamplighter.domain.evidence import Case, Evidence, Question
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.message import Message
from lamplighter.domain.plan import Offer, Target
from lamplighter.domain.silence import Silence
from lamplighter.domain.topology import Component
from lamplighter.domain.verification import Reading
from lamplighter.ports.outbox import Abilities, ChannelListener, Heartbeat
from lamplighter.ports.store import Samples


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


class Forged(Exception):
    """A delivery that is not from whom it says, or is one that was seen before. The words say why, without secrets."""


class SignalGate(Protocol):
    """Looks at a delivery's own proof of origin, such as an HMAC or a signature, before anything is parsed."""

    source: str
    sufficient: bool

    async def admit(self, payload: bytes, headers: Mapping[str, str], *, dry_run: bool = False) -> bool:
        """True where the delivery is genuine and to be parsed; False where it was genuine and is dealt with already.

        `sufficient` gates stand in for the token, so they must prove the sender. Raises `Forged`, or `ToolError`
        where the proof cannot be checked now. A dry run has no effect, such as the confirmation of a subscription.
        """
        ...

    def accepted(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """The delivery is durable; the same one counts as replayed from here on."""
        ...


class SilenceExchange(Protocol):
    """A system that keeps silences of its own."""

    system: str

    async def pull(self) -> Sequence[Silence]:
        """Its silences that are active or pending. Raises `ToolError`."""
        ...

    async def push(self, silence: Silence) -> str:
        """Make or change it there; returns its id there. Raises `ToolError`."""
        ...

    async def expire(self, outside_id: str) -> None:
        """End it there; one that is gone already is no error. Raises `ToolError`."""
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


class Contact(Protocol):
    """The test of a system that lists nothing: its cheapest look."""

    async def __call__(self) -> str:
        """What was seen, in a few words. Raises `ToolError` where the system cannot be asked or says too little."""
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


class ChannelError(Exception):
    """A message that was not delivered; `permanent` says that a retry cannot help.

    `retry_after_seconds` is how long the other side asked to be left alone; 0 where it did not say.
    """

    def __init__(self, message: str, *, permanent: bool, retry_after_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after_seconds = retry_after_seconds


class NotificationChannel(Protocol):
    """Tells people. Retries are the core's work."""

    name: str
    can: Abilities

    async def send(self, message: Message) -> str:
        """Deliver, and return the channel's own id of the message. Raises `ChannelError`.

        Where it can edit and `message.replaces` is set: a message that is not loud changes that one in place; a loud
        one takes its place.
        """
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
    gates: tuple[SignalGate, ...] = ()
    silences: SilenceExchange | None = None
    backlog: SignalBacklog | None = None
    contact: Contact | None = None
    inventories: tuple[Inventory, ...] = ()
    tools: tuple[EvidenceTool, ...] = ()
    readers: tuple[SignalReader, ...] = ()
    actions: tuple[RemediationAction, ...] = ()
    channels: tuple[NotificationChannel, ...] = ()
    listeners: tuple[ChannelListener, ...] = ()
    heartbeats: tuple[Heartbeat, ...] = ()
    runners: tuple[CheckRunner, ...] = ()
    # What people are called, by the identity that a channel vouches for.
    nicknames: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an integration may use besides its own configuration."""

    clock: Clock
    checks: tuple[CheckSpec, ...]
    samples: Samples
    # The address at which a one-time token is answered by POST; empty where people cannot reach one.
    answer_url: Callable[[str], str] = lambda _token: ""


@dataclass(frozen=True, slots=True)
class Integration:
    """One outside system as the composition root sees it; a stranger's comes by the entry point group of the same name.

    `config` is the pydantic model of its part of the configuration (`sources.<name>` or `notify.<name>`); `build` makes
    its roles, does no input or output, and starts nothing.
    """

    name: str
    config: type[Any]
    build: Callable[[Any, Surroundings], Roles]


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
