"""What is said of the cause in every standing: none yet, none found, likely, doubted, ruled out, seen before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lamplighter.domain.cause import Cause
from lamplighter.domain.incident import State
from lamplighter.reports import cause_answers
from lamplighter.reports.findings import Findings
from lamplighter.reports.papers import Papers
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, fact, incident, papers, two_responses


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        (State.ANALYSING, {}, "Still looking"),
        (State.NEEDS_HUMAN, {}, "named no cause"),
        (State.SELF_CLEARED, {}, "ended before anything was found"),
        (State.RECEIVED, {"held": "a storm"}, "held: a storm"),
    ],
)
def test_without_a_diagnosis_it_says_why_there_is_none(state: State, more: dict[str, str], words: str) -> None:
    bare = Papers(incident(state=state, **more), NOON)
    for planner in (cause_answers.cause, cause_answers.doubt, cause_answers.evidence, cause_answers.changes):
        draft = planner(bare)
        assert words in draft.answer.text
        assert (draft.word, draft.confidence) == ("unknown", None)


def test_an_undetermined_cause_is_unknown_and_says_what_it_needs() -> None:
    found = diagnosis(undetermined=True, statement="the cause is undetermined", needs=("the log of shop",))
    draft = cause_answers.cause(papers(found))
    assert (draft.word, draft.confidence) == ("unknown", None)
    assert [claim.text for claim in draft.not_proven][-1] == "It would be settled by: the log of shop"


def test_how_sure_gives_the_scale_and_what_speaks_against_it() -> None:
    draft = cause_answers.doubt(papers())
    assert draft.answer.text.startswith("Likely, 82%")
    assert "confirmed is said from 90%" in draft.more[0].text
    only = diagnosis(causes=diagnosis().causes[:1])
    assert "no other cause, was found" in cause_answers.doubt(papers(only)).more[1].text


def test_what_was_not_examined_is_said() -> None:
    facts = (fact(1, "alert", "alert Down is firing"),)
    cause = Cause(1, "shop", "oom", 0.7, "likely", "shop ran out of memory", ("f1",))
    draft = cause_answers.cause(papers(diagnosis(facts=facts, causes=(cause,), ruled_out=())))
    assert "shop itself was not examined." in [claim.text for claim in draft.not_proven]


def test_changes_are_told_newest_first_and_blamed_only_where_the_cause_rests_on_them() -> None:
    draft = cause_answers.changes(papers())
    assert draft.answer.text == "The last change came 17 min before the alert: shop: image 10.10 became 10.11"
    assert draft.more[0].text == "The cause rests on it."
    causes = (replace(diagnosis().causes[0], facts=("f2",)),)
    assert cause_answers.changes(papers(diagnosis(causes=causes))).more[0].text == "Nothing shows that it is the cause."
    none = diagnosis(facts=diagnosis().facts[:2], causes=causes)
    assert "no proof that there was none" in cause_answers.changes(papers(none)).answer.text


def test_what_was_ruled_out_tells_by_what() -> None:
    draft = cause_answers.ruled_out(papers())
    assert draft.answer.text == "Ruled out: host down of nas."
    assert draft.more[0].text == "Not host down of nas because nas answers"
    assert "Nothing was ruled out" in cause_answers.ruled_out(papers(diagnosis(ruled_out=()))).answer.text


def test_earlier_incidents_are_told_with_what_helped() -> None:
    draft = cause_answers.again(papers())
    assert draft.answer.text == "Seen before, once. The last was INC-3: restart shop; resolved after 1 min."
    none = replace(papers(), findings=Findings())
    assert cause_answers.again(none).answer.text.startswith("Not seen before: no incident of this trouble")


def test_what_came_back_is_not_said_to_be_the_first_time() -> None:
    none = replace(two_responses(), findings=Findings())
    draft = cause_answers.again(none)
    assert draft.answer.text == "It came back within this incident, once; the last time: Down fires again"
    assert draft.answer.cites == ("t16",)
    assert draft.more[0].text.startswith("No other incident of this trouble")
    assert cause_answers.again(two_responses()).more[0] == draft.answer


@pytest.mark.parametrize(
    ("name", "causes", "words"),
    [
        ("shop", 2, "What I know of it names shop: shop was killed for memory"),
        ("nas", 2, "nas is possible as the cause, and no more: nas may be full"),
        ("nas", 1, "No cause is seen in nas; this is what is known of it."),
        ("web", 2, "None of the looks says anything of web."),
    ],
)
def test_a_component_that_is_asked_about(name: str, causes: int, words: str) -> None:
    found = diagnosis(causes=diagnosis().causes[:causes])
    assert cause_answers.part(papers(found), name).answer.text == words


def test_what_was_ruled_out_of_a_component_is_told_beside_what_is_possible() -> None:
    said = [claim.text for claim in cause_answers.part(papers(), "nas").more]
    assert "Not host down of nas because nas answers" in said


def test_an_alert_of_a_component_is_told_where_no_look_says_anything_of_it() -> None:
    draft = cause_answers.part(papers(), "web")
    assert [claim.text for claim in draft.more] == ["Slow fires on web."]


def test_the_changes_of_one_component_are_no_changes_of_another() -> None:
    said = cause_answers.changes(papers(), "nas")
    assert said.answer.text == "The last change came 3 h before the alert: nas was patched"
    assert len(said.more) == 1
    assert "told of a change of web before" in cause_answers.changes(papers(), "web").answer.text


def test_a_component_that_is_only_looked_at_is_no_cause() -> None:
    found = diagnosis(causes=diagnosis().causes[:1], ruled_out=())
    draft = cause_answers.part(papers(found), "nas")
    assert draft.answer.text.startswith("No cause is seen in nas")
    assert [claim.cites for claim in draft.more] == [("f4",), ("f6",)]


def test_the_headline_is_one_sentence_with_its_word() -> None:
    assert cause_answers.headline(papers()).text == "Likely (82%): shop was killed for memory"
