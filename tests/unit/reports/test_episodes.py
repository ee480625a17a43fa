"""From when to when an alert fired: told by the timeline, finished by its last delivery."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.member import Link, Member
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.episodes import CLEARED, EPISODES_MAX, WITH_INCIDENT, episodes_of, key_of, told_of
from lamplighter.testing import NOON, firing


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def member(*, over: float | None = None, starts: float = 0, joined: float = 1, resolved: bool = False) -> Member:
    alert = firing("Down", after(starts), container="shop")
    if over is not None or resolved:
        alert = replace(alert, status=AlertStatus.RESOLVED, ends_at=None if over is None else after(over))
    return Member("INC-9", alert.trouble, alert, "shop", Link.OPENED, "x", after(joined))


def word(moment: Moment, seq: int, minutes: float, **data: object) -> Event:
    alert = member().alert
    whole = {"source": alert.source, "alertname": alert.name, "labels": dict(alert.labels), **data}
    return Event("INC-9", f"placed:{seq}", after(minutes), moment, Crew.MONITOR, "x", whole, seq)


FLAPPED = (
    word(Moment.OPENED, 1, 1, starts_at=after(0)),
    word(Moment.JOINED, 2, 2, starts_at=after(0)),
    word(Moment.CLEARED, 3, 5, ends_at=after(4).isoformat()),
    word(Moment.JOINED, 4, 9, starts_at=after(8).isoformat()),
    word(Moment.CLEARED, 5, 12, ends_at="no time at all"),
)


def test_without_a_timeline_the_last_delivery_tells_all() -> None:
    (lasting,) = episodes_of(member(), (), NOON, open_still=True)
    assert (lasting.began, lasting.ended) == (NOON, None)
    (over,) = episodes_of(member(over=7), (), NOON, open_still=True)
    assert (over.began, over.ended, over.how) == (NOON, after(7), CLEARED)


def test_what_nobody_ended_ends_with_the_incident() -> None:
    (ended,) = episodes_of(member(), (), after(9), open_still=False)
    assert (ended.ended, ended.how) == (after(9), WITH_INCIDENT)
    (silent,) = episodes_of(member(resolved=True), (), after(9), open_still=True)
    assert (silent.ended, silent.how) == (after(9), CLEARED)


def test_what_came_and_went_has_a_stretch_for_each_time_with_the_rows_that_tell_it() -> None:
    first, second = episodes_of(member(over=12, starts=8), FLAPPED, NOON, open_still=True)
    assert (first.began, first.ended, first.began_row, first.ended_row) == (NOON, after(4), "ev-1", "ev-3")
    assert (second.began, second.ended, second.began_row, second.ended_row) == (after(8), after(12), "ev-4", "ev-5")


def test_the_last_delivery_may_know_more_than_the_timeline() -> None:
    found = episodes_of(member(starts=20), FLAPPED, NOON, open_still=True)
    assert [(one.began, one.ended) for one in found][-1] == (after(20), None)
    assert len(found) == 3


def test_events_belong_to_the_alert_of_the_same_source_name_and_labels() -> None:
    other = word(Moment.CLEARED, 6, 3, labels={"container": "elsewhere"})
    nameless = Event("INC-9", "x", NOON, Moment.CLEARED, Crew.PERSON, "x", {}, 7)
    told = told_of([*FLAPPED, other, nameless])
    assert [event.seq for event in told[key_of(member())]] == [1, 2, 3, 4, 5]
    assert len(told) == 2


@given(
    told=st.lists(st.tuples(st.sampled_from((Moment.OPENED, Moment.JOINED, Moment.CLEARED)), st.floats(-99, 99))),
    over=st.one_of(st.none(), st.floats(-99, 99)),
    open_still=st.booleans(),
)
def test_stretches_are_in_order_apart_and_bounded(
    told: list[tuple[Moment, float]], over: float | None, *, open_still: bool
) -> None:
    events = [word(moment, seq, minutes, starts_at=after(minutes)) for seq, (moment, minutes) in enumerate(told)]
    found = episodes_of(member(over=over), events, after(100), open_still=open_still)
    assert 1 <= len(found) <= EPISODES_MAX
    for one in found:
        assert one.ended is None or one.began <= one.ended
    for one, following in pairwise(found):
        assert one.ended is not None
        assert one.ended <= following.began
    assert (found[-1].ended is None) == (over is None and open_still)
