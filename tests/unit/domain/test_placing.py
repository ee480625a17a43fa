from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert, AlertStatus, Episode, JournalEntry
from lamplighter.domain.board import Board
from lamplighter.domain.flapping import next_episode
from lamplighter.domain.graph import Graph
from lamplighter.domain.incident import CLOSED, PROBATION, Incident, State, moved
from lamplighter.domain.member import Link, Member
from lamplighter.domain.placement import Clears, Joins, Opens, Past, Placed, Placement, Reopens, Suppresses
from lamplighter.domain.placing import FLAPPING_RETURN, LATE_DELIVERY, REGRESSION, place, place_all
from lamplighter.domain.topology import Edge
from lamplighter.testing import NOON, firing, resolved

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
ALERT = firing("FrontDown", service="front")
OPEN_STATES = sorted(frozenset(State) - CLOSED)
SPANS = st.integers(min_value=-3600, max_value=3600).map(lambda seconds: timedelta(seconds=seconds))
NOTHING = Past()


def incident(alert: Alert = ALERT, state: State = State.ANALYSING) -> Incident:
    return Incident("INC-7", "Front is down", state, "critical", alert.trouble, alert, NOON, NOON, component="front")


def board_of(alert: Alert = ALERT, state: State = State.ANALYSING, *more: Alert) -> Board:
    board = Board()
    held = [Member("INC-7", one.trouble, one, one.labels["service"], Link.OPENED, "so", NOON) for one in (alert, *more)]
    board.put(incident(alert, state), held)
    return board


def closed(at: datetime, state: State = State.RESOLVED) -> Incident:
    return moved(incident(), state, at)


def episode(starts_at: datetime, status: AlertStatus, ends_at: datetime | None = None) -> Episode:
    return Episode(ALERT.trouble, starts_at, status, ends_at)


def again(starts_at: datetime) -> Alert:
    return replace(ALERT, starts_at=starts_at)


def past(last: Incident | None = None, known: Episode | None = None, fix: str = "") -> Past:
    return Past(known, last, fix)


def put(alert: Alert, before: Past, now: datetime, board: Board | None = None) -> Placement:
    return place(alert, 1, Board() if board is None else board, before, now)


def run(board: Board, *alerts: Alert, now: datetime = NOON, pasts: dict[str, Past] | None = None) -> Sequence[Placed]:
    return place_all([JournalEntry(seq, now, alert) for seq, alert in enumerate(alerts, 1)], board, pasts or {}, now)


def test_a_trouble_nobody_knows_opens() -> None:
    placement = put(ALERT, NOTHING, NOON)
    assert isinstance(placement, Opens)
    assert (placement.incident_id, placement.severity, placement.component) == ("new:1", "critical", "front")
    assert placement.reason


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_duplicate_joins_the_open_incident_whatever_its_state(state: State) -> None:
    placement = put(ALERT, NOTHING, NOON + MINUTE, board_of(state=state))
    assert isinstance(placement, Joins)
    assert (placement.incident_id, placement.link, placement.leads) == ("INC-7", Link.SAME_TROUBLE, False)


def test_a_new_episode_joins_while_the_incident_is_open() -> None:
    board = board_of(resolved(ALERT, NOON + MINUTE))
    assert isinstance(put(again(NOON + 5 * MINUTE), NOTHING, NOON + 6 * MINUTE, board), Joins)


def test_an_episode_of_a_clock_that_was_ahead_makes_no_true_one_late() -> None:
    ahead = again(NOON + 120 * MINUTE)
    first, end = run(Board(), ahead, resolved(ahead, NOON + 121 * MINUTE), now=NOON + MINUTE)
    known = past(known=end.episode)
    assert isinstance(first.placement, Opens)
    assert isinstance(put(ahead, known, NOON + 2 * MINUTE), Suppresses)
    assert isinstance(put(again(NOON + MINUTE), known, NOON + 2 * MINUTE), Opens)


def test_a_resolved_that_comes_before_its_firing_starts_nothing() -> None:
    board = Board()
    end, late = run(board, resolved(ALERT, NOON + MINUTE), ALERT, now=NOON + 2 * MINUTE)
    assert isinstance(end.placement, Suppresses)
    assert isinstance(late.placement, Suppresses)
    assert "12:01:00" in late.placement.reason
    assert len(board) == 0


