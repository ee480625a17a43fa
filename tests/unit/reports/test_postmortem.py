"""The drafts are as the golden files have them, leave open what nobody recorded, and hold no foreign markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lamplighter.domain.incident import State
from lamplighter.domain.ledger import AttemptState
from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.findings import Findings
from lamplighter.reports.papers import Papers
from lamplighter.reports.postmortem import postmortem_of
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, incident, papers, story, two_responses
from tests.unit.reports.test_markdown import HOSTILE, LIVING, tokens

GOLDEN = Path(__file__).parents[2] / "golden" / "postmortems"


def resolved() -> Papers:
    causes = (
        replace(diagnosis().causes[0], prevention=("raise the memory limit of shop", "test updates first")),
        diagnosis().causes[1],
    )
    said = Event(
        *("INC-9", "1:feedback:1", NOON + timedelta(minutes=8), Moment.COMMENTED, Crew.PERSON),
        *(
            "robin: wrong cause, oom of shop; it was nas: its cache was full",
            {"cause": "wrong", "component": "nas"},
            16,
        ),
    )
    return papers(diagnosis(causes=causes), events=(*story(), said))


def rolled_back() -> Papers:
    """Done, not better, undone by a second action that failed; then nobody answered."""
    whole = papers()
    undo = replace(
        whole.attempts[0], key="u", undo_of="k", verb="set_memory_limit", state=AttemptState.FAILED, detail="no such id"
    )
    bad = replace(story()[13], text="unchanged: still firing after 60 s", data={"outcome": "unchanged"})
    end = Event(
        "INC-9", "1:expired", NOON + timedelta(minutes=5), Moment.EXPIRED, Crew.COUNCIL, "nobody answered", {}, 16
    )
    return replace(
        whole,
        incident=incident(state=State.ROLLED_BACK, opened_at=NOON + timedelta(seconds=40)),
        attempts=(*whole.attempts, undo),
        events=(*story()[:13], bad, end),
    )


def unknown() -> Papers:
    found = diagnosis(
        undetermined=True, causes=(), ruled_out=(), statement="the cause is undetermined", needs=("a log",)
    )
    return replace(
        papers(found), incident=incident(), plan=None, approvals=(), attempts=(), edges=(), events=story()[:4]
    )


DRAFTS: dict[str, Callable[[], Papers]] = {"resolved": resolved, "rolled_back": rolled_back, "unknown": unknown}


@pytest.mark.parametrize("name", DRAFTS)
def test_a_draft_reads_as_its_golden_file(name: str) -> None:
    assert postmortem_of(DRAFTS[name]()) == (GOLDEN / f"{name}.md").read_text(encoding="utf-8")


def test_there_is_no_golden_file_without_a_draft() -> None:
    assert {file.stem for file in GOLDEN.glob("*.md")} == set(DRAFTS)


def test_nothing_on_record_is_said_to_be_so() -> None:
    bare = Papers(incident(), NOON + timedelta(minutes=1))
    text = postmortem_of(bare)
    assert "Nothing is known yet." in text
    assert text.count("Nothing on record.") >= 4
    assert "The record names none." in text


def test_a_second_response_is_timed_by_itself() -> None:
    again = tuple(replace(event, key=f"2{event.key[1:]}", at=event.at + timedelta(hours=1)) for event in story()[1:])
    text = postmortem_of(papers(events=(*story(), *again)))
    assert "- response 1\n  - the alert began → received: 40 s" in text
    assert "- response 2\n  - received → diagnosed: 3 s" in text


def test_what_did_not_help_in_one_response_is_not_said_to_have_helped_by_the_look_of_another() -> None:
    told = {part.partition("\n")[0]: part for part in postmortem_of(two_responses()).split("## ")}
    assert "What was done: restart web." in told["Summary"]
    assert "restart shop" not in told["What worked"]
    assert "restart web was done" in told["What worked"]
    assert "restart shop was done, and did not help" in told["What did not work"]
    assert "restart web" not in told["What did not work"]


def test_time_in_which_it_was_over_is_told_and_whose_cause_it_is() -> None:
    told = postmortem_of(two_responses())
    assert "- lasted: 3 h 4 min, and it was over in between, once" in told
    assert "As the last response, number 2, has it" in told
    assert "in between" not in postmortem_of(papers())


def test_a_long_story_leaves_room_for_what_was_found_out() -> None:
    more = [replace(story()[9], key=f"1:c{n}", moment=Moment.COMMENTED, text="<*_[x" * 2_000) for n in range(500)]
    joined = [replace(story()[9], key=f"1:j{n}", moment=Moment.JOINED, text="another alert") for n in range(40)]
    text = postmortem_of(papers(events=(*story(), *joined, *more)))
    assert "- … " in text
    assert "(40 alerts that joined" in text
    assert "another alert" not in text
    assert text.rstrip().endswith("\\[f6\\]")


@pytest.mark.parametrize("said", HOSTILE)
def test_what_others_say_is_text_and_nothing_else(said: str) -> None:
    def made(text: str) -> str:
        whole = resolved()
        facts = tuple(replace(fact, text=text, component=text) for fact in whole.findings.facts)
        doubts = tuple(replace(one, statement=text, component=text) for one in whole.findings.not_proven.causes)
        out = tuple(replace(one, component=text, because=(text,)) for one in whole.findings.ruled_out)
        known = whole.findings.known
        assert known is not None
        named = replace(known, statement=text, component=text, prevention=(text,), word="")
        found = Findings(named, facts, replace(whole.findings.not_proven, causes=doubts, needs=(text,)), out)
        attempt = replace(whole.attempts[0], target_name=text, detail=text)
        members = tuple(replace(one, component=text, reason=text) for one in whole.members)
        events = tuple(replace(event, text=text) for event in whole.events)
        one = replace(whole.incident, title=text, component=text, resolution=text, resolved_by=text)
        changed = replace(whole, incident=one, findings=found, members=members, events=events, attempts=(attempt,))
        return postmortem_of(replace(changed, approvals=(replace(whole.approvals[0], approver=text),)))

    calm, living = tokens(made("calm")), tokens(made(said))
    assert not LIVING & set(living)
    for kind in ("heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "table_open", "s_open"):
        assert living.count(kind) == calm.count(kind), kind
