"""People hear what changes what they were last told, and at most three messages of what flaps."""

from __future__ import annotations

import pytest

from lamplighter.domain.telling import FLAPPING_MESSAGES_MAX, Told, digest_of, told, why_silent
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.testing import NOON


def after(*moments: str, run: int = 1) -> tuple[Told, ...]:
    return tuple(Told(run, moment, "chat", digest_of([moment])) for moment in moments)


def silent(history: tuple[Told, ...], moment: str, *, run: int = 1, flapping: bool = False, said: str = "") -> str:
    return why_silent(history, run, moment, said, flapping=flapping)


@pytest.mark.parametrize("moment", ["opened", "asked", "needs_human", "resolved", "flapping"])
def test_what_is_new_is_told(moment: str) -> None:
    assert silent((), moment) == ""


def test_the_moments_own_delivery_does_not_count_so_that_a_second_channel_is_told() -> None:
    assert silent(after("opened"), "opened") == ""


def test_a_reopening_whose_closing_was_never_told_is_not_told() -> None:
    assert silent(after("opened"), "opened", run=2) != ""
    assert silent(after("opened", "resolved"), "opened", run=2) == ""


def test_what_cleared_by_itself_is_told_only_to_whom_something_was_asked() -> None:
    assert silent(after("opened"), "self_cleared") != ""
    assert silent(after("opened", "needs_human"), "self_cleared") == ""
    assert silent(after("opened", "asked"), "self_cleared") == ""
    assert (
        silent((*after("opened", "needs_human", "self_cleared"), *after("opened", run=2)), "self_cleared", run=2) != ""
    )


def test_the_very_same_is_not_said_twice_but_another_reason_is() -> None:
    history = after("opened", "needs_human")
    assert silent(history, "needs_human", run=2, said=digest_of(["needs_human"])) != ""
    assert silent(history, "needs_human", run=2, said=digest_of(["another"])) == ""


def test_what_flaps_is_said_once_and_then_nothing_more() -> None:
    assert silent(after("opened"), "flapping", flapping=True) == ""
    known = after("opened", "flapping")
    assert all(
        silent(known, moment, run=2, flapping=True) for moment in ("opened", "flapping", "needs_human", "resolved")
    )


def test_what_flaps_has_three_messages_in_all() -> None:
    history = after("opened", "needs_human", "self_cleared")
    assert len(history) == FLAPPING_MESSAGES_MAX
    assert silent(history, "flapping", run=2, flapping=True) != ""


def test_one_message_over_two_channels_is_one() -> None:
    history = tuple(Told(1, moment, channel) for moment in ("opened", "asked") for channel in ("chat", "mail"))
    assert silent(history, "flapping", run=2, flapping=True) == ""


def test_the_timeline_is_read_and_what_was_refused_does_not_count() -> None:
    def noted(key: str, **data: object) -> Event:
        return Event("INC-1", key, NOON, Moment.NOTIFIED, Crew.COMMUNICATOR, "", data)

    events = [
        noted("1:told:opened:chat", said="abc"),
        noted("1:told:asked:mail", failed="true"),
        noted("1:untold:asked:mail", failed="true"),
        noted("2:told:needs_human:chat:room"),
        noted("strange"),
        Event("INC-1", "1:told:x:y", NOON, Moment.STATE, Crew.HEALER, ""),
    ]
    assert told(events) == (Told(1, "opened", "chat", "abc"), Told(2, "needs_human", "chat:room"))


def test_what_a_person_closed_is_known_to_be_over_so_its_return_is_told() -> None:
    closed = Event("INC-1", "1:by-hand", NOON, Moment.CLOSED, Crew.PERSON, "alice closed it: a new disk")
    history = (*after("opened", "needs_human"), *told((closed,)))
    assert silent(history, "opened", run=2) == ""
    assert silent((*history, *after("opened", run=2)), "needs_human", run=2, said=digest_of(["needs_human"])) == ""
    assert silent(history, "self_cleared", run=2) != ""


def test_closing_by_hand_is_no_message_and_handing_over_is_no_end() -> None:
    closed = Event("INC-1", "1:by-hand", NOON, Moment.CLOSED, Crew.PERSON, "")
    handed = Event("INC-1", "1:close", NOON, Moment.CLOSED, Crew.COMMUNICATOR, "")
    history = (*after("opened", "needs_human"), *told((closed, handed)))
    assert len(history) == 3
    assert silent(history, "flapping", run=2, flapping=True) == ""


def test_a_higher_severity_than_was_told_is_news_within_the_bound_of_what_flaps() -> None:
    mild = (Told(1, "opened", "chat", severity="warning", lead="a:1"),)
    assert why_silent(mild, 1, "graver", "", flapping=False, severity="critical") == ""
    assert why_silent(mild, 1, "graver", "", flapping=False, severity="warning") != ""
    grave = (*mild, Told(1, "graver", "chat", severity="critical"))
    assert why_silent(grave, 2, "graver", "", flapping=False, severity="critical") != ""
    many = tuple(Told(run, "opened", "chat", severity="warning") for run in (1, 2, 3))
    assert why_silent(many, 3, "graver", "", flapping=True, severity="critical") != ""


def test_an_opening_with_another_lead_is_news() -> None:
    known = (Told(1, "opened", "chat", severity="warning", lead="a:1"),)
    assert why_silent(known, 2, "opened", "", flapping=False, severity="warning", lead="a:2") == ""
    assert why_silent(known, 2, "opened", "", flapping=False, severity="warning", lead="a:1") != ""
