from __future__ import annotations

import pytest

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, flag, items, number, record, text


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