@pytest.mark.parametrize("waited", [timedelta(), PROBATION / 2, PROBATION, 10 * PROBATION])
def test_a_firing_of_an_episode_known_to_have_ended_never_reopens(waited: timedelta) -> None:
    end = NOON + MINUTE
    known = episode(NOON, AlertStatus.RESOLVED, end)
    for starts_at in (NOON, NOON - MINUTE):
        assert isinstance(put(again(starts_at), past(closed(end), known), end + waited), Suppresses)


def test_a_firing_of_an_episode_known_to_have_ended_does_not_touch_an_open_incident() -> None:
    board = board_of(resolved(again(NOON + 4 * MINUTE), NOON + 5 * MINUTE), State.ANALYSING, firing("X", service="x"))
    assert isinstance(put(ALERT, NOTHING, NOON + 6 * MINUTE, board), Suppresses)


def test_the_end_clears_the_open_incident() -> None:
    placement = put(resolved(ALERT, NOON + MINUTE), NOTHING, NOON + 2 * MINUTE, board_of())
    assert isinstance(placement, Clears)
    assert (placement.incident_id, placement.over, placement.lead) == ("INC-7", True, None)
    assert "12:01:00" in placement.reason


def test_one_end_of_several_hands_the_lead_on() -> None:
    other = firing("Slow", service="front")
    board = board_of(ALERT, State.ANALYSING, other)
    placement = put(resolved(ALERT, NOON + MINUTE), NOTHING, NOON + 2 * MINUTE, board)
    assert isinstance(placement, Clears)
    assert (placement.over, placement.lead, placement.lead_component) == (False, other, "front")
    follower = put(resolved(other, NOON + MINUTE), NOTHING, NOON + 2 * MINUTE, board)
    assert isinstance(follower, Clears)
    assert (follower.over, follower.lead) == (False, None)


def test_the_end_of_an_earlier_episode_does_not_clear_a_newer_one() -> None:
    board = board_of(again(NOON + 5 * MINUTE))
    assert isinstance(put(resolved(ALERT, NOON + MINUTE), NOTHING, NOON + 6 * MINUTE, board), Suppresses)


def test_the_end_of_a_newer_episode_clears_and_a_repeated_end_does_not() -> None:
    end = resolved(again(NOON + 5 * MINUTE), NOON + 6 * MINUTE)
    board = board_of()
    first, second = run(board, end, end, now=NOON + 6 * MINUTE)
    assert isinstance(first.placement, Clears)
    assert isinstance(second.placement, Suppresses)


def test_an_end_after_the_incident_closed_changes_nothing() -> None:
    end = resolved(ALERT, NOON + MINUTE)
    assert isinstance(put(end, past(closed(NOON + MINUTE)), NOON + 2 * MINUTE), Suppresses)


def test_the_same_episode_delivered_again_just_after_resolution_is_put_aside() -> None:
    before = past(closed(NOON + MINUTE), episode(NOON, AlertStatus.FIRING))
    placement = put(ALERT, before, NOON + MINUTE + LATE_DELIVERY)
    assert isinstance(placement, Suppresses)
    assert "INC-7" in placement.reason


def test_the_same_episode_still_reported_long_after_resolution_reopens() -> None:
    before = past(closed(NOON + MINUTE), episode(NOON, AlertStatus.FIRING))
    assert isinstance(put(ALERT, before, NOON + MINUTE + LATE_DELIVERY + SECOND), Reopens)


@pytest.mark.parametrize("waited", [timedelta(), SECOND, PROBATION])
@pytest.mark.parametrize("state", [State.RESOLVED, State.SELF_CLEARED])
def test_a_return_on_probation_reopens(waited: timedelta, state: State) -> None:
    placement = put(again(NOON + 5 * MINUTE), past(closed(NOON + 4 * MINUTE, state)), NOON + 4 * MINUTE + waited)
    assert isinstance(placement, Reopens)
    assert (placement.incident_id, placement.flapping) == ("INC-7", False)


