"""An incident as Markdown: what is known, cited and done, and nothing in it that a reader's program would act on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from markdown_it import MarkdownIt

from lamplighter.domain.timeline import Crew, Event, Moment
from lamplighter.reports.findings import findings_of
from lamplighter.reports.markdown import EVENTS_MAX, WHOLE_CHARS_MAX, markdown_of, plain
from lamplighter.testing import NOON
from tests.unit.reports.conftest import diagnosis, fact, incident

LIVING = {"html_block", "html_inline", "link_open", "image", "code_inline", "code_block", "fence", "em_open", "hr"}
HOSTILE = (
    "<script>alert(1)</script>",
    "[click](http://evil.example)",
    "![x](http://evil.example/?q=1)",
    "<http://evil.example>",
    "[ref]: http://evil.example",
    "`code` *it* **bold** _it_ ~~gone~~ ***",
    "---",
    "- list\n\n# heading\n\n    code",
    "1. first",
    "7) seventh",
    "> quoted",
    "```\nfence\n```",
    "&lt;script&gt; &#x6a;",
    "back\\`slash`\\",
    "a | b\n--|--",
)


def events(text: str, count: int = 1) -> list[Event]:
    one = Event("INC-1", "k", NOON, Moment.COMMENTED, Crew.PERSON, text)
    return [replace(one, at=NOON + timedelta(seconds=n), key=f"k{n}") for n in range(count)]


def tokens(text: str) -> list[str]:
    found = []
    for token in MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(text):
        found += [token.type, *(child.type for child in token.children or ())]
    return found


def test_it_tells_what_is_known_with_what_it_rests_on() -> None:
    found = findings_of(incident(), diagnosis())
    text = markdown_of(incident(), found.known, found.facts, found.ruled_out, None, events("looking"))
    assert f"# {incident().id}: " in text
    assert "**Likely (82 %):** shop was killed for memory \\[f2\\] \\[f3\\]" in text
    assert "- \\[f2\\] shop was killed for memory" in text
    assert "- ruled out: host down of nas" in text
    assert "- 2026-" in text
    assert "Person, commented: looking" in text


def test_what_is_not_known_is_said() -> None:
    text = markdown_of(incident(), None, (), (), None, ())
    assert "Nothing is known yet." in text
    assert "No plan." in text


@pytest.mark.parametrize("said", HOSTILE)
def test_what_others_say_is_text_and_nothing_else(said: str) -> None:
    calm = findings_of(incident(), diagnosis())
    plainly = markdown_of(incident(), calm.known, calm.facts, calm.ruled_out, None, events("calm"))
    bad = diagnosis(statement=said, facts=(fact(1, "alert", said), *diagnosis().facts[1:]))
    case = replace(incident(), title=said, resolution="", component=said)
    found = findings_of(case, bad)
    known = replace(found.known, statement=said, component=said, word="") if found.known else None
    text = markdown_of(case, known, found.facts, found.ruled_out, None, events(said))
    assert not LIVING & set(tokens(text))
    for kind in ("heading_open", "bullet_list_open", "ordered_list_open", "blockquote_open", "table_open", "s_open"):
        assert tokens(text).count(kind) == tokens(plainly).count(kind), kind


@pytest.mark.parametrize(
    "said", ["see https://evil.example/x", "www.evil.example", "HTTP://EVIL", "@everyone a@b.example"]
)
def test_no_program_makes_a_link_or_a_mention_of_it(said: str) -> None:
    made = plain(said)
    assert "://" not in made
    assert "www." not in made
    assert made.count("@") == made.count("\\@")


def test_control_characters_and_turned_text_are_shown_as_what_they_are() -> None:
    assert plain("a\x1b[2Jb\u202ec") == "a\ufffd\\[2Jb\ufffdc"


def test_a_change_of_state_names_the_state() -> None:
    moved = replace(events("the plan is before it")[0], moment=Moment.STATE, data={"state": "council_review"})
    assert "Person, → council review: the plan is before it" in markdown_of(incident(), None, (), (), None, [moved])


def test_a_long_story_is_cut_and_says_so() -> None:
    text = markdown_of(incident(), None, (), (), None, events("x" * 5_000, EVENTS_MAX + 7))
    assert "- … 7 earlier" in text
    assert len(text) <= WHOLE_CHARS_MAX + 20
