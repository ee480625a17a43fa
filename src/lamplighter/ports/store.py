"""The doors to what is durable, by aggregate. All Protocols; a store that is away raises `StoreUnavailable`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lamplighter.domain.alert import Delivery, JournalEntry
from lamplighter.domain.approval import Approval, ApprovalState
from lamplighter.domain.cause import Diagnosis
from lamplighter.domain.check import Sample
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.lesson import Lesson
from lamplighter.domain.member import Member
from lamplighter.domain.placement import Heard, Past, Placed
from lamplighter.domain.plan import Plan
from lamplighter.domain.silence import Silence
from lamplighter.domain.timeline import Event
from lamplighter.domain.topology import Edge
from lamplighter.ports.audit import Audit
from lamplighter.ports.outbox import Nonces, Outbox
from lamplighter.ports.people import Accounts, ApiTokens, Sessions, SetupLinks


class StoreUnavailable(Exception):
    """The store cannot make a durable change now. Receivers answer 503, and nothing is acted on."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which entries of the journal are asked for. Empty means any; the placement `waits` means not placed yet."""

    source: str = ""
    incident: str = ""
    placement: str = ""


class Journal(Protocol):
    """The alert journal: durable before it answers, read in order."""

    async def append(self, delivery: Delivery, source: str, received_at: datetime) -> int:
        """Write all alerts and dead letters of one delivery; returns the last seq. Raises `StoreUnavailable`."""
        ...

    def unplaced(self, limit: int) -> Sequence[JournalEntry]:
        """The oldest entries that were not placed yet; one that cannot be decoded is set aside instead."""
        ...

    def set_aside(self, seq: int, reason: str, now: datetime) -> None:
        """Move one entry to the dead letters, in one transaction. Raises `LookupError` where it does not wait."""
        ...

    def outcome(self, seq: int) -> tuple[str, str, str] | None:
        """What became of one entry: placement, incident id (or empty), reason; None while it waits."""
        ...

    def alerts(self, *, limit: int = 50, before: int = 0, sought: Sought = Sought()) -> Sequence[Mapping[str, str]]:
        """Entries, newest first: seq, received_at, source, alert, status, component, placement, incident, reason."""
        ...

    def dead_letters(self, limit: int, *, before: int = 0) -> Sequence[Mapping[str, str]]:
        """What could not be read, newest first: id, received_at, source, reason, payload."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which incidents are asked for. Empty means any; `text` is looked for in title, component and alert names."""

    states: tuple[State, ...] = ()
    severities: tuple[str, ...] = ()
    component: str = ""
    text: str = ""
    since: datetime | None = None
    until: datetime | None = None
    flapping: bool | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of a batch: real ids by provisional ones, the incidents as they stand, or which looks were stale.

    Where `stale` is not empty nothing was written: those incidents changed, and the batch must be placed again.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    stale: frozenset[str] = frozenset()


class Fenced(StoreUnavailable):
    """Another process places alerts by now; this one must stop and take nothing for granted."""


class Contradicted(Exception):
    """A batch that contradicts what the store holds: the same again cannot help, so its alerts go one by one."""


class Incidents(Protocol):
    """Incidents, what belongs to them, and their timelines."""

    def recall(self, troubles: Sequence[str]) -> Mapping[str, Past]:
        """What is known of troubles that are not at hand; those never heard of are left out."""
        ...

    def board(self, ids: Sequence[str] | None = None) -> Sequence[tuple[Incident, Sequence[Member]]]:
        """Every open incident with its members; or those of `ids` that are open."""
        ...

    def editions(self) -> Mapping[str, int]:
        """The edition of every open incident."""
        ...

    def apply(
        self,
        batch: Sequence[Placed],
        members: Sequence[Member],
        editions: Mapping[str, int],
        now: datetime,
        *,
        token: int = 0,
    ) -> Applied:
        """Record a batch of placements in order, in one transaction: incidents, members, events, episodes, marks.

        `members` are the members as they stand after the batch; `editions` those that the decisions were made on.
        A token other than 0 is checked against the lease in the same transaction. Raises `Fenced`, `StoreUnavailable`.
        """
        ...

    def count(self, heard: Sequence[Heard], now: datetime) -> None:
        """Add repeats that were only counted; those of incidents and members that are gone are left out."""
        ...

    def load(self, incident_id: str) -> Incident | None:
        """One incident by its id."""
        ...

    def members(self, incident_id: str) -> Sequence[Member]:
        """What belongs to an incident, open or closed, in the order of joining."""
        ...

    def move(self, incident_id: str, to: State, event: Event, *, resolution: str = "", by: str = "") -> Incident:
        """Change the state and write the event, in one transaction. Raises `BadMove`, `LookupError`."""
        ...

    def reopen(self, incident_id: str, event: Event) -> Incident:
        """Open a closed incident again, with a further run. Raises `BadMove`, `LookupError`."""
        ...

    def merge(self, incident_id: str, into: str, event: Event) -> Incident:
        """Move all members to another open incident; returns that. Raises `BadMove`, `LookupError`."""
        ...

    def split(self, incident_id: str, trouble: str, apart: tuple[str, str], event: Event) -> Incident:
        """Take one trouble out into an incident of its own, which is returned, and remember that the two stay apart.

        Raises `BadMove` where it is the only one, `LookupError`.
        """
        ...

    def apart(self) -> Sequence[tuple[str, str]]:
        """The pairs of sameness keys that a person has split."""
        ...

    def acknowledge(self, incident_id: str, by: str, event: Event, *, nonce: str = "") -> Incident:
        """Note who has it, and use up the nonce. Raises `CannotAnswer`, `LookupError`."""
        ...

    def hold(self, incident_id: str, reason: str, event: Event | None = None) -> None:
        """Say why the response has not begun; an empty reason releases it."""
        ...

    def hold_all(self, holds: Sequence[tuple[str, str, Event]]) -> None:
        """The same for many incidents, with their events, in one transaction; unknown ids are left out."""
        ...

    def record(self, event: Event, *, nonce: str = "", by: str = "") -> None:
        """Write one event; a key that is there already is left as it is. Uses up the nonce; raises `CannotAnswer`."""
        ...

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """All events of one incident, in order."""
        ...

    def events_after(self, seq: int, limit: int) -> Sequence[Event]:
        """Events of all incidents past a sequence number, in order."""
        ...

    def last_event_seq(self) -> int:
        """The highest sequence number of any event; 0 where there is none."""
        ...

    def listed(
        self,
        wanted: Wanted = Wanted(),
        *,
        limit: int = 50,
        before: str = "",
    ) -> Sequence[Incident]:
        """Incidents, newest first; `before` is the id that the last page ended with."""
        ...

    def set_component(self, incident_id: str, component: str) -> None:
        """Name the component that the incident's alert speaks of."""
        ...

    def counts(self) -> Mapping[State, int]:
        """How many incidents are in each state."""
        ...


