"""How things stand, in numbers: totals, the last twelve hours, kinds of fault, actions and what was learned. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean, median

from lamplighter.domain.incident import CLOSED, UNDER_WAY, Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.lesson import Lesson

SLOTS = 24
SLOT = timedelta(minutes=30)
SLICES_MAX = 6
OTHER = "other"
FAILED = (State.NEEDS_HUMAN, State.ROLLED_BACK)
ENDED_WELL = State.RESOLVED
# What waits for an answer is counted as that.
AT_WORK = UNDER_WAY - {State.AWAITING_APPROVAL}
POLICY_GRANT = "policy:"
WORKED = "recovered"
PATTERNS_MAX = 8


@dataclass(frozen=True, slots=True)
class Totals:
    """What the cards show. None where nothing is known: that is not zero."""

    open: int
    resolved: int
    failed: int
    in_progress: int
    fixed_alone_today: int
    fix_seconds_median: float | None
    fixes_counted: int
    resolution_rate: float | None
    confidence_mean: float | None
    diagnoses_counted: int
    pending: int
    cost_usd: float


@dataclass(frozen=True, slots=True)
class Slot:
    """Half an hour: how many incidents were opened and closed in it, and how many stood open at its end."""

    begins: datetime
    opened: int
    closed: int
    standing: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault and how often it was the cause."""

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Work:
    """One verb: how often it was done, failed, and ended in a way that nobody knows; `running` has not ended."""

    verb: str
    done: int
    failed: int
    unknown: int
    running: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.done + self.failed + self.unknown + self.running


@dataclass(frozen=True, slots=True)
class Pattern:
    """What was done about a fault of a component, and how often it helped. `seconds` is the median of what helped."""

    component: str
    fault: str
    actions: tuple[str, ...]
    worked: int
    tried: int
    seconds: float | None
    at: datetime
    incident_id: str


def totals(
    counts: Mapping[State, int],
    recent: Sequence[Incident],
    attempts: Iterable[Attempt],
    confidences: Sequence[float],
    *,
    pending: int,
    midnight: datetime,
    cost_usd: float,
) -> Totals:
    """The cards; `recent` are the incidents that rates and medians are taken over, `attempts` those since midnight."""
    fixes = [
        (one.closed_at - one.opened_at).total_seconds()
        for one in recent
        if one.state is ENDED_WELL and one.closed_at is not None
    ]
    ended = [one for one in recent if one.state is ENDED_WELL or one.state in (*FAILED, State.REJECTED)]
    return Totals(
        open=sum(count for state, count in counts.items() if state not in CLOSED),
        resolved=counts.get(State.RESOLVED, 0) + counts.get(State.SELF_CLEARED, 0),
        failed=sum(counts.get(state, 0) for state in FAILED),
        in_progress=sum(count for state, count in counts.items() if state in AT_WORK),
        fixed_alone_today=_alone(recent, attempts, midnight),
        fix_seconds_median=median(fixes) if fixes else None,
        fixes_counted=len(fixes),
        resolution_rate=sum(one.state is ENDED_WELL for one in ended) / len(ended) if ended else None,
        confidence_mean=fmean(confidences) if confidences else None,
        diagnoses_counted=len(confidences),
        pending=pending,
        cost_usd=cost_usd,
    )


def _alone(recent: Sequence[Incident], attempts: Iterable[Attempt], midnight: datetime) -> int:
    """Incidents that ended well since midnight by an action that nobody was asked about."""
    mine = {
        one.incident_id
        for one in attempts
        if one.state is AttemptState.DONE and one.grant.startswith(POLICY_GRANT) and not one.undo_of
    }
    return sum(
        one.id in mine and one.state is ENDED_WELL and one.closed_at is not None and one.closed_at >= midnight
        for one in recent
    )


def half_hours(recent: Sequence[Incident], now: datetime, *, open_before: int = 0) -> tuple[Slot, ...]:
    """The last twelve hours; `open_before` counts open incidents that are older than those given."""
    first = _floor(now) - SLOT * (SLOTS - 1)
    opened = Counter(_floor(one.opened_at) for one in recent)
    closed = Counter(_floor(one.closed_at) for one in recent if one.closed_at is not None)
    slots = []
    for number in range(SLOTS):
        begins = first + SLOT * number
        ends = begins + SLOT
        standing = sum(one.opened_at < ends and (one.closed_at is None or one.closed_at >= ends) for one in recent)
        slots.append(Slot(begins, opened[begins], closed[begins], standing + open_before))
    return tuple(slots)


def _floor(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 30, second=0, microsecond=0)


def kinds(faults: Iterable[str]) -> tuple[Kind, ...]:
    """The most frequent first, SLICES_MAX at most, and one for all others."""
    counted = Counter(faults)
    whole = counted.total()
    first = counted.most_common(SLICES_MAX)
    rest = whole - sum(count for _, count in first)
    pairs = [*first, (OTHER, rest)] if rest else first
    return tuple(Kind(name, count, count / whole) for name, count in pairs)


def work_done(attempts: Iterable[Attempt]) -> tuple[Work, ...]:
    """By verb, the most frequent first; what was undone counts as a verb of its own."""
    states: dict[str, Counter[AttemptState]] = {}
    for one in attempts:
        verb = f"undo {one.verb}" if one.undo_of else one.verb
        states.setdefault(verb, Counter())[one.state] += 1
    found = (
        Work(
            verb,
            done=count[AttemptState.DONE],
            failed=count[AttemptState.FAILED],
            unknown=count[AttemptState.UNKNOWN],
            running=count[AttemptState.PLANNED] + count[AttemptState.STARTED],
        )
        for verb, count in states.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.total, one.verb)))


def patterns(lessons: Iterable[Lesson]) -> tuple[Pattern, ...]:
    """What the lessons, newest first, come to; the newest pattern first."""
    groups: dict[tuple[str, str, tuple[str, ...]], list[Lesson]] = {}
    for lesson in lessons:
        groups.setdefault((lesson.component, lesson.fault, lesson.actions), []).append(lesson)
    found = []
    for (component, fault, actions), group in groups.items():
        helped = [lesson.seconds for lesson in group if lesson.outcome == WORKED]
        seconds = median(helped) if helped else None
        newest = group[0]
        found.append(
            Pattern(component, fault, actions, len(helped), len(group), seconds, newest.at, newest.incident_id)
        )
    return tuple(found[:PATTERNS_MAX])
