from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import Alert, JournalEntry
from lamplighter.domain.course import after, graver, grown, merged, opened, stepped_up, title_of
from lamplighter.domain.incident import ACTING, CLOSED, RUNS_MAX, WAITING, BadMove, Incident, State, moved
from lamplighter.domain.member import Link
from lamplighter.domain.placement import GROUPING, Clears, Joins, Opens, Placed, Placement, Reopens, Suppresses
from lamplighter.testing import NOON, firing, resolved

LATER = NOON + timedelta(minutes=1)
LEAD, OTHER = firing("FrontDown"), firing("DatabaseDown")
SAID = {"leads": st.booleans(), "flapping": st.booleans()}
OPEN_STATES = sorted(frozenset(State) - CLOSED)


def incident(state: State = State.ANALYSING, **changes: object) -> Incident:
    made = Incident("INC-7", "FrontDown", state, "warning", LEAD.trouble, LEAD, NOON, NOON, component="front")
    return replace(made, **changes)  # type: ignore[arg-type] # the names and values are those of the fields


def placed(alert: Alert, placement: Placement) -> Placed:
    return Placed(JournalEntry(1, LATER, alert), placement)


def joined(one: Incident, alert: Alert = OTHER, **said: object) -> Incident:
    link = said.pop("link", Link.DEPENDS)
    joins = Joins(one.id, "because", link, "db", **said)  # type: ignore[arg-type] # as above
    return after(one, placed(alert, joins), LATER)


def test_an_opening_makes_the_incident_that_it_says() -> None:
    made = opened(placed(LEAD, Opens("new:1", "nothing explains it", "critical", "front", "INC-3")), LATER)
    assert (made.id, made.state, made.severity, made.component) == ("new:1", State.RECEIVED, "critical", "front")
    assert (made.regression_of, made.grouping, made.opened_at, made.run) == ("INC-3", GROUPING, LATER, 1)
    assert (made.alert, made.trouble, made.member_count, made.alert_count) == (LEAD, LEAD.trouble, 1, 1)
    with pytest.raises(TypeError):
        opened(placed(LEAD, Suppresses("no")), LATER)


def test_what_joins_is_counted_and_severity_only_rises() -> None:
    one = joined(incident())
    assert (one.alert_count, one.member_count, one.severity) == (2, 2, "critical")
    mild = firing("Slow", severity="info")
    assert joined(incident(), mild).severity == "warning"
    assert joined(incident(), LEAD, link=Link.SAME_TROUBLE).member_count == 1


def test_a_newer_episode_of_the_lead_is_what_the_incident_is_about() -> None:
    newer, older = replace(LEAD, starts_at=LATER), replace(LEAD, starts_at=NOON - timedelta(minutes=9))
    assert joined(incident(), newer, link=Link.SAME_TROUBLE).alert == newer
    assert joined(incident(), older, link=Link.SAME_TROUBLE).alert == LEAD


def test_what_fires_takes_back_that_all_was_clear() -> None:
    cleared = incident(signal_cleared_at=NOON)
    assert joined(cleared).signal_cleared_at is None
    assert joined(cleared, resolved(OTHER, LATER)).signal_cleared_at == NOON


@pytest.mark.parametrize("state", OPEN_STATES)
def test_a_new_lead_starts_the_response_again_but_never_during_an_action(state: State) -> None:
    one = joined(incident(state), leads=True)
    assert (one.alert, one.trouble, one.component, one.title) == (OTHER, OTHER.trouble, "db", title_of(OTHER))
    if state in ACTING:
        assert (one.state, one.run, one.again) == (state, 1, True)
    elif state is State.RECEIVED:
        assert (one.state, one.run, one.again) == (State.RECEIVED, 1, False)
    else:
        assert (one.state, one.run, one.again) == (State.RECEIVED, 2, False)


@pytest.mark.parametrize("changes", [{"run": RUNS_MAX}, {"flapping": True}])
def test_a_response_does_not_start_without_end_and_not_for_what_flaps(changes: dict[str, object]) -> None:
    before = incident(State.NEEDS_HUMAN, **changes)
    one = joined(before, leads=True)
    assert (one.state, one.run, one.trouble) == (State.NEEDS_HUMAN, before.run, OTHER.trouble)


