from __future__ import annotations

from datetime import UTC, datetime

from lamplighter.diagnosis.readers.draft import draft, known, owner, plain, shown
from lamplighter.domain.evidence import Evidence

LOOK = Evidence("e1", "logs", "", {"component": "store"}, "text/plain", "", datetime(2026, 3, 1, tzinfo=UTC))


def test_text_is_shown_on_one_line_without_controls() -> None:
    assert shown("a\x1b[31m red\x00\u202e\nb") == "a red b"
    assert len(shown("x" * 5000)) == 400


def test_only_known_values_are_kept_and_flags_are_numbers() -> None:
    assert known(a=None, b="", c=True, d=0, e="x") == {"c": 1.0, "d": 0.0, "e": "x"}


def test_a_parameter_may_name_the_component() -> None:
    assert owner(LOOK) == "store"
    assert draft(LOOK, "state", "said", {}).query == "logs store"


def test_a_plain_text_keeps_all_but_its_controls() -> None:
    assert plain("a  b\x07\u200f") == "a  b"
