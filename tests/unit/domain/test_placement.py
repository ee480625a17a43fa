from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert, AlertStatus, Episode
from lamplighter.domain.incident import CLOSED, PROBATION, Incident, State, may_follow, moved
from lamplighter.domain.placement import LATE_DELIVERY, Clears, Joins, Opens, Placement, Reopens, Suppresses, place
from lamplighter.testing import NOON, firing, resolved

MINUTE = timedelta(minutes=1)
ALERT = firing("FrontDown")
OPEN_STATES = sorted(frozenset(State) - CLOSED)
SPANS = st.integers(min_value=-3600, max_value=3600).map(lambda seconds: timedelta(seconds=seconds))


def incident(alert: Alert = ALERT, state: State = State.VERIFYING) -> Incident:
    return Incident("INC-7", "Front is down", state, "critical", alert.trouble, alert, NOON, NOON)


def closed(at: datetime, state: State = State.RESOLVED) -> Incident:
    return moved(incident(), state, at)


def episode(starts_at: datetime, status: AlertStatus, ends_at: datetime | None = None) -> Episode:
    return Episode(ALERT.trouble, starts_at, status, ends_at)


def again(starts_at: datetime) -> Alert:
    return replace(ALERT, starts_at=starts_at)


def test_a_trouble_nobody_knows_opens() -> None:
    placement = place(ALERT, None, None, None, NOON)
    assert isinstance(placement, Opens)
    assert placement.reason


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_duplicate_joins_the_open_incident_whatever_its_state(state: State) -> None:
    placement = place(ALERT, incident(state=state), None, episode(NOON, AlertStatus.FIRING), NOON + MINUTE)
    assert isinstance(placement, Joins)
    assert placement.incident_id == "INC-7"


def test_a_new_episode_joins_while_the_incident_is_open() -> None:
    ended = episode(NOON, AlertStatus.RESOLVED, NOON + MINUTE)
    placement = place(again(NOON + 5 * MINUTE), incident(), None, ended, NOON + 6 * MINUTE)
    assert isinstance(placement, Joins)


def test_a_resolved_that_comes_before_its_firing_starts_nothing() -> None:
    end = resolved(ALERT, NOON + MINUTE)
    assert isinstance(place(end, None, None, None, NOON + MINUTE), Suppresses)
    known = episode(NOON, AlertStatus.RESOLVED, NOON + MINUTE)
    late = place(ALERT, None, None, known, NOON + 2 * MINUTE)
    assert isinstance(late, Suppresses)
    assert "12:01:00" in late.reason


@pytest.mark.parametrize("waited", [timedelta(), PROBATION / 2, PROBATION, 10 * PROBATION])
def test_a_firing_of_an_episode_known_to_have_ended_never_reopens(waited: timedelta) -> None:
    end = NOON + MINUTE
    known = episode(NOON, AlertStatus.RESOLVED, end)
    for starts_at in (NOON, NOON - MINUTE):
        assert isinstance(place(again(starts_at), None, closed(end), known, end + waited), Suppresses)


def test_a_firing_of_an_episode_known_to_have_ended_does_not_touch_an_open_incident() -> None:
    newer = incident(again(NOON + 5 * MINUTE))
    known = episode(NOON + 4 * MINUTE, AlertStatus.RESOLVED, NOON + 5 * MINUTE)
    assert isinstance(place(ALERT, newer, None, known, NOON + 6 * MINUTE), Suppresses)


def test_the_end_clears_the_open_incident() -> None:
    placement = place(resolved(ALERT, NOON + MINUTE), incident(), None, None, NOON + 2 * MINUTE)
    assert isinstance(placement, Clears)
    assert placement.incident_id == "INC-7"
    assert "12:01:00" in placement.reason


def test_the_end_of_an_earlier_episode_does_not_clear_a_newer_one() -> None:
    newer = incident(again(NOON + 5 * MINUTE))
    placement = place(resolved(ALERT, NOON + MINUTE), newer, None, None, NOON + 6 * MINUTE)
    assert isinstance(placement, Suppresses)


