"""What is asked for: people's own words are understood, and what is not understood is never guessed."""

from __future__ import annotations

import pytest

from lamplighter.reports.asking import QUESTION_CHARS_MAX, cleaned, meant_by
from lamplighter.reports.phrases import PHRASES
from lamplighter.reports.reply import EXAMPLES, Topic

NAMES = ("shop", "nas", "postgres-1", "web", "status")
TEXTS = ("Down", "shop was killed for memory")
ASKED = {
    Topic.STATUS: "is shop back up?; anything new?; "
    "status?; What is going on?; whats up with shop; what happened; is it fixed yet?; any update?; "
    "give me a summary please; shop down?; how is it going; where do we stand; is it still broken?",
    Topic.CAUSE: "why?; Why is shop down?; why is it down; why is it still broken; "
    "what killed shop; what went wrong; "
    "what caused this; what's the root cause?; how come it crashed; explain; "
    "why did shop crash every night; who is the culprit; what is the reason for the outage; what is the diagnosis; "
    "can you tell me why shop is down; why is shop not responding; why can't I reach shop",
    Topic.DOUBT: "how sure are you?; what is not proven?; are you certain; could it be something else; confidence?; "
    "what would prove it; what did you not check; how likely is that; any other possible causes?; "
    "is it the disk; was it human error; what would change your mind; what else did you consider",
    Topic.EVIDENCE: "evidence?; what is the evidence; how do you know; what did you see in the logs; "
    "show me the facts; what makes you think so; what did you find",
    Topic.CHANGES: "what changed?; What changed before?; was there a deploy; who changed something; was it an update; "
    "what happened before the crash; was it upgraded; is there a new version; when was the last deploy",
    Topic.RULED_OUT: "what was ruled out; what did you rule out?; what is it not; what can be excluded",
    Topic.DONE: "what did you do?; what have you tried so far; did it work?; did the restart work; how was it fixed; "
    "what was done; which attempts failed; why did you do that; what did you change?",
    Topic.PLAN: "what will you do?; what's the plan; what is the risk; can it be undone; how do I undo it; undo?; "
    "what do you want to do; what happens if I approve; is it safe; "
    "should I approve this; what if the restart fails; can you fix it; what if it fails",
    Topic.AFFECTED: "what is affected?; what depends on it; what does it need; how bad is it; blast radius; "
    "which services are hit; how many alerts; why were they merged; "
    "which containers are down",
    Topic.AGAIN: "has it happened before?; did this happen before; again?; last time?; is this a known issue; "
    "how often does it happen; have you seen this; did we see this last week; "
    "will it come back; what fixed it last time; how many times has this happened",
    Topic.DECIDED: "who approved it?; who acknowledged; who is on it; why did the council say no; how did they vote; "
    "who decided that; why was it rejected; why did you not act; who closed it; why did nobody do anything; "
    "why do you need my approval; when does the approval expire; when was it approved; why was I not asked",
    Topic.TIMES: "when did it begin; how long?; how long was it down; since when; when was it fixed; "
    "what time did it start; how much downtime did we have",
    Topic.NEXT: "what can I do?; what should i do now; next step; which commands; how do I fix it; what now; "
    "how can i prevent it; what to do; "
    "can I go back to sleep; how do we stop this from happening again",
    Topic.COST: "what did it cost?; how many tokens; how much did it cost; did you use an llm; are you an ai",
    Topic.HELP: "help; what can I ask",
}


@pytest.mark.parametrize(("topic", "question"), [(t, q) for t, told in ASKED.items() for q in told.split("; ")])
def test_people_are_understood_in_their_own_words(topic: Topic, question: str) -> None:
    assert meant_by(question, "INC-1", NAMES, TEXTS).topics == (topic,)


@pytest.mark.parametrize(("topic", "question"), EXAMPLES.items())
def test_every_example_that_is_offered_is_understood(topic: Topic, question: str) -> None:
    assert meant_by(question, "INC-1").topics == (topic,)


def test_there_are_phrases_and_an_example_for_every_topic() -> None:
    assert set(PHRASES) == set(Topic) - {Topic.PART}
    assert set(EXAMPLES) == set(Topic) - {Topic.PART, Topic.HELP}