def test_a_stale_firing_never_reopens() -> None:
    before = past(closed(NOON + MINUTE), episode(NOON, AlertStatus.FIRING))
    assert isinstance(put(again(NOON - 10 * MINUTE), before, NOON + 8 * MINUTE), Suppresses)


def test_what_was_merged_away_is_not_reopened() -> None:
    assert isinstance(
        put(again(NOON + 2 * MINUTE), past(closed(NOON + MINUTE, State.MERGED)), NOON + 2 * MINUTE), Opens
    )


def test_a_return_after_probation_is_a_regression_that_says_which_fix_did_not_hold() -> None:
    end = NOON + 4 * MINUTE
    mild = replace(again(end + PROBATION), labels={**ALERT.labels, "severity": "info"})
    last = replace(closed(end), severity="info")
    placement = put(mild, past(last, fix="restart of front"), end + PROBATION + SECOND)
    assert isinstance(placement, Opens)
    assert (placement.regression_of, placement.severity) == ("INC-7", "warning")
    assert "restart of front did not hold" in placement.reason


@pytest.mark.parametrize(
    ("state", "waited"), [(State.SELF_CLEARED, PROBATION + SECOND), (State.RESOLVED, REGRESSION + SECOND)]
)
def test_what_nobody_fixed_or_long_ago_is_no_regression(state: State, waited: timedelta) -> None:
    placement = put(again(NOON + waited), past(closed(NOON, state)), NOON + waited)
    assert isinstance(placement, Opens)
    assert (placement.regression_of, placement.severity) == ("", "critical")


def flapped(times: int, period: timedelta = timedelta(seconds=30)) -> Episode:
    known: Episode | None = None
    for number in range(times):
        one = again(NOON + number * period)
        known = next_episode(known, one, one.starts_at)
        known = next_episode(known, resolved(one, one.starts_at + period / 2), one.starts_at + period / 2)
    assert known is not None
    return known


def test_what_flaps_reopens_its_last_incident_without_a_further_response() -> None:
    back = NOON + 30 * MINUTE
    placement = put(again(back), past(closed(NOON + 3 * MINUTE), flapped(5)), back)
    assert isinstance(placement, Reopens)
    assert placement.flapping
    late = NOON + 3 * MINUTE + FLAPPING_RETURN + SECOND
    assert isinstance(put(again(late), past(closed(NOON + 3 * MINUTE), flapped(5)), late), Opens)


def test_thirty_cycles_are_one_incident_that_flaps() -> None:
    board = Board()
    opened = 0
    for cycle in range(30):
        start = NOON + cycle * 20 * SECOND
        batches = (
            run(board, again(start), now=start),
            run(board, resolved(again(start), start + 10 * SECOND), now=start + 10 * SECOND),
        )
        for batch in batches:
            opened += sum(isinstance(placed.placement, Opens) for placed in batch)
            board.settled({"new:1": "INC-1"})
    held = board.incident("INC-1")
    assert opened == 1
    assert held is not None
    assert held.flapping


def test_signs_of_life_open_nothing() -> None:
    board = Board()
    assert isinstance(put(firing("Watchdog"), NOTHING, NOON, board), Suppresses)
    placement = put(firing("Anything", severity="none"), NOTHING, NOON, board)
    assert isinstance(placement, Suppresses)
    assert "sign of life" in placement.reason
    board.watchdogs = frozenset({"DeadMansSnitch"})
    assert isinstance(put(firing("DeadMansSnitch"), NOTHING, NOON, board), Suppresses)
    assert isinstance(put(firing("Watchdog"), NOTHING, NOON, board), Opens)


def test_entries_of_one_batch_see_each_other() -> None:
    board = Board(Graph([Edge("front", "db")]))
    database = firing("DatabaseDown", service="db")
    first, second, third, fourth = run(board, ALERT, ALERT, database, resolved(ALERT, NOON + MINUTE))
    assert isinstance(first.placement, Opens)
    assert isinstance(second.placement, Joins)
    assert isinstance(third.placement, Joins)
    assert (third.placement.incident_id, third.placement.leads) == ("new:1", True)
    assert isinstance(fourth.placement, Clears)
    assert not fourth.placement.over
    assert len(board) == 1


