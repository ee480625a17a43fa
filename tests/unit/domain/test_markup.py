"""Each text in each format is as the golden files have it, fits, and lets no foreign text become markup."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from lamplighter.domain.markup import CHARS_MAX, as_html, as_markdown, as_text, body_text, first_line
from lamplighter.domain.message import Message
from tests.unit.domain.letters import ALL, KNOWN, changed

GOLDEN = Path(__file__).parents[2] / "golden" / "messages"
FORMATS = {"html": as_html, "txt": as_text, "md": as_markdown}
HOSTILE = "<b>x</b> & <script>alert(1)</script> [a](http://evil/?q=1) ![](http://evil/i.png) | `id` **b** _c_ \\"
every_moment = pytest.mark.parametrize("moment", sorted(ALL))


def hostile(chars: int = 1) -> Message:
    text = HOSTILE * chars
    detail = changed(KNOWN, cause=text, evidence=(text, text, text), ask=text, council=text, next_steps=(text, text))
    return replace(ALL["ask"], title=text, lines=(text,) * 10, detail=detail)


@every_moment
@pytest.mark.parametrize("ending", sorted(FORMATS))
def test_a_message_reads_as_its_golden_file(moment: str, ending: str) -> None:
    golden = (GOLDEN / f"{moment}.{ending}").read_text(encoding="utf-8")
    assert FORMATS[ending](ALL[moment]) + "\n" == golden


def test_there_is_no_golden_file_without_a_moment() -> None:
    # Those for phones show the buttons as well, and are the channels' own.
    endings = (*FORMATS, "telegram", "ntfy")
    assert {file.name for file in GOLDEN.iterdir()} == {f"{moment}.{ending}" for moment in ALL for ending in endings}


@every_moment
def test_the_first_line_makes_sense_on_a_lock_screen(moment: str) -> None:
    message = ALL[moment]
    first = first_line(message)
    assert message.title in first
    assert not first[0].isascii()
    assert re.search("[A-Za-z]{3,}.*: ", first)
    assert len(first) <= 120
    assert as_text(message).splitlines()[0] == first
    assert first not in body_text(message)


@every_moment
def test_no_message_speaks_of_an_error_that_occurred_and_each_bears_a_time_or_is_the_digest(moment: str) -> None:
    text = as_text(ALL[moment])
    assert "error occurred" not in text.lower()
    assert moment == "digest" or re.search(r"\d\d:\d\d", text)


@pytest.mark.parametrize("chars", [1, 3, 30])
def test_hostile_text_is_no_tag_in_html_and_the_whole_fits(chars: int) -> None:
    html = as_html(hostile(chars))
    assert set(re.findall("<[^>]*>", html)) == {"<b>", "</b>"}
    assert html.count("<b>") == html.count("</b>")
    assert not re.search("&(?!lt;|gt;|amp;)", html)
    assert len(html.encode("utf-16-le")) // 2 <= CHARS_MAX


@pytest.mark.parametrize("chars", [1, 30])
def test_hostile_text_is_no_link_picture_or_cell_in_markdown(chars: int) -> None:
    text = as_markdown(hostile(chars))
    assert len(text) <= CHARS_MAX
    assert not re.search(r"(?<!\\)\[a|(?<!\\)!\[|(?<!\\)`id|<script", text)
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert rows
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 3 for row in rows)


def test_a_text_of_emoji_alone_fits_by_the_units_that_telegram_counts() -> None:
    long = "\N{LARGE RED CIRCLE}" * 5_000
    message = replace(ALL["needs_you"], lines=(long,) * 10, title=long)
    assert len(as_html(message).encode("utf-16-le")) // 2 <= CHARS_MAX
