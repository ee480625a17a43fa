"""How things stand in numbers: what is not known is no number, and nothing is counted twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from lamplighter.domain.incident import Incident, State
from lamplighter.domain.ledger import Attempt, AttemptState
from lamplighter.domain.lesson import Lesson
from lamplighter.reports.overview import OTHER, SLOTS, half_hours, kinds, patterns, totals, work_done
from lamplighter.testing import NOON, firing

MIDNIGHT = NOON.replace(hour=0)


def incident(number: int, state: State = State.RESOLVED, *, took: float | None = 60, before: float = 600) -> Incident:
    first = firing(f"Rule{number}")
    opened = NOON - timedelta(seconds=before)
    closed = opened + timedelta(seconds=took) if took is not None else None
    return Incident(
        f"INC-{number}", first.name, state, "critical", first.trouble, first, opened, opened, closed_at=closed
    )


def attempt(number: int, state: AttemptState = AttemptState.DONE, *, grant: str = "policy:x", **more: Any) -> Attempt:  # noqa: ANN401 - fields of the attempt
    values = {"verb": "restart", "target_id": "t", "target_name": "t", "params": {}, **more}
    return Attempt(f"k{number}", f"INC-{number}", "h", grant, "docker", state=state, planned_at=NOON, **values)


def counted(recent: list[Incident], attempts: list[Attempt], confidences: list[float]) -> Any:  # noqa: ANN401 - totals
    counts = {State.RESOLVED: 2, State.NEEDS_HUMAN: 1, State.AWAITING_APPROVAL: 1, State.EXECUTING: 3, State.MERGED: 9}
    return totals(counts, recent, attempts, confidences, pending=1, midnight=MIDNIGHT, cost_usd=0.0)


def test_what_nobody_knows_is_no_number() -> None:
    found = counted([], [], [])
    assert (found.fix_seconds_median, found.resolution_rate, found.confidence_mean) == (None, None, None)
    assert (found.fixes_counted, found.diagnoses_counted) == (0, 0)


def test_each_state_counts_where_it_belongs() -> None:
    found = counted([], [], [])
    assert (found.open, found.resolved, found.failed, found.in_progress, found.pending) == (5, 2, 1, 3, 1)


def test_rates_and_medians_are_of_what_ended() -> None:
    recent = [incident(1, took=10), incident(2, took=30), incident(3, State.NEEDS_HUMAN, took=None)]
    recent += [incident(4, State.SELF_CLEARED, took=5), incident(5, State.EXECUTING, took=None)]
    found = counted(recent, [], [0.9, 0.7])
    assert found.fix_seconds_median == 20
    assert found.fixes_counted == 2
    assert found.resolution_rate == 2 / 3
    assert round(found.confidence_mean, 3) == 0.8


def test_alone_means_by_the_policy_today_and_to_a_good_end() -> None:
    recent = [incident(1), incident(2), incident(3, State.NEEDS_HUMAN, took=None), incident(4, before=90_000)]
    attempts = [attempt(1), attempt(2, grant="APP-2"), attempt(3), attempt(4), attempt(1, undo_of="k1")]
    assert counted(recent, attempts, []).fixed_alone_today == 1
    assert counted(recent, [attempt(1, AttemptState.FAILED)], []).fixed_alone_today == 0


def test_twelve_hours_are_told_in_half_hours_and_what_is_older_still_stands_open() -> None:
    recent = [incident(1, took=600, before=1200), incident(2, State.RECEIVED, took=None, before=7200)]
    slots = half_hours(recent, NOON, open_before=3)
    assert len(slots) == SLOTS
    assert slots[-1].begins == NOON
    assert sum(slot.opened for slot in slots) == 2
    assert sum(slot.closed for slot in slots) == 1
    assert slots[-1].standing == 4
    assert slots[0].standing == 3


def test_six_kinds_and_one_for_all_others() -> None:
    faults = [f"fault{number}" for number in range(8) for _ in range(10 - number)]
    found = kinds(faults)
    assert len(found) == 7
    assert found[0].name == "fault0"
    assert (found[-1].name, found[-1].count) == (OTHER, 7)
    assert abs(sum(kind.share for kind in found) - 1) < 1e-9
    assert kinds([]) == ()


def test_actions_are_told_by_verb_with_how_they_ended() -> None:
    attempts = [attempt(1), attempt(2, AttemptState.FAILED), attempt(3, AttemptState.STARTED)]
    attempts += [attempt(4, verb="start"), attempt(5, undo_of="k4")]
    found = {one.verb: one for one in work_done(attempts)}
    assert (found["restart"].done, found["restart"].failed, found["restart"].running) == (1, 1, 1)
    assert found["restart"].total == 3
    assert found["undo restart"].done == 1
    assert next(iter(found)) == "restart"


def test_lessons_alike_are_one_pattern_with_how_often_it_helped() -> None:
    def lesson(number: int, outcome: str, seconds: float) -> Lesson:
        at = NOON - timedelta(hours=number)
        return Lesson(f"INC-{number}", "t", "orders", "process_hung", ("restart orders",), outcome, 0.9, seconds, at)

    found = patterns([lesson(1, "recovered", 4), lesson(2, "unchanged", 90), lesson(3, "recovered", 8)])
    assert len(found) == 1
    assert (found[0].worked, found[0].tried, found[0].seconds, found[0].incident_id) == (2, 3, 6, "INC-1")