def test_an_incident_that_closes_in_a_batch_is_known_to_the_rest_of_it() -> None:
    board = board_of(ALERT, State.NEEDS_HUMAN)
    end, back = run(board, resolved(ALERT, NOON + MINUTE), again(NOON + 2 * MINUTE), now=NOON + 2 * MINUTE)
    assert isinstance(end.placement, Clears)
    assert isinstance(back.placement, Reopens)
    assert back.placement.incident_id == "INC-7"
    assert list(board.ids()) == ["INC-7"]


def test_a_return_of_what_another_member_reopened_opens_no_second_time() -> None:
    board = Board()
    other = firing("Slow", service="front")
    last = closed(NOON)
    pasts = {ALERT.trouble: past(last), other.trouble: past(last)}
    later = NOON + MINUTE
    first, second = run(board, again(later), replace(other, starts_at=later), now=later, pasts=pasts)
    assert isinstance(first.placement, Reopens)
    assert isinstance(second.placement, Joins)
    assert second.placement.incident_id == "INC-7"


def test_the_member_that_fires_again_leads_where_the_lead_is_silent() -> None:
    other = firing("Slow", service="front")
    board = board_of(resolved(ALERT, NOON), State.ANALYSING, resolved(other, NOON))
    placement = put(replace(other, starts_at=NOON + MINUTE), NOTHING, NOON + MINUTE, board)
    assert isinstance(placement, Joins)
    assert placement.leads


TREES = st.integers(2, 25).flatmap(
    lambda size: st.tuples(
        st.tuples(*(st.integers(0, max(node - 1, 0)) for node in range(size))), st.permutations(range(size))
    )
)


@given(TREES)
def test_a_storm_over_a_tree_is_one_incident_in_any_order(tree: tuple[tuple[int, ...], list[int]]) -> None:
    parents, order = tree
    board = Board(Graph(Edge(f"part-{node}", f"part-{parent}") for node, parent in enumerate(parents)))
    run(board, *(firing("Down", service=f"part-{node}") for node in order))
    assert len(board) == 1
    (incident_id,) = board.ids()
    held = board.incident(incident_id)
    assert held is not None
    assert held.component == "part-0"
    assert held.member_count == len(order)


@given(st.permutations(["fires", "fires", "ends", "ends"]), st.sampled_from([1, 2]))
def test_deliveries_of_one_episode_make_at_most_one_incident_in_any_order(order: list[str], batches: int) -> None:
    board = Board()
    alerts = [ALERT if word == "fires" else resolved(ALERT, NOON + MINUTE) for word in order]
    now = NOON + 2 * MINUTE
    known: dict[str, Past] = {}
    opened = 0
    for batch in (alerts[: len(alerts) // batches], alerts[len(alerts) // batches :]):
        for placed in run(board, *batch, now=now, pasts=known):
            opened += isinstance(placed.placement, Opens)
            known[ALERT.trouble] = Past(placed.episode)
        board.settled({"new:1": "INC-1", "new:2": "INC-2"})
    assert opened == (order[0] == "fires")
    assert list(board.at("front")) == []


@given(SPANS, SPANS, SPANS, st.sampled_from(AlertStatus), st.sampled_from(AlertStatus), st.sampled_from([0, 1, 2, 3]))
def test_every_alert_is_placed_and_the_placement_names_what_there_is(
    start: timedelta, known_start: timedelta, now: timedelta, status: AlertStatus, known: AlertStatus, there: int
) -> None:
    alert = replace(again(NOON + start), status=status)
    board = board_of() if there & 1 else Board()
    last = replace(closed(NOON), id="INC-3") if there & 2 else None
    placement = put(alert, past(last, episode(NOON + known_start, known)), NOON + now, board)
    assert placement.reason
    match placement:
        case Joins() | Clears():
            assert placement.incident_id == "INC-7"
            assert there & 1
        case Reopens():
            assert placement.incident_id == "INC-3"
            assert not there & 1
            assert status is AlertStatus.FIRING
        case Opens():
            assert not there & 1
            assert status is AlertStatus.FIRING
