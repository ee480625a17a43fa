"""The one picture of an incident: what it says, what it draws, and that nothing is lost on the way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.incident import State
from lamplighter.domain.member import Link, Member
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.axis import Span
from lamplighter.reports.chronology import (
    FIRING_ROWS_MAX,
    ROWS_TOLD_MAX,
    Chronology,
    Sentence,
    counted,
    picture_of,
    series_facts,
)
from lamplighter.reports.lanes import NARROW, ROOMS
from lamplighter.reports.marks import Kind, happenings_of
from lamplighter.reports.papers import Papers
from lamplighter.reports.traces import STRIPS_MAX, Strip
from lamplighter.testing import NOON, firing
from tests.unit.reports.conftest import diagnosis, fact, papers, two_responses

YEARS = timedelta(days=4 * 365)


def words(sentence: Sentence) -> str:
    return "".join(part if isinstance(part, str) else f"{part:%H:%M}" for part in sentence)


def made(whole: Papers, span: Span = Span.AUTO) -> Chronology:
    return picture_of(whole, span, ROOMS)


def crowded(count: int, *, over: bool = True) -> Papers:
    members = []
    for number in range(count):
        alert = firing(f"A{number}", NOON + timedelta(seconds=number / 10), container=f"c{number}")
        if over:
            alert = replace(alert, status=AlertStatus.RESOLVED, ends_at=NOON + timedelta(seconds=200))
        members.append(Member("INC-9", alert.trouble, alert, f"c{number}", Link.GROUP, "x", NOON + timedelta(hours=1)))
    return papers(members=tuple(members))


def drawn(picture: Chronology) -> list[int]:
    """How many marks each room shows."""
    return [
        sum(
            len(item.marks) for lane in (one.changes, one.steps, *(bar.lane for bar in one.bars)) for item in lane.items
        )
        for one in picture.drawings
    ]


def test_the_sentence_says_what_came_first_and_how_it_ended() -> None:
    assert words(made(papers()).sentence) == (
        "shop: image 10.10 became 10.11 at 11:43, 17 min before the first alert, Down on shop; resolved 4 min after it."
    )


def test_without_a_change_it_says_so_and_an_open_one_is_not_over() -> None:
    whole = papers(diagnosis(facts=(), causes=()))
    still = replace(whole, incident=replace(whole.incident, closed_at=None, state=State.NEEDS_HUMAN))
    assert words(made(still).sentence) == (
        "No change is known before the first alert, Down on shop, at 12:00; not over yet: needs human."
    )
    assert words(made(papers(members=())).sentence) == "No alert is kept of this incident."


def test_a_change_after_the_first_alert_is_told_as_that_and_hides_none_before_it() -> None:
    whole = papers()
    days = timedelta(days=3)
    lead = replace(whole.members[0], alert=replace(whole.members[0].alert, starts_at=NOON - days))
    old = replace(whole, incident=replace(whole.incident, alert=lead.alert), members=(lead,))
    assert words(made(old).sentence) == (
        "shop: image 10.10 became 10.11 at 11:43, 2 d 23 h after the first alert, Down on shop; "
        "resolved 3 d 4 min after it."
    )
    ahead = NOON + timedelta(seconds=100)
    late = replace(lead, alert=replace(lead.alert, starts_at=ahead), joined_at=ahead)
    known = diagnosis(facts=(fact(5, "change", "nas was patched", at=NOON + timedelta(seconds=60)),), causes=())
    only = papers(known, members=(late,), incident=replace(whole.incident, alert=late.alert))
    assert words(made(only).sentence).startswith("nas was patched at 12:01, 40 s before the first alert")


def test_of_an_incident_that_came_back_the_sentence_tells_of_the_newest_response() -> None:
    whole, later = two_responses(), timedelta(hours=3)
    alert = whole.members[0].alert
    said = {"labels": dict(alert.labels), "source": alert.source, "alertname": alert.name}

    def told(event: Event) -> Event:
        starts = {Moment.OPENED: NOON, Moment.REOPENED: NOON + later, Moment.CLOSED: None}.get(event.moment)
        if event.moment is Moment.CLOSED and event.key.startswith("1:"):
            return replace(event, moment=Moment.CLEARED, data=said)
        return replace(event, data={**said, "starts_at": starts.isoformat()}) if starts else event

    facts = tuple(
        replace(one, at=one.at + later) if one.kind == "change" and one.at else one for one in whole.findings.facts
    )
    back = replace(
        whole,
        events=tuple(map(told, whole.events)),
        findings=replace(whole.findings, facts=facts),
        members=whole.members[:1],
    )
    assert words(made(back).sentence) == (
        "shop: image 10.10 became 10.11 at 14:43, 17 min before the first alert of this response, Down on shop; "
        "resolved 4 min after it."
    )


def test_a_clock_that_is_ahead_is_named() -> None:
    whole = papers(diagnosis(facts=(), causes=()))
    late = NOON + timedelta(hours=5)
    alert = replace(whole.incident.alert, starts_at=late)
    member = replace(whole.members[0], alert=alert, joined_at=late)
    ahead = replace(whole, incident=replace(whole.incident, alert=alert), members=(member,))
    assert words(made(ahead).sentence).endswith("its clock is ahead of this one.")
    assert made(ahead).outside.later == ("2 alert marks",)


def test_the_change_stands_before_the_alert_and_lines_go_through_both() -> None:
    for drawing in made(papers()).drawings:
        change, alert = drawing.guides
        assert (change.kind, alert.kind) == (Kind.CHANGE, Kind.FIRED)
        assert change.x < alert.x
        first = drawing.bars[0].lane.items[0]
        assert first.x == pytest.approx(alert.x)
        (piece,) = drawing.bars[0].pieces
        assert piece.x == pytest.approx(first.x)
        assert first.x < piece.until


def test_what_the_window_does_not_show_is_counted_in_words() -> None:
    picture = made(papers())
    assert picture.outside.earlier == ("1 change",)
    assert picture.outside.later == ()
    assert bool(picture.outside)
    assert not made(papers(), Span.ALL).outside


def test_an_alert_that_came_and_went_has_a_piece_for_each_time() -> None:
    whole = papers()
    alert = whole.members[0].alert
    data: dict[str, object] = {"source": alert.source, "alertname": alert.name, "labels": alert.labels}
    told = [(Moment.OPENED, 40), (Moment.CLEARED, 80), (Moment.JOINED, 160)]
    events = tuple(
        Event("INC-9", f"p:{at}", NOON + timedelta(seconds=at), moment, Crew.MONITOR, "x", data, at)
        for moment, at in told
    )
    (bar,) = made(replace(whole, members=whole.members[:1], events=events)).drawings[0].bars
    first, second = bar.pieces
    assert first.x < first.until < second.x < second.until


def test_an_alert_that_began_before_the_window_says_so() -> None:
    whole = papers()
    old = replace(whole.members[0].alert, starts_at=NOON - timedelta(days=40))
    aged = replace(whole, members=(replace(whole.members[0], alert=old),))
    wide = made(aged).drawings[0]
    first = wide.bars[0].lane.items[0]
    assert first.marks[0].kind is Kind.EARLIER
    assert first.label == "Down on shop, since earlier"
    assert wide.bars[0].pieces[0].x == ROOMS[0].across(0)


def test_five_hundred_alerts_are_a_few_rows_and_one_for_the_others() -> None:
    picture = made(crowded(500))
    for drawing in picture.drawings:
        assert len(drawing.bars) == FIRING_ROWS_MAX + 1
        assert drawing.bars[-1].name == "495 more alerts"
        assert drawing.bars[-1].lane.items[0].label == "495 more alerts"
        assert [piece.firing for piece in drawing.bars[-1].pieces] == [False]
    assert (len(picture.rows), picture.more > 800) == (ROWS_TOLD_MAX, True)
    six = made(crowded(FIRING_ROWS_MAX + 1, over=False)).drawings[0]
    assert [bar.name for bar in six.bars] == [f"A{number} on c{number}" for number in range(FIRING_ROWS_MAX + 1)]


def test_ten_thousand_events_are_bounded_and_said() -> None:
    moments = (Moment.VOTED, Moment.ACTED, Moment.VERIFIED, Moment.COMMENTED)
    events = tuple(
        Event("INC-9", f"1:{n}", NOON + timedelta(seconds=n / 50), moments[n % 4], Crew.HEALER, "x" * 500, {}, n)
        for n in range(10_000)
    )
    picture = made(papers(events=events))
    assert picture.outside.left_out == ("7100 earlier response steps",)
    assert len(picture.rows) == ROWS_TOLD_MAX
    assert all(len(drawing.steps.items) < 100 for drawing in picture.drawings)


def test_an_incident_of_years_and_one_of_an_instant_are_drawn() -> None:
    whole = papers()
    archive = replace(whole, incident=replace(whole.incident, closed_at=NOON + YEARS), now=NOON + 2 * YEARS)
    for span in Span:
        assert made(archive, span).drawings[0].ticks
    assert made(archive).window.length > YEARS
    assert made(archive, Span.HOUR).drawings[0].bars[0].lane.items[0].marks[0].at == NOON
    moment = replace(
        whole,
        incident=replace(whole.incident, opened_at=NOON, closed_at=NOON),
        now=NOON,
        members=whole.members[:1],
        events=(),
        findings=type(whole.findings)(),
    )
    assert made(moment).drawings[0].bars


def test_the_table_tells_each_mark_in_order_and_how_it_stands_to_the_first_alert() -> None:
    picture = made(papers())
    rows = picture.rows
    assert [row.mark.at for row in rows] == sorted(row.mark.at for row in rows)
    assert [(row.apart, row.lane, row.shown) for row in rows[:3]] == [
        ("3 h before", "change", False),
        ("17 min before", "change", True),
        ("the first alert", "alert", True),
    ]
    assert rows[-1].apart.endswith("after")


def test_facts_with_a_series_come_in_the_order_in_which_the_cause_cites_them() -> None:
    assert series_facts(papers()) == ()


def test_strips_of_the_window_are_asked_for_and_bounded() -> None:
    asked = []

    def strips(window: object) -> list[Strip]:
        asked.append(window)
        return [Strip(f"s{number}", (), timedelta(0)) for number in range(9)]

    picture = picture_of(papers(), Span.HOUR, (NARROW,), strips)
    assert asked == [picture.window]
    assert len(picture.drawings[0].strips) == STRIPS_MAX


def test_counts_have_their_nouns() -> None:
    assert (counted(0, "change"), counted(1, "change"), counted(2, "change")) == ("", "1 change", "2 changes")
    assert counted(2, "change without a time", "changes without a time") == "2 changes without a time"


SECONDS = st.floats(-3e8, 3e8)
STEP = st.tuples(SECONDS, st.sampled_from(Moment))


@settings(max_examples=60)
@given(
    steps=st.lists(STEP, max_size=40),
    changes=st.lists(SECONDS, max_size=20),
    alerts=st.lists(st.tuples(SECONDS, st.one_of(st.none(), SECONDS)), max_size=20),
    lasted=st.floats(0, 3e8),
    span=st.sampled_from(Span),
    zone=st.sampled_from(("UTC", "Europe/Berlin", "Australia/Lord_Howe")),
    closed=st.booleans(),
)
def test_every_mark_is_in_the_picture_or_counted_as_outside_and_said(
    steps: list[tuple[float, Moment]],
    changes: list[float],
    alerts: list[tuple[float, float | None]],
    lasted: float,
    span: Span,
    zone: str,
    *,
    closed: bool,
) -> None:
    def at(seconds: float) -> datetime:
        return NOON + timedelta(seconds=seconds)

    facts = tuple(fact(n, "change", f"c{n}", at=at(seconds)) for n, seconds in enumerate(changes, 1))
    members = []
    for number, (begun, ended) in enumerate(alerts):
        alert = firing(f"A{number}", at(begun), container=f"c{number}")
        if ended is not None:
            alert = replace(alert, status=AlertStatus.RESOLVED, ends_at=at(ended))
        members.append(Member("INC-9", alert.trouble, alert, f"c{number}", Link.GROUP, "x", at(begun)))
    events = tuple(
        Event("INC-9", f"1:{n}", at(seconds), moment, Crew.HEALER, "x", {}, n)
        for n, (seconds, moment) in enumerate(steps)
    )
    whole = papers(diagnosis(facts=facts, causes=()), members=tuple(members), events=events, zone=ZoneInfo(zone))
    ended_at = at(lasted) if closed else None
    whole = replace(whole, incident=replace(whole.incident, closed_at=ended_at), now=at(lasted))
    picture, happened = made(whole, span), happenings_of(whole)
    total = len(happened.changes) + len(happened.alerts) + len(happened.steps)
    outside = sum(int(one.split()[0]) for one in (*picture.outside.earlier, *picture.outside.later))
    # An alert that only goes on through the window stands at its left edge, with a mark that is none of its own.
    begun_earlier = [
        sum(mark.kind is Kind.EARLIER for bar in one.bars for item in bar.lane.items for mark in item.marks)
        for one in picture.drawings
    ]
    assert [count - more + outside for count, more in zip(drawn(picture), begun_earlier, strict=True)] == [total] * len(
        ROOMS
    )
    assert len(picture.rows) + picture.more == total
    for drawing in picture.drawings:
        places = [item.x for lane in (drawing.changes, drawing.steps) for item in lane.items]
        assert all(0 <= x <= 1 for x in [*places, *(x for x, _ in drawing.ticks), *(one.x for one in drawing.guides)])
        assert all(piece.x <= piece.until for bar in drawing.bars for piece in bar.pieces)
