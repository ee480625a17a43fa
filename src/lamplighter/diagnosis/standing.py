"""How each component stands now, by the newest look of each kind. Why it stands so is not asked here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from lamplighter.diagnosis.catalogue.fault_kind import NOT_UP, Condition
from lamplighter.domain.evidence import Case, Fact

DEATHS_OF_A_LOOP = 3
LOOP_QUIET = timedelta(minutes=2)
STALE_AFTER = timedelta(minutes=10)
START_SLACK = timedelta(seconds=2)
KILL_NOTED = timedelta(seconds=10)
_LOGS = frozenset({"log_sign", "log_error"})
_LOOKS = frozenset({"state", "health", "probe"})
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Standing:
    """One component: its condition, the ids of the facts that show it, and the facts that still bear on it."""

    component: str
    condition: Condition
    because: tuple[str, ...]
    facts: tuple[Fact, ...]
    by_kind: Mapping[str, tuple[Fact, ...]] = field(default_factory=dict)

    def of_kind(self, kind: str) -> tuple[Fact, ...]:
        """The facts of one kind, in their order."""
        return self.by_kind.get(kind, ())


def standings(case: Case, facts: tuple[Fact, ...]) -> dict[str, Standing]:
    """The standing of every component that a fact, the topology or the alert names."""
    taken = {evidence.id: evidence.at for evidence in case.evidence}
    names = {fact.component for fact in facts} | {case.subject} | set(case.components)
    names |= {name for edge in case.topology for name in (edge.source, edge.target)}
    own: dict[str, list[Fact]] = {name: [] for name in sorted(names - {""})}
    for fact in facts:
        if fact.component:
            own[fact.component].append(fact)
    checks = frozenset(alert.labels.get("check", "") for alert in case.alerts) - {""}
    return {name: _standing(name, _present(own[name], taken), case.at, checks) for name in own}


def _present(own: list[Fact], taken: Mapping[str, datetime]) -> list[Fact]:
    """Without the looks that a newer look of the same kind has replaced."""
    newest: dict[tuple[str, ...], Fact] = {}
    for fact in own:
        if fact.kind in _LOOKS:
            held = newest.get(_look(fact))
            if held is None or taken.get(fact.evidence, _LONG_AGO) >= taken.get(held.evidence, _LONG_AGO):
                newest[_look(fact)] = fact
    kept = {fact.id for fact in newest.values()}
    return [fact for fact in own if fact.kind not in _LOOKS or fact.id in kept]


def _look(fact: Fact) -> tuple[str, ...]:
    values = fact.values
    return fact.kind, str(values.get("probe", "")), str(values.get("check", "")), str(values.get("target", ""))


def _standing(name: str, own: list[Fact], now: datetime, checks: frozenset[str]) -> Standing:
    condition, because = _condition(own, now, checks)
    state = next((fact for fact in own if fact.kind == "state"), None)
    bearing = tuple(fact for fact in own if not _stale(fact, state, condition))
    by_kind: dict[str, tuple[Fact, ...]] = {}
    for fact in bearing:
        by_kind[fact.kind] = (*by_kind.get(fact.kind, ()), fact)
    return Standing(name, condition, tuple(fact.id for fact in because), bearing, by_kind)


def _condition(own: list[Fact], now: datetime, checks: frozenset[str]) -> tuple[Condition, list[Fact]]:
    policies = {fact.values.get("restart_policy") for fact in own if fact.kind == "state"}
    loop = [fact for fact in own if _loops(fact, now, restarted_by_engine=policies != {"no"})]
    if loop:
        return Condition.RESTARTING, loop
    down = [fact for fact in own if _is_down(fact)]
    if down:
        return Condition.DOWN, down
    up = [fact for fact in own if fact.kind == "state" and fact.number("running") == 1.0]
    failing = [fact for fact in own if _is_failing(fact)]
    if failing:
        return Condition.FAILING, up + failing
    well = [fact for fact in own if _is_well(fact, checks)]
    if well:
        return Condition.HEALTHY, up + well
    return (Condition.RUNNING, up) if up else (Condition.UNKNOWN, [])


def _loops(fact: Fact, now: datetime, *, restarted_by_engine: bool) -> bool:
    if fact.kind == "state":
        return fact.number("restarting") == 1.0
    if not restarted_by_engine:
        return False
    deaths = fact.number("unforced") or 0.0
    recent = fact.at is not None and now - fact.at <= LOOP_QUIET
    return fact.kind == "event" and fact.values.get("action") == "die" and deaths >= DEATHS_OF_A_LOOP and recent


def _is_down(fact: Fact) -> bool:
    if fact.kind == "state":
        return fact.number("running") == 0.0 or fact.number("paused") == 1.0
    return fact.kind == "probe" and fact.values.get("probe") == "process" and fact.values.get("state") == "failing"


def _is_failing(fact: Fact) -> bool:
    if fact.kind == "health":
        return fact.values.get("status") == "unhealthy"
    return fact.kind == "probe" and fact.values.get("state") == "failing"


def _is_well(fact: Fact, checks: frozenset[str]) -> bool:
    """An open port alone is no health, because a hung process has one too; unless the alert is about the port."""
    if fact.kind == "health":
        return fact.values.get("status") == "healthy"
    answers = fact.values.get("probe") == "http" or fact.values.get("check") in checks
    return fact.kind == "probe" and fact.values.get("state") == "ok" and answers


def _is_of_earlier_life(fact: Fact, state: Fact | None, condition: Condition) -> bool:
    """Whether others complained last before it started, or while it did: who starts refuses for a moment."""
    last, started = fact.number("last_epoch_seconds"), state.number("started_epoch_seconds") if state else None
    if last is None or started is None or condition in NOT_UP:
        return False
    return last < started + START_SLACK.total_seconds()


def _stale(fact: Fact, state: Fact | None, condition: Condition) -> bool:
    """Whether a line of a log belongs to an earlier life of the process, or what others wrote of it does."""
    if fact.kind == "complaint":
        return _is_of_earlier_life(fact, state, condition)
    if fact.kind not in _LOGS or fact.at is None or state is None:
        return False
    started, finished = state.number("started_epoch_seconds"), state.number("finished_epoch_seconds")
    if condition is Condition.RESTARTING:
        # Whoever kills notes it at once, so that a kill of long before the last death is not why it died.
        killed_before = finished is not None and fact.at.timestamp() < finished - KILL_NOTED.total_seconds()
        return fact.values.get("sign") == "oom_kill" and killed_before
    if condition is Condition.DOWN:
        return finished is not None and fact.at.timestamp() < finished - STALE_AFTER.total_seconds()
    return started is not None and fact.at.timestamp() < started - START_SLACK.total_seconds()
