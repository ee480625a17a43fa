"""A word is the token's only with the right signature of the right secret."""

from __future__ import annotations

import pytest

from lamplighter.domain.signing import signed_word, token_of

WORD = signed_word("abc-DEF_123", "secret")


def test_what_was_signed_is_read_back() -> None:
    assert token_of(WORD, "secret") == "abc-DEF_123"


@pytest.mark.parametrize(
    "word",
    ["", ".", "abc-DEF_123", "abc-DEF_123.", WORD[:-1], WORD + "0", "x" + WORD, WORD.upper(), "é.é", "a." * 500],
)
def test_what_was_not_signed_is_nothing(word: str) -> None:
    assert token_of(word, "secret") == ""


def test_another_secret_signs_otherwise() -> None:
    assert token_of(WORD, "other") == ""
