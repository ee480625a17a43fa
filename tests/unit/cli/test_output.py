"""What is printed: text that cannot steer a terminal, and JSON that is JSON."""

from __future__ import annotations

import json

import pytest

from lamplighter.cli.output import Stop, has_unicode, plain, print_json, print_lines, print_table, say


@pytest.mark.parametrize(
    "bad", ["\x1b[2J", "\x07", "\x08", "\x9b31m", "\u202e", "\u200b", "\ud800", "\x00", "\r", "\x7f", "\u2066"]
)
def test_control_characters_are_replaced(bad: str) -> None:
    shown = plain(f"a{bad}b")
    assert not set(bad) & set(shown) - set("[2J31m")
    assert shown.startswith("a")
    assert shown.endswith("b")


def test_letters_of_every_script_stay() -> None:
    text = "é → Ж 漢字 🔴 العربية\nsecond line"
    assert plain(text) == text


def test_json_goes_to_standard_output_and_words_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"title": "\x1b[31m é"})
    say("look here")
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"title": "\x1b[31m é"}
    assert "\x1b" not in captured.out
    assert captured.err == "look here\n"


def test_a_table_folds_long_cells_and_reads_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id", "title"), [("INC-1", "[red]x[/red] " + "long " * 60), ("INC-2", "\x1b]0;t\x07")])
    out = capsys.readouterr().out
    assert "[red]x[/red]" in out
    assert "\x1b" not in out
    assert out.count("long") == 60


def test_lines_are_printed_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines("a", "b\x1b")
    assert capsys.readouterr().out == "a\nb\ufffd\n"


def test_a_stop_that_says_nothing_else_is_a_failure() -> None:
    assert Stop("words").code == 1


@pytest.mark.parametrize(
    ("environment", "encoding", "known"),
    [
        ({"LANG": "en_GB.UTF-8"}, "utf-8", True),
        ({"LANG": "C.UTF-8"}, "utf-8", True),
        ({"LANG": "de_DE.utf8", "LC_CTYPE": "C.UTF-8"}, "UTF-8", True),
        ({"LC_CTYPE": "UTF-8"}, "utf-8", True),
        ({"LANG": "C"}, "utf-8", False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LC_CTYPE": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "C"}, "utf-8", False),
        ({"LANG": "en_GB.UTF-8"}, "ascii", False),
        ({"LANG": "en_GB.UTF-8"}, None, False),
        ({}, "utf-8", False),
    ],
)
def test_more_than_ascii_is_shown_only_where_the_locale_has_it(
    environment: dict[str, str], encoding: str | None, *, known: bool
) -> None:
    assert has_unicode(environment, encoding) is known