def test_a_return_opens_it_again_with_another_run() -> None:
    closed = replace(moved(incident(), State.RESOLVED, NOON), resolution="restarted", resolved_by="us", again=True)
    one = after(closed, placed(LEAD, Reopens("INC-7", "it is back", "front")), LATER)
    assert (one.state, one.run, one.closed_at, one.resolution, one.again) == (State.RECEIVED, 2, None, "", False)
    assert one.severity == "critical"


def test_what_flaps_is_a_persons() -> None:
    closed = moved(incident(), State.SELF_CLEARED, NOON)
    one = after(closed, placed(LEAD, Reopens("INC-7", "it keeps coming back", "front", flapping=True)), LATER)
    assert (one.state, one.flapping, one.run) == (State.NEEDS_HUMAN, True, 2)
    often = after(replace(closed, run=RUNS_MAX), placed(LEAD, Reopens("INC-7", "it is back")), LATER)
    assert (often.state, often.component) == (State.NEEDS_HUMAN, "front")


@pytest.mark.parametrize("state", OPEN_STATES)
@pytest.mark.parametrize("flapping", [False, True])
@pytest.mark.parametrize("held", ["", "a maintenance window"])
def test_what_is_over_closes_only_where_nobody_works_on_it(state: State, held: str, *, flapping: bool) -> None:
    one = after(incident(state, flapping=flapping, held=held), placed(LEAD, Clears("INC-7", "it ended")), LATER)
    assert one.signal_cleared_at == LATER
    idle = state in WAITING or (state is State.RECEIVED and held)
    assert (one.state is State.SELF_CLEARED) is bool(idle and not flapping)
    if not one.is_open:
        assert one.closed_at == LATER
        assert "it ended" in one.resolution


def test_one_end_of_several_clears_nothing_but_hands_the_lead_on() -> None:
    clears = Clears("INC-7", "it ended", over=False, lead=OTHER, lead_component="db")
    one = after(incident(State.NEEDS_HUMAN), placed(LEAD, clears), LATER)
    assert (one.signal_cleared_at, one.trouble, one.component, one.state) == (
        None,
        OTHER.trouble,
        "db",
        State.RECEIVED,
    )
    verifying = after(incident(State.VERIFYING), placed(LEAD, clears), LATER)
    assert verifying.trouble == LEAD.trouble


def test_what_is_absorbed_is_in_the_survivor_and_points_at_it() -> None:
    lost = replace(incident(severity="critical", member_count=3, alert_count=9), id="INC-9")
    whole = grown(incident(signal_cleared_at=NOON), lost, LATER)
    assert (whole.severity, whole.member_count, whole.alert_count, whole.signal_cleared_at) == ("critical", 4, 10, None)
    gone = merged(lost, "INC-7", LATER)
    assert (gone.state, gone.merged_into, gone.closed_at) == (State.MERGED, "INC-7", LATER)
    with pytest.raises(BadMove):
        merged(moved(lost, State.RESOLVED, NOON), "INC-7", LATER)


def test_severities_have_an_order() -> None:
    assert graver("info", "critical") == graver("critical", "none") == "critical"
    assert [stepped_up(word) for word in ("none", "info", "warning", "critical")] == [
        "info",
        "warning",
        "critical",
        "critical",
    ]


def test_a_title_is_short() -> None:
    assert len(title_of(replace(LEAD, annotations={"summary": "x" * 900}))) == 200


@given(st.sampled_from(OPEN_STATES), st.integers(1, RUNS_MAX), st.fixed_dictionaries(SAID))
def test_joining_never_closes_and_never_goes_past_the_last_run(state: State, run: int, said: dict[str, bool]) -> None:
    one = joined(incident(state, run=run), **said)
    assert one.is_open
    assert one.run <= RUNS_MAX
    if state in ACTING:
        assert one.state is state


@pytest.mark.parametrize("state", [State.ANALYSING, State.COUNCIL_REVIEW, State.AWAITING_APPROVAL])
def test_what_was_asked_about_a_lead_that_cleared_is_asked_anew_or_left_to_people(state: State) -> None:
    clears = Clears("INC-7", "it ended", over=False, lead=OTHER, lead_component="db")
    anew = after(incident(state), placed(LEAD, clears), LATER)
    assert (anew.state, anew.run, anew.trouble) == (State.RECEIVED, 2, OTHER.trouble)
    last = after(incident(state, run=RUNS_MAX), placed(LEAD, clears), LATER)
    assert (last.state, last.run) == (State.NEEDS_HUMAN, RUNS_MAX + 1)
