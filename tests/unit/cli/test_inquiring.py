"""`lamplighter incidents ask` and `postmortem`: what they ask for, and how it is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from lamplighter.reports.answers import reply_to
from tests.unit.reports.conftest import papers

if TYPE_CHECKING:
    from tests.unit.cli.conftest import Command, Fake

PATH = "/api/v1/incidents/INC-9"


def reply(question: str) -> dict[str, Any]:
    """What a server answers."""
    made: dict[str, Any] = json.loads(msgspec.json.encode(reply_to(papers(), question)))
    return made


def test_an_answer_is_shown_with_its_word_its_evidence_and_its_foot(fake: Fake, command: Command) -> None:
    fake.says("POST", f"{PATH}/ask", reply("why?"))
    ended = command("incidents", "ask", "INC-9", "why?")
    assert ended.code == 0
    assert fake.asked[0].json == {"question": "why?"}
    lines = ended.out.splitlines()
    assert lines[0] == "Q  why?"
    assert lines[1].startswith("A  shop was killed for memory [f2][f3]")
    assert lines[1].endswith("LIKELY · 82%")
    assert "   Root cause: oom of shop. [f2][f3]" in lines
    assert "   [f2] shop was killed for memory  (shop · state · e1)" in lines
    assert "   Not proven: Possible (20%): nas may be full [f4][f6]" in lines
    assert lines[-1] == "   - rules only · 1 query · 0 tokens · $0.000 · data to 2026-01-05 12:00:44 UTC"


def test_what_is_not_understood_is_told_with_what_can_be_asked(fake: Fake, command: Command) -> None:
    fake.says("POST", f"{PATH}/ask", reply("sing a song"))
    ended = command("incidents", "ask", "INC-9", "sing a song")
    assert ended.code == 2
    assert "I do not understand that question" in ended.out
    assert "   You can ask: Why did it happen?" in ended.out
    assert "   Not understood: sing, song" in ended.out


def test_an_answer_is_had_as_json(fake: Fake, command: Command) -> None:
    fake.says("POST", f"{PATH}/ask", reply("how sure?"))
    assert json.loads(command("incidents", "ask", "INC-9", "how sure?", "--json").out)["topic"] == "doubt"


def test_no_terminal_is_steered_by_an_answer(fake: Fake, command: Command) -> None:
    told = reply("why?")
    told["answer"]["text"] = told["evidence"][0]["text"] = "\x1b[2Jcleared"
    fake.says("POST", f"{PATH}/ask", told)
    assert "\x1b" not in command("incidents", "ask", "INC-9", "why?").out


@pytest.mark.parametrize("word", ["ask", "postmortem"])
def test_an_id_that_leads_elsewhere_is_refused(fake: Fake, command: Command, word: str) -> None:
    ended = command("incidents", word, "../x", *(["why?"] if word == "ask" else []))
    assert ended.code == 2
    assert fake.asked == []


def test_the_draft_is_printed_as_it_is(fake: Fake, command: Command) -> None:
    text = "# Post-mortem draft: INC-9, Down\n\n## Summary\n"
    fake.says("GET", f"{PATH}/postmortem", text.encode())
    assert command("incidents", "postmortem", "INC-9").out == text
    assert json.loads(command("incidents", "postmortem", "INC-9", "--json").out) == {"id": "INC-9", "markdown": text}


def test_no_such_incident_is_exit_code_three(fake: Fake, command: Command) -> None:
    fake.problem("GET", f"{PATH}/postmortem", 404, "there is no incident INC-9")
    assert command("incidents", "postmortem", "INC-9").code == 3
