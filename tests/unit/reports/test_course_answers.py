"""What is said of the course: how it stands, what was done, what is wanted, who decided, how long, what can be done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from lamplighter.domain.approval import ApprovalState
from lamplighter.domain.incident import State
from lamplighter.domain.ledger import AttemptState
from lamplighter.domain.plan import Plan
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports import course_answers
from lamplighter.reports.papers import Papers
from lamplighter.reports.reply import Draft
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, incident, papers, story, two_responses


def waiting() -> Papers:
    whole = papers()
    asked = replace(whole.approvals[0], state=ApprovalState.PENDING, approver="", reason="")
    one = incident(state=State.AWAITING_APPROVAL, opened_at=NOON + timedelta(seconds=40))
    return replace(whole, incident=one, approvals=(asked,), attempts=(), events=story()[:9])


def needs_you(**more: Any) -> Papers:  # noqa: ANN401 - fields of the papers
    advice = Plan("INC-9", 1, "shop", "oom", 0.3, (), "", "a person must look")
    return replace(papers(), incident=incident(), plan=advice, approvals=(), attempts=(), events=story()[:5], **more)


def texts(draft: Draft) -> str:
    return " | ".join([draft.answer.text, *(claim.text for claim in draft.more), *draft.next])


def test_the_status_says_since_when_why_and_who_has_it() -> None:
    said = texts(course_answers.status(replace(papers(), incident=replace(papers().incident, acknowledged_by="robin"))))
    assert "INC-9 (Down) is resolved since 12:04:01, 3 min after it was opened." in said
    assert "Likely (82%): shop was killed for memory" in said
    assert "Last done: recovered" in said
    assert "Resolution: restart shop, by lamplighter." in said
    assert "robin has it." in said


def test_a_question_that_waits_is_told_with_its_end() -> None:
    for planner in (course_answers.status, course_answers.plan, course_answers.decided):
        assert "Nobody has answered yet: restart shop. I wait until 12:15:50; then nothing is done." in texts(
            planner(waiting())
        )


def test_what_was_done_is_told_with_what_came_of_it() -> None:
    draft = course_answers.done(papers())
    assert draft.answer.text.startswith(
        "I did one thing. The last: restart shop: done: it runs again. Then I looked: reco"
    )
    assert draft.answer.cites == ("t13", "t14")
    nothing = course_answers.done(waiting()).answer.text
    assert nothing.startswith("Nothing was changed by me.")


def test_who_closed_it_by_hand_is_among_what_was_done_and_decided() -> None:
    text = "robin closed it: a new disk"
    by_hand = Event("INC-9", "1:by-hand", NOON, Moment.CLOSED, Crew.PERSON, text, {"by": "robin"}, 99)
    whole = needs_you()
    closed = replace(whole, events=(*whole.events, by_hand))
    assert text in texts(course_answers.done(closed))
    assert text in texts(course_answers.decided(closed))


def test_a_plan_tells_risk_effect_undo_and_how_it_is_verified() -> None:
    said = texts(course_answers.plan(waiting()))
    assert said.startswith("I want to restart shop (plan ")
    assert "restart shop: risk low; down 15 s. Undo: nothing to undo." in said
    assert "Then verify: Down clear for 60 s." in said
    assert texts(course_answers.plan(papers())).startswith("The plan was to restart shop")
    assert course_answers.plan(needs_you()).answer.text == "Nothing: a person must look"
    assert course_answers.plan(replace(needs_you(), plan=None)).answer.text == "There is no plan."


def test_who_decided_and_how_the_council_voted() -> None:
    said = texts(course_answers.decided(papers()))
    for words in ("robin said yes: go on", "cause: for: it fits", "cost: against: users", "robin has it"):
        assert words in said
    assert "nobody decided anything" in course_answers.decided(needs_you()).answer.text


def test_a_plan_that_a_person_amended_is_among_what_was_decided() -> None:
    amended = Event("INC-9", "1:amended", NOON, Moment.AMENDED, Crew.PERSON, "robin kept only the restart", {}, 60)
    assert "robin kept only the restart" in texts(course_answers.decided(papers(events=(*story(), amended))))


def test_what_policy_let_run_was_asked_of_nobody() -> None:
    yes = Event("INC-9", "1:approved", NOON, Moment.STATE, Crew.COUNCIL, "listed", {"state": "approved"}, 50)
    said = course_answers.decided(replace(needs_you(), events=(*story()[:5], yes)))
    assert said.answer.text == "No person was asked: policy let it run: listed."


def test_times_are_told_from_stage_to_stage() -> None:
    draft = course_answers.times(papers())
    assert draft.answer.text == "The alert began at 12:00:00, and lasted 4 min."
    assert [claim.text for claim in draft.more][:2] == ["the alert began → received: 40 s", "received → diagnosed: 4 s"]
    assert "is not over after 10 min" in course_answers.times(waiting()).answer.text


def test_what_is_affected_tells_alerts_reasons_and_neighbours() -> None:
    said = texts(course_answers.affected(papers()))
    for words in ("2 alerts, 2 still firing, on shop, web; severity critical.", "web needs shop", "shop needs nas."):
        assert words in said
    alone = course_answers.affected(replace(papers(), edges=()))
    assert alone.not_proven[0].text == "Nothing is known to need shop."


def test_what_a_person_can_do_is_told_as_commands() -> None:
    said = texts(course_answers.following(waiting()))
    assert "First: answer me: lamplighter approvals approve INC-9-a, or deny INC-9-a." in said
    assert "lamplighter incidents ack INC-9" in said
    assert "To see it for yourself: docker inspect shop" in said
    stuck = texts(course_answers.following(needs_you()))
    assert stuck.startswith("First: a person must look.")
    assert 'lamplighter incidents resolve INC-9 -m "what was done"' in stuck
    causes = (replace(diagnosis().causes[0], immediate=("raise the limit",), prevention=("watch the memory",)),)
    told = replace(needs_you(), findings=papers(diagnosis(causes=causes)).findings)
    assert texts(course_answers.following(told)).startswith("First: raise the limit.")
    assert "against the next time: watch the memory" in texts(course_answers.following(told))


def test_what_is_over_leaves_nothing_to_do() -> None:
    assert course_answers.following(papers()).answer.text == "It is over; nothing waits for you."


def test_the_cost_is_told_with_what_it_bought() -> None:
    said = course_answers.cost(papers()).answer.text
    assert said == "My own work cost $0.000 and 0 tokens: by rules alone, from 1 query, in 12 ms of thinking."


def test_the_times_of_a_later_response_say_that_they_are_not_all() -> None:
    said = course_answers.times(two_responses())
    assert said.more[0].text == "These are the times of response 2 alone; INC-9 was first opened at 12:00:40."


def test_what_helped_before_it_came_back_is_told_with_that() -> None:
    whole = two_responses()
    came_back = replace(whole, events=whole.events[:16], attempts=whole.attempts[:1])
    draft = course_answers.done(came_back)
    assert draft.answer.text.endswith("Since then it came back: Down fires again.")
    assert "came back" not in course_answers.done(whole).answer.text


def test_a_state_is_there_since_it_came_and_not_since_it_was_told_again() -> None:
    states = ((1, "needs_human"), (2, "resolved"), (3, "needs_human"), (4, "needs_human"))
    events = tuple(
        Event("INC-9", f"placed:{n}", NOON + timedelta(seconds=n), Moment.JOINED, Crew.MONITOR, "", {"state": told}, n)
        for n, told in states
    )
    answer = course_answers.status(replace(needs_you(), events=events)).answer
    assert (answer.cites, "since 12:00:03" in answer.text) == (("t3",), True)


def test_a_plan_that_was_refused_is_not_wanted_any_more() -> None:
    refused = replace(waiting(), incident=incident(state=State.REJECTED), approvals=())
    assert course_answers.plan(refused).answer.text.startswith("The plan was to restart shop")
    assert course_answers.plan(waiting()).answer.text.startswith("I want to restart shop")


def test_what_may_never_have_run_was_tried_and_not_done() -> None:
    for state in (AttemptState.FAILED, AttemptState.UNKNOWN):
        tried = replace(papers(), attempts=(replace(papers().attempts[0], state=state),))
        assert course_answers.done(tried).answer.text.startswith("I tried one thing.")


def test_a_merged_incident_is_so_since_it_was_merged() -> None:
    end = Event(
        "INC-9", "merged:INC-9:5", NOON + timedelta(minutes=3), Moment.MERGED, Crew.MONITOR, "into INC-2", {}, 9
    )
    one = incident(state=State.MERGED, closed_at=end.at, merged_into="INC-2", resolution="merged into INC-2")
    answer = course_answers.status(replace(papers(), incident=one, events=(*story()[:4], end))).answer
    assert (answer.cites, "is merged since 12:03:00" in answer.text) == (("t9",), True)
