"""One answer in every form."""

from __future__ import annotations

import json

import pytest
from ruamel.yaml import YAML

from lamplighter.cli.answer import Answer, Shape, print_answer

TREE = {"title": "\x1b[31mred\x9b \u202e é", "none": None, "list": [1, {"deep": "a: b"}], "empty": []}
TABLE = Answer(TREE, columns=("id", "state", "more"), rows=[("INC-1", "open", "wide words")], narrow=2, notes=("look",))


def printed(answer: Answer, shape: Shape, capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    print_answer(answer, shape)
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_a_table_leaves_out_what_is_for_wide(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(TABLE, Shape.TABLE, capsys)
    assert "INC-1" in out
    assert "wide words" not in out
    assert err == "look\n"
    assert "wide words" in printed(TABLE, Shape.WIDE, capsys)[0]


def test_names_are_one_on_each_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(TABLE, Shape.NAME, capsys) == ("INC-1\n", "")
    assert printed(Answer({}, ("words",), names=("INC-7",)), Shape.NAME, capsys) == ("INC-7\n", "")


def test_programs_read_what_was_answered_and_nothing_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for shape, read in ((Shape.JSON, json.loads), (Shape.YAML, YAML(typ="safe", pure=True).load)):
        out, err = printed(TABLE, shape, capsys)
        assert read(out) == TREE
        assert not set("\x1b\x9b\u202e") & set(out)
        assert err == ""


def test_lines_are_printed_without_what_steers_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(Answer({}, ("a\x1b[2J",)), Shape.TABLE, capsys)[0] == "a\ufffd[2J\n"


def test_half_a_character_is_no_reason_to_break(capsys: pytest.CaptureFixture[str]) -> None:
    for shape in Shape:
        assert printed(Answer({"x": "\ud800"}, ("\ud800",), names=("\ud800",)), shape, capsys)[0]
