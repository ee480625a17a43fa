from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lamplighter.diagnosis.readers.document import (
    Unreadable,
    at,
    decoded,
    flag,
    is_count,
    items,
    number,
    record,
    text,
    with_plain_digits,
)
from lamplighter.domain.evidence import Evidence


def test_values_come_as_their_type_or_not_at_all() -> None:
    data = decoded('{"a": {"n": "3", "s": "x", "f": true, "l": [1]}}')
    assert number(data, "a", "n") == 3.0
    assert number(data, "a", "f") is None
    assert text(data, "a", "s") == "x"
    assert flag(data, "a", "f") is True
    assert items(data, "a", "l") == [1]
    assert at(data, "a", "s", "deeper") is None


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "\ud800", '{"a": NaN}'])
def test_what_is_not_json_says_so(content: str) -> None:
    with pytest.raises(Unreadable):
        decoded(content)


@pytest.mark.parametrize("value", [[], "x", 1, None])
def test_what_is_no_object_says_so(value: object) -> None:
    with pytest.raises(Unreadable):
        record(value)


def test_numbers_that_are_no_number() -> None:
    assert number("nan") is None
    assert number(10**400) is None


@pytest.mark.parametrize(
    ("word", "fits"), [("7", True), ("080", True), ("\u00b2", False), ("\u0663", False), ("", False)]
)
def test_only_plain_digits_of_a_size_that_fits_are_a_count(word: str, fits: bool) -> None:  # noqa: FBT001 - pytest gives it
    assert is_count(word) is fits
    assert not is_count(word * 400)


def test_digits_of_other_scripts_are_no_numbers() -> None:
    content = "took \u0661\u0662 ms, \u00b2 times, gr\u00f6\u00dfer, 12"
    piece = Evidence("e1", "logs", "web", {}, "text/plain", content, datetime(2026, 1, 5, tzinfo=UTC))
    assert with_plain_digits(piece).content == "took \ufffd\ufffd ms, \ufffd times, gr\u00f6\u00dfer, 12"
    plain = replace(piece, content="took 12 ms")
    assert with_plain_digits(plain) is plain
