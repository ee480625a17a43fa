"""B32: a cursor is ours, of this question, or refused."""

from __future__ import annotations

import pytest

from lamplighter.web.cursors import Cursors
from lamplighter.web.problems import Problem

OURS = Cursors("correct-horse")
ASKED = {"state": ["received"], "q": "disk"}


def test_a_cursor_brings_its_position_back() -> None:
    cursor = OURS.after("INC-142", ASKED)
    assert OURS.position(cursor, dict(reversed(ASKED.items()))) == "INC-142"
    assert Cursors("correct-horse").position(cursor, ASKED) == "INC-142"
    assert "INC" not in cursor


def test_no_cursor_is_the_first_page() -> None:
    assert not OURS.position("", ASKED)


def test_a_cursor_of_another_filter_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        OURS.position(OURS.after("INC-1", ASKED), {**ASKED, "q": "dns"})
    assert (refused.value.status, refused.value.code) == (400, "cursor-of-another-filter")
    assert "same filters" in refused.value.fix


def test_every_changed_character_is_noticed() -> None:
    cursor = OURS.after("INC-142", ASKED)
    for place, character in enumerate(cursor):
        other = "A" if character != "A" else "B"
        with pytest.raises(Problem) as refused:
            OURS.position(cursor[:place] + other + cursor[place + 1 :], ASKED)
        assert refused.value.status == 400


@pytest.mark.parametrize("cursor", ["x", "INC-5", "=" * 50, "é" * 50, "A" * 51, "_-" * 40, "\x00"])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as refused:
        OURS.position(cursor, ASKED)
    assert (refused.value.status, refused.value.code) == (400, "bad-cursor")


def test_a_cursor_of_another_server_is_refused() -> None:
    with pytest.raises(Problem, match="not one that this server gave"):
        OURS.position(Cursors("battery-staple").after("INC-1", ASKED), ASKED)