def test_the_end_of_a_newer_episode_clears() -> None:
    end = resolved(again(NOON + 5 * MINUTE), NOON + 6 * MINUTE)
    assert isinstance(place(end, incident(), None, None, NOON + 6 * MINUTE), Clears)


def test_an_end_after_the_incident_closed_changes_nothing() -> None:
    end = resolved(ALERT, NOON + MINUTE)
    assert isinstance(place(end, None, closed(NOON + MINUTE), None, NOON + 2 * MINUTE), Suppresses)


def test_the_same_episode_delivered_again_just_after_resolution_is_put_aside() -> None:
    last = closed(NOON + MINUTE)
    known = episode(NOON, AlertStatus.FIRING)
    placement = place(ALERT, None, last, known, NOON + MINUTE + LATE_DELIVERY)
    assert isinstance(placement, Suppresses)
    assert "INC-7" in placement.reason


def test_the_same_episode_still_reported_long_after_resolution_reopens() -> None:
    last = closed(NOON + MINUTE)
    known = episode(NOON, AlertStatus.FIRING)
    placement = place(ALERT, None, last, known, NOON + MINUTE + LATE_DELIVERY + timedelta(seconds=1))
    assert isinstance(placement, Reopens)


@pytest.mark.parametrize("waited", [timedelta(), timedelta(seconds=1), PROBATION])
@pytest.mark.parametrize("state", [State.RESOLVED, State.SELF_CLEARED])
def test_a_return_on_probation_reopens(waited: timedelta, state: State) -> None:
    back = again(NOON + 5 * MINUTE)
    placement = place(back, None, closed(NOON + 4 * MINUTE, state), None, NOON + 4 * MINUTE + waited)
    assert isinstance(placement, Reopens)
    assert placement.incident_id == "INC-7"


def test_a_return_after_probation_opens_a_new_incident() -> None:
    end = NOON + 4 * MINUTE
    placement = place(again(end + PROBATION), None, closed(end), None, end + PROBATION + timedelta(seconds=1))
    assert isinstance(placement, Opens)


def test_a_stale_firing_never_reopens() -> None:
    known = episode(NOON, AlertStatus.FIRING)
    stale = again(NOON - 10 * MINUTE)
    assert isinstance(place(stale, None, closed(NOON + MINUTE), known, NOON + 8 * MINUTE), Suppresses)


def test_only_what_may_be_reopened_is_reopened() -> None:
    last = closed(NOON + MINUTE, State.MERGED)
    placement = place(again(NOON + 2 * MINUTE), None, last, None, NOON + 2 * MINUTE)
    assert not isinstance(placement, Reopens) or may_follow(last.state, State.RECEIVED)


@given(SPANS, SPANS, SPANS, st.sampled_from(AlertStatus), st.sampled_from(AlertStatus), st.booleans(), st.booleans())
def test_every_alert_is_placed_and_the_placement_names_what_there_is(
    start: timedelta,
    known_start: timedelta,
    now: timedelta,
    status: AlertStatus,
    known_status: AlertStatus,
    is_open: bool,  # noqa: FBT001 - drawn by hypothesis
    was_closed: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    alert = replace(ALERT, starts_at=NOON + start, status=status)
    present = incident() if is_open else None
    last = replace(closed(NOON), id="INC-3") if was_closed else None
    placement: Placement = place(alert, present, last, episode(NOON + known_start, known_status), NOON + now)
    assert placement.reason
    match placement:
        case Joins(incident_id, _) | Clears(incident_id, _):
            assert present is not None
            assert incident_id == present.id
        case Reopens(incident_id, _):
            assert present is None
            assert last is not None
            assert incident_id == last.id
            assert status is AlertStatus.FIRING
        case Opens():
            assert present is None
            assert status is AlertStatus.FIRING
