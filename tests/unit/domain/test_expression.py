from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.expression import BadExpression, escaped, expression

ATOMS = st.sampled_from(
    ["a", "b", "c", ".", "[ab]", "[^a]", r"\d", r"\w", r"\.", "[a-c0-3]", r"\S", r"[\d_]", r"[^\W]", "(?:ab|c)", "(a|)"]
)
REPEATS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "{0}", "{2,}", "*?"])
PIECES = st.lists(st.tuples(ATOMS, REPEATS).map("".join), max_size=5).map("".join)
WHOLE = st.tuples(st.sampled_from(["", "(?i)"]), st.sampled_from(["", "^"]), PIECES, st.sampled_from(["", "|a.c"]))


@given(WHOLE.map("".join), st.text("abcABd01._ \n", max_size=8))
def test_it_matches_as_python_does(pattern: str, text: str) -> None:
    assert expression(pattern).matches(text) is (re.fullmatch(pattern, text, re.ASCII) is not None)


@given(st.text(min_size=1, max_size=50))
def test_an_escaped_text_matches_itself_alone(text: str) -> None:
    assert expression(escaped(text)).matches(text)
    assert not expression(escaped(text)).matches(text + "x")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"^prod-(eu|us)-\d+$", "prod-eu-12", True),
        (r"^prod-(eu|us)-\d+$", "xprod-eu-12", False),
        ("a|b", "ab", False),
        ("", "", True),
        ("", "a", False),
        (".*", "", True),
        (".*", "two\nlines", False),
        ("(?i)ÄRGER", "ärger", True),
        (r"[]a]", "]", True),
        (r"[a-]", "-", True),
        (r"a\{2", "a{2", True),
    ],
)
def test_what_matches(pattern: str, text: str, *, expected: bool) -> None:
    assert expression(pattern).matches(text) is expected


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a+)+b", "a" * 4096),
        ("(a|aa|a*)*b", "a" * 4096),
        (".*.*.*.*.*.*.*.*x", "a" * 4096),
        ("(x?){100}x{200}y", "x" * 4096),
    ],
)
def test_nothing_runs_away(pattern: str, text: str) -> None:
    # With backtracking none of these would end within a lifetime.
    assert not expression(pattern).matches(text)


@pytest.mark.parametrize(
    ("pattern", "nested"),
    [("(a+)+", True), ("(a*b?)*", True), ("((a|b+)c)*", True), ("(a{2})+", False), ("a+b+", False), ("(a+){3}", False)],
)
def test_a_repeat_without_end_inside_another_is_seen(pattern: str, *, nested: bool) -> None:
    assert expression(pattern).nested is nested


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(?=a)b", "looking ahead"),
        ("(?<!a)b", "looking ahead or behind"),
        (r"(a)\1", "refers back"),
        ("[a", "ends too early"),
        ("(a", "not closed"),
        ("a)", "closes nothing"),
        ("*a", "repeats nothing"),
        ("a**", "repeat of a repeat"),
        ("a{x}", "write a repeat"),
        ("a{3,2}", "less often"),
        ("a^b", "whole value"),
        (r"\q", "not known"),
        ("[[:alpha:]]", "not known"),
        ("[b-a]", "lower character"),
        ("a{900}{900}", "repeat of a repeat"),
        ("(a{900}){900}", "too large"),
        ("(((){900}){900}){900}", "too large"),
        ("a{99999999999}", "too large"),
        ("(" * 30 + "a" + ")" * 30, "nested more"),
        ("a" * 1001, "longer than"),
        ("\\", "ends too early"),
    ],
)
def test_what_is_not_taken_is_said(pattern: str, words: str) -> None:
    with pytest.raises(BadExpression, match=words):
        expression(pattern)