class Silences(Protocol):
    """Silences, ours and those of other systems, until they are pruned."""

    def put(self, silence: Silence, event: Event | None = None, *, nonce: str = "", by: str = "") -> Silence:
        """Write or change one; an empty id gets one. What it was made for is written with it, and the nonce used up.

        `by` is who does it, where that is not its author. Raises `CannotAnswer`.
        """
        ...

    def end(self, silence_id: str, now: datetime, *, by: str = "") -> Silence:
        """End it now, for somebody. Raises `LookupError`."""
        ...

    def listed(self, *, now: datetime, ended_too: bool = False, limit: int = 500) -> Sequence[Silence]:
        """Those that are active or still to come, oldest first."""
        ...


class Edges(Protocol):
    """What was learned of what needs what, with its source."""

    def keep(self, edges: Sequence[Edge], now: datetime) -> None:
        """Write, or note that it was seen again."""
        ...

    def known(self, since: datetime) -> Sequence[Edge]:
        """The edges that were seen since then."""
        ...


class Leases(Protocol):
    """Who may do what only one process may do. Times are the database's own where it has a clock."""

    def take(self, name: str, holder: str, seconds: float) -> int:
        """The fencing token where `holder` has the lease now, taken or renewed; 0 where another holds it."""
        ...

    def release(self, name: str, holder: str) -> None:
        """Let go, so that another need not wait for its end."""
        ...


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long and how much is kept. Open incidents and what belongs to them are never removed."""

    journal_seconds: float = 30 * 86_400.0
    journal_rows_max: int = 200_000
    incident_seconds: float = 400 * 86_400.0
    incidents_max: int = 50_000
    dead_letters_max: int = 10_000
    audit_seconds: float = 400 * 86_400.0
    audit_rows_max: int = 500_000


class Retention(Protocol):
    """Forgets what is old."""

    def prune(self, keeping: Keeping, now: datetime, rows_max: int = 5_000) -> int:
        """Remove about `rows_max` rows at most, in short transactions; returns how many. 0: nothing is left to do."""
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

    def keep_case(self, incident_id: str, run: int, case: Case) -> None:
        """Replace all but the evidence of the case that this run was diagnosed by."""
        ...

    def case(self, incident_id: str, run: int) -> Case | None:
        """The case that this run was diagnosed by, with the evidence of the run."""
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
        self,
        approval_id: str,
        *,
        approve: bool,
        by: str,
        reason: str,
        plan_hash: str | None,
        now: datetime,
        nonce: str = "",
    ) -> Approval:
        """Answer once, before expiry, and use up the nonce with it. Raises `CannotAnswer`, `LookupError`."""
        ...

    def amend(self, approval_id: str, amended: Plan, *, by: str, reason: str, told: Event) -> Approval:
        """End an open question as amended; the amended plan and the event are kept in the same transaction.

        Raises `CannotAnswer` where somebody was first, and where the plan did not come of the question's own;
        `LookupError`.
        """
        ...

    def explain(self, approval_id: str, event: Event, *, by: str, reason: str, nonce: str) -> Approval:
        """Write down why this person said no, once, with the event, and use up the nonce.

        Raises `CannotAnswer`, `LookupError`.
        """
        ...

    def extend(self, approval_id: str, until: datetime, *, now: datetime, nonce: str = "", by: str = "") -> Approval:
        """Let a question that is still open stay so until then. Raises `CannotAnswer`, `LookupError`."""
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

    def newest(self, limit: int) -> Sequence[Lesson]:
        """The last lessons of all, newest first."""
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
    silences: Silences
    edges: Edges
    leases: Leases
    retention: Retention
    dossiers: Dossiers
    approvals: Approvals
    ledger: Ledger
    lessons: Lessons
    samples: Samples
    outbox: Outbox
    nonces: Nonces
    accounts: Accounts
    sessions: Sessions
    api_tokens: ApiTokens
    setup_links: SetupLinks
    audit: Audit

    def ready(self) -> str:
        """Empty where a durable write works now; otherwise the reason why not."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
