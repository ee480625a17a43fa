"""What happened around an incident as marks: changes, alerts from begin to end, and the steps of the response."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.alert import AlertStatus
from lamplighter.domain.incident import State
from lamplighter.domain.ledger import AttemptState
from lamplighter.domain.member import Link, Member
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.axis import EARLIEST
from lamplighter.reports.findings import findings_of
from lamplighter.reports.marks import (
    ALERTS_MAX,
    CHANGES_MAX,
    STEPS_MAX,
    TEXT_LETTERS_MAX,
    Kind,
    happenings_of,
    said,
    sign_of,
)
from lamplighter.reports.papers import Papers
from lamplighter.testing import NOON, firing
from tests.unit.reports.conftest import diagnosis, fact, papers, two_responses

HOSTILE = "\x1b[2J\u202e\x00<script>" + "y" * 9_000


def event(moment: Moment, seq: int = 99, *, at: datetime = NOON, **data: object) -> Event:
    return Event("INC-9", f"1:{seq}", at, moment, Crew.HEALER, "said", data, seq)


def only(*events: Event, **more: object) -> Papers:
    return papers(events=events, **more)


def cleared(seconds: float = 200) -> Papers:
    whole = papers()
    over = NOON + timedelta(seconds=seconds)
    alert = replace(whole.members[0].alert, status=AlertStatus.RESOLVED, ends_at=over)
    data = {"source": alert.source, "alertname": alert.name, "labels": alert.labels, "ends_at": over}
    told = (event(Moment.OPENED, 70, **data), event(Moment.CLEARED, 71, **data))
    return replace(whole, members=(replace(whole.members[0], alert=alert),), events=told)


def test_changes_are_marks_at_their_times_and_the_cited_one_before_the_alert_is_blamed() -> None:
    happened = happenings_of(papers())
    assert [one.row for one in happened.changes] == ["change-f4", "change-f3", "change-f5"]
    assert happened.cause is not None
    assert happened.cause.row == "change-f3"
    assert happened.cause.at == NOON - timedelta(minutes=17)


def test_a_change_after_the_first_sign_is_not_blamed_and_one_without_a_time_is_counted() -> None:
    facts = (fact(1, "change", "later", at=NOON + timedelta(minutes=3)), fact(2, "change", "some day"))
    happened = happenings_of(papers(diagnosis(facts=facts, causes=())))
    assert happened.cause is None
    assert (len(happened.changes), happened.undated) == (1, 1)


def test_an_alert_runs_from_its_own_beginning_to_its_end_and_leads_to_the_rows_that_tell_it() -> None:
    (firing_,) = happenings_of(cleared()).firings
    assert (firing_.began.at, firing_.began.kind, firing_.began.row) == (NOON, Kind.FIRED, "ev-70")
    assert firing_.ended is not None
    assert (firing_.ended.at, firing_.ended.word, firing_.ended.row) == (
        NOON + timedelta(seconds=200),
        "cleared",
        "ev-71",
    )


def test_an_alert_whose_end_nobody_told_ends_with_the_incident_and_not_before_it_began() -> None:
    told = happenings_of(papers()).firings[0].ended
    assert told is not None
    assert told.word == "ended with the incident"
    still = papers()
    still = replace(still, incident=replace(still.incident, closed_at=None))
    assert happenings_of(still).firings[0].ended is None
    backwards = happenings_of(cleared(-500)).firings[0]
    assert backwards.ended is not None
    assert backwards.ended.at == backwards.began.at


@pytest.mark.parametrize(
    ("moment", "data", "kind", "word"),
    [
        (Moment.ASKED, {}, Kind.ASKED, "asked"),
        (Moment.VOTED, {"in_favour": True}, Kind.STEP, "voted for"),
        (Moment.VOTED, {"in_favour": False}, Kind.STEP, "voted against"),
        (Moment.ANSWERED, {"state": "approved"}, Kind.GOOD, "approved"),
        (Moment.ANSWERED, {"by": "robin"}, Kind.BAD, "denied"),
        (Moment.STATE, {"state": "approved"}, Kind.GOOD, "allowed"),
        (Moment.ACTED, {"verb": "set_memory_limit"}, Kind.STEP, "acted: set memory limit"),
        (Moment.VERIFIED, {"outcome": "recovered"}, Kind.GOOD, "verified"),
        (Moment.VERIFIED, {"outcome": "worse"}, Kind.BAD, "verified: worse"),
        (Moment.CLOSED, {"state": "resolved"}, Kind.GOOD, "resolved"),
        (Moment.CLOSED, {"state": "needs_human"}, Kind.BAD, "needs human"),
        (Moment.CLOSED, {"state": "no such state"}, Kind.STEP, "no such state"),
        (Moment.UNDONE, {}, Kind.BAD, "undone"),
    ],
)
def test_a_step_says_what_came_of_it(moment: Moment, data: dict[str, object], kind: Kind, word: str) -> None:
    (step,) = happenings_of(only(event(moment, **data))).steps
    assert (step.kind, step.word, step.row) == (kind, word, "ev-99")


def test_an_action_that_failed_is_a_bad_mark() -> None:
    whole = papers()
    failed = replace(whole.attempts[0], state=AttemptState.FAILED)
    done = only(event(Moment.ACTED, key="k", verb="restart"))
    assert happenings_of(done).steps[0].kind is Kind.STEP
    assert happenings_of(replace(done, attempts=(failed,))).steps[0].kind is Kind.BAD


def test_what_is_no_step_is_no_mark() -> None:
    assert happenings_of(only(event(Moment.NOTIFIED), event(Moment.STATE, state="analysing"))).steps == ()


def test_the_first_sign_is_the_alerts_own_beginning_unless_that_is_days_ago() -> None:
    whole = papers()
    assert sign_of(whole) == NOON
    old = replace(whole.incident.alert, starts_at=NOON - timedelta(days=40))
    aged = replace(
        whole,
        incident=replace(whole.incident, alert=old),
        members=(replace(whole.members[0], alert=old),),
    )
    assert sign_of(aged) >= NOON
    assert sign_of(two_responses()) == NOON + timedelta(hours=3)


def test_a_clock_that_is_ahead_or_out_of_its_mind_is_borne() -> None:
    whole = papers()
    for at in (datetime.min, datetime.max, datetime(2026, 1, 9)):  # noqa: DTZ001, DTZ901 - the zone is put in below
        wild = replace(whole.members[0].alert, starts_at=at.replace(tzinfo=UTC))
        happened = happenings_of(replace(whole, members=(replace(whole.members[0], alert=wild),)))
        assert happened.first_alert is not None
        assert EARLIEST <= happened.first_alert.at <= NOON


def test_of_too_many_a_part_is_kept_and_the_rest_counted() -> None:
    whole = papers()
    alerts = [firing(f"A{number}", NOON, container=f"c{number}") for number in range(ALERTS_MAX + 40)]
    members = tuple(Member("INC-9", one.trouble, one, one.labels["container"], Link.GROUP, "x", NOON) for one in alerts)
    events = tuple(event(Moment.VOTED, seq, at=NOON + timedelta(seconds=seq)) for seq in range(STEPS_MAX + 70))
    facts = tuple(
        fact(number, "change", f"change {number}", at=NOON - timedelta(minutes=number))
        for number in range(CHANGES_MAX + 30)
    )
    found = findings_of(whole.incident, diagnosis(facts=facts, causes=()))
    happened = happenings_of(replace(whole, members=members, events=events, findings=found))
    assert (len(happened.firings), happened.more_alerts) == (ALERTS_MAX, 40)
    assert (len(happened.steps), happened.more_steps) == (STEPS_MAX, 70)
    assert happened.steps[-1].row == f"ev-{STEPS_MAX + 69}"
    assert (len(happened.changes), happened.more_changes) == (CHANGES_MAX, 30)
    assert happened.changes[-1].at == NOON


def test_words_from_outside_are_one_short_line() -> None:
    assert len(said(HOSTILE)) <= TEXT_LETTERS_MAX
    assert said(HOSTILE).isprintable()
    assert said("two\nlines\t here") == "two lines here"
    alert = firing(HOSTILE, NOON, container=HOSTILE)
    member = Member("INC-9", alert.trouble, alert, HOSTILE, Link.OPENED, "x", NOON)
    happened = happenings_of(
        papers(diagnosis(facts=(fact(1, "change", HOSTILE, at=NOON),), causes=()), members=(member,))
    )
    texts = [one.text + one.word for one in (*happened.changes, *happened.alerts, *happened.steps)]
    assert all(text.isprintable() and len(text) <= 2 * TEXT_LETTERS_MAX for text in texts)


def test_nothing_at_all_has_no_marks() -> None:
    nothing = happenings_of(papers(diagnosis(facts=(), causes=()), members=(), events=()))
    assert (nothing.changes, nothing.firings, nothing.steps, nothing.first_alert) == ((), (), (), None)
    assert happenings_of(only(event(Moment.CLOSED, state=State.MERGED))).steps[0].word == "merged"
