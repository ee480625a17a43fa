"""The words of a pattern never hide a match, and spare the search where none of them stands in the text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lamplighter.diagnosis.anchors import anchored
from lamplighter.diagnosis.readers.signs import SIGNS

KINDS = Path(__file__).parents[2] / "golden" / "kinds"
LINES_EACH_MAX = 40


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"(?i)Connection Refused|\bECONNREFUSED\b", {"connection refused", "econnrefused"}),
        (r"no (?:space|room) left", {" left"}),
        (r"(?:disk|volume) is full", {" is full"}),
        (r"x{0,3}\d+", set()),
        (r"(?:warn)?\d", set()),
        (r"(?:fail){2}", {"fail"}),
        (r"fail|\d{3}", set()),
    ],
)
def test_the_words_are_what_must_be_there(pattern: str, words: set[str]) -> None:
    assert set(anchored(re.compile(pattern)).words) == words


def test_a_text_without_the_words_is_not_searched_and_one_with_them_is() -> None:
    refused = anchored(re.compile(r"(?i)connection refused by (\w+)"))
    assert refused.search("all is well", "all is well") is None
    text = "Connection REFUSED by Peer"
    found = refused.search(text, text.lower())
    assert found is not None
    assert found[1] == "Peer"


def lines() -> list[str]:
    """Lines of every recorded case, a few of each file."""
    found: list[str] = []
    for file in sorted(KINDS.glob("*/evidence/*.txt")):
        found += file.read_text(encoding="utf-8", errors="replace").splitlines()[:LINES_EACH_MAX]
    return list(dict.fromkeys(found))


def test_no_sign_is_hidden_in_any_recorded_line() -> None:
    held = [(sign.pattern, anchored(sign.pattern)) for sign in SIGNS]
    recorded = lines()
    assert len(recorded) > 1000
    for line in recorded:
        lowered = line.lower()
        for pattern, quick in held:
            assert (quick.search(line, lowered) is None) is (pattern.search(line) is None), (pattern.pattern, line)
