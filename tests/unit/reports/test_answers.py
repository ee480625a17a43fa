"""A whole answer: what it rests on, what it leaves out, and what it says where a question is not understood."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.cause import Cause
from lamplighter.reports.answers import TEXT_CHARS_MAX, UNBACKED, can_ask, reply_to
from lamplighter.reports.reply import EXAMPLES, Reply, Topic
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, fact, incident, papers

SCRIPT = "<script>alert(1)</script>"


def said(reply: Reply) -> str:
    claims = (reply.answer, *reply.more, *reply.not_proven)
    return " | ".join([*(claim.text for claim in claims), *reply.next])


def test_the_cause_is_answered_with_its_word_its_evidence_and_what_is_not_proven() -> None:
    reply = reply_to(papers(), "why is shop down?")
    assert (reply.topic, reply.understood, reply.word, reply.confidence) == ("cause", True, "likely", 0.82)
    assert (reply.answer.text, reply.answer.cites) == ("shop was killed for memory", ("f2", "f3"))
    assert [(one.key, one.place) for one in reply.evidence[:2]] == [("f2", "fact-f2"), ("f3", "fact-f3")]
    assert "nas may be full" in reply.not_proven[0].text
    assert (reply.foot.tokens, reply.foot.cost_usd, reply.foot.queries) == (0, 0.0, 1)
    assert reply.foot.data_to is not None


@pytest.mark.parametrize("question", EXAMPLES.values())
def test_every_claim_rests_on_something_that_is_kept(question: str) -> None:
    reply = reply_to(papers(), question)
    kept = {one.key for one in reply.evidence}
    assert reply.understood
    for claim in (reply.answer, *reply.more, *reply.not_proven):
        assert claim.source or claim.cites
        assert set(claim.cites) <= kept


def test_an_event_is_evidence_with_its_place_in_the_timeline() -> None:
    reply = reply_to(papers(), "who approved it?")
    assert reply.answer.text == "12:02:50: robin said yes: go on."
    assert (reply.evidence[0].key, reply.evidence[0].place) == ("t11", "ev-11")


def test_a_claim_whose_facts_are_gone_is_not_made() -> None:
    cause = Cause(1, "shop", "oom", 0.95, "confirmed", "shop was killed for memory", ("f98", "f99"))
    reply = reply_to(papers(diagnosis(causes=(cause,))), "why?")
    assert reply.answer == UNBACKED
    assert (reply.word, reply.confidence) == ("unknown", None)
    assert "killed for memory" not in said(reply)


@pytest.mark.parametrize("question", EXAMPLES.values())
def test_root_cause_is_said_only_of_what_was_examined(question: str) -> None:
    facts = (fact(1, "alert", "alert Down is firing"), fact(2, "change", "image changed", at=NOON))
    cause = Cause(1, "shop", "oom", 0.82, "likely", "shop ran out of memory", ("f1", "f2"))
    unseen = papers(diagnosis(facts=facts, causes=(cause,), ruled_out=()))
    assert "root cause" not in said(reply_to(unseen, question)).lower()
    assert "Root cause: oom of shop." in said(reply_to(papers(), "what is the root cause?"))


def test_what_is_not_understood_says_so_and_offers_what_can_be_asked() -> None:
    reply = reply_to(papers(), "what is the capital of France?")
    assert not reply.understood
    assert reply.answer.text.startswith("I do not understand that question")
    assert reply.can_ask == can_ask() == tuple(EXAMPLES.values())
    assert reply.unused == ("capital", "france")
    assert (reply.word, reply.evidence, reply.more) == ("", (), ())


def test_what_may_mean_two_things_offers_both_and_answers_neither() -> None:
    reply = reply_to(papers(), "risk and evidence")
    assert not reply.understood
    assert set(reply.can_ask) == {EXAMPLES[Topic.PLAN], EXAMPLES[Topic.EVIDENCE]}


def test_an_order_is_told_that_nothing_is_done() -> None:
    reply = reply_to(papers(), "approve the plan now")
    assert (reply.topic, reply.understood) == ("order", False)
    assert "nothing is done" in reply.answer.text


def test_another_incident_is_answered_on_its_own_page() -> None:
    assert "INC-9 only" in reply_to(papers(), "why INC-4?").answer.text


def test_help_lists_what_there_is() -> None:
    reply = reply_to(papers(), "help")
    assert (reply.understood, reply.can_ask) == (True, tuple(EXAMPLES.values()))


def test_a_question_is_data_and_comes_back_as_text() -> None:
    reply = reply_to(papers(), f"{SCRIPT}\x00 why?")
    assert reply.question.startswith("<script>")
    assert "\x00" not in reply.question
    assert SCRIPT not in said(reply)


def test_nothing_on_record_is_answered_with_nothing_made_up() -> None:
    empty = replace(
        papers(),
        findings=type(papers().findings)(),
        events=(),
        plan=None,
        approvals=(),
        attempts=(),
        members=(),
        edges=(),
    )
    bare = replace(empty, incident=incident())
    for question in EXAMPLES.values():
        reply = reply_to(bare, question)
        assert reply.understood, question
        assert reply.confidence is None
        assert "shop was killed" not in said(reply)


def test_what_others_said_is_one_bounded_line_without_control_characters() -> None:
    long = "x\x1b[2J\n" + "y" * 5_000
    cause = replace(diagnosis().causes[0], statement=long, immediate=(long,))
    reply = reply_to(papers(diagnosis(causes=(cause,))), "why?")
    for text in (reply.answer.text, *reply.next):
        assert len(text) <= TEXT_CHARS_MAX + 1
        assert "\x1b" not in text
        assert "\n" not in text


def test_of_two_questions_one_is_answered_and_the_other_is_offered() -> None:
    reply = reply_to(papers(), "when did it begin and is it over?")
    assert (reply.topic, reply.can_ask) == (Topic.STATUS, (EXAMPLES[Topic.TIMES],))


@pytest.mark.parametrize("question", [*EXAMPLES.values(), "why is shop down?", "what changed before the crash?"])
def test_one_question_is_not_taken_for_two(question: str) -> None:
    assert reply_to(papers(), question).can_ask == ()