@pytest.mark.parametrize(
    "question",
    [
        *("", "???", "hello", "what is the capital of France?", "why is the sky blue", "tell me a joke", "\x00\x1b"),
        *("write me a poem about the cause", "<script>alert(1)</script>", "how long is the river Nile", "SELECT 1"),
        *("what is your system prompt", "lorem ipsum dolor sit amet", "пожалуйста, почему", "ok"),
        *("how much memory did it use", "restart?", "who are you", "1+1", "what happened at 02:31", "who killed it"),
    ],
)
def test_what_is_not_understood_is_not_guessed(question: str) -> None:
    assert meant_by(question, "INC-1", NAMES, TEXTS).topics == ()


@pytest.mark.parametrize(
    "question",
    [
        *("why did you wake me up", "why did it not page me", "why didn't you restart it", "why are you so slow"),
        *("why is grafana down", "why is the database down", "why not the disk?", "why is cpu high on the vm"),
        *("why is this critical", "why only one try", "is my data safe", "is it safe to reboot the host"),
        *("was it tested before?", "when was the last backup", "what time is it"),
    ],
)
def test_a_why_about_something_else_is_not_answered_with_this_cause(question: str) -> None:
    assert meant_by(question, "INC-1", NAMES, TEXTS).topics == ()


def test_a_why_about_what_the_alert_speaks_of_is_about_this_cause() -> None:
    assert meant_by("why is the cpu busy?", "INC-1", NAMES, ("HighCPU", "busy")).topics == (Topic.CAUSE,)


@pytest.mark.parametrize(
    "question",
    ["what is not affected?", "which services aren't affected", "what did not change", "what isn't ruled out yet"],
)
def test_what_is_not_so_is_no_answer_to_what_is(question: str) -> None:
    assert meant_by(question, "INC-1", NAMES, TEXTS).topics == ()


def test_what_may_mean_two_things_is_neither() -> None:
    assert set(meant_by("risk and evidence", "INC-1").topics) == {Topic.PLAN, Topic.EVIDENCE}


@pytest.mark.parametrize(
    ("question", "verb"),
    [
        ("approve the plan", "approve"),
        ("please restart shop", "restart"),
        ("Undo it!", "undo"),
        ("hey kill it", "kill"),
        ("close it", "close"),
        ("yes, approve", "approve"),
        ("I approve this plan", "approve"),
        ("don't approve it!", "approve"),
    ],
)
def test_an_order_is_seen_to_be_one(question: str, verb: str) -> None:
    found = meant_by(question, "INC-1", NAMES, TEXTS)
    assert (found.order, found.topics) == (verb, ())


def test_a_slip_of_one_letter_is_mended_and_told() -> None:
    found = meant_by("what is the casue", "INC-1")
    assert (found.topics, found.read_as) == ((Topic.CAUSE,), (("casue", "cause"),))
    assert meant_by("evidense?", "INC-1").topics == (Topic.EVIDENCE,)
    assert meant_by("what was exlcuded", "INC-1").topics == (Topic.RULED_OUT,)


def test_a_name_of_the_incident_is_no_slip() -> None:
    assert meant_by("why is causes-db down", "INC-1", ("causse", "shop")).read_as == ()
    assert meant_by("is causse ok", "INC-1", ("shop", "causse")).part == "causse"


@pytest.mark.parametrize("question", ["was it the nas?", "is nas ok", "why is the NAS down", "when did nas go down?"])
def test_another_component_that_is_named_is_what_is_asked_about(question: str) -> None:
    found = meant_by(question, "INC-1", NAMES, TEXTS)
    assert (found.topics, found.part) == ((Topic.PART,), "nas")


def test_a_component_that_is_called_like_a_question_is_none() -> None:
    assert meant_by("status?", "INC-1", NAMES, TEXTS).topics == (Topic.STATUS,)


def test_another_incident_is_not_answered_for() -> None:
    assert meant_by("why INC-97?", "INC-1").other == "INC-97"
    assert meant_by("why inc-1?", "INC-1").topics == (Topic.CAUSE,)
    assert meant_by("what changed in incident 97?", "INC-1").other == "INC-97"
    assert meant_by("what did you do about INC 97", "INC-1").other == "INC-97"
    assert meant_by("what changed before the incident 2 hours ago", "INC-1").other == ""
    assert meant_by("what changed before INC-001", "INC-1").topics == (Topic.CHANGES,)


def test_what_was_not_used_is_told() -> None:
    assert meant_by("what is the evidence of aliens", "INC-1").unused == ("aliens",)


def test_a_question_is_one_bounded_line_that_can_be_shown() -> None:
    assert cleaned("a\x00b\n\n c\u202e\u200b") == "a\ufffdb c\ufffd"
    assert len(cleaned("why " * 1000)) <= QUESTION_CHARS_MAX
