from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.evidence import EVIDENCE_BYTES_MAX, Fact, bounded

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(ANY_TEXT, st.integers(1, 80))
def test_no_more_bytes_than_the_bound(text: str, bytes_max: int) -> None:
    kept, cut = bounded(text, bytes_max)
    whole = text.encode("utf-8", "replace").decode()
    assert len(kept.encode()) <= bytes_max
    assert whole.endswith(kept)
    assert cut is (kept != whole)


def test_a_bound_of_nothing_keeps_nothing() -> None:
    assert bounded("abc", 0) == ("", True)


def test_the_end_is_kept() -> None:
    assert bounded("first\nlast", 4) == ("last", True)
    assert bounded("last", 4) == ("last", False)


def test_half_a_character_is_left_out() -> None:
    assert bounded("\u20ac\u20ac", 4) == ("\u20ac", True)


def test_a_long_log_is_bounded_by_default() -> None:
    kept, cut = bounded("x" * (EVIDENCE_BYTES_MAX + 1))
    assert (len(kept), cut) == (EVIDENCE_BYTES_MAX, True)


def test_a_number_is_a_number() -> None:
    fact = Fact("f1", "e1", "front", "k", "t", values={"a": 2.5, "b": "2.5", "c": 3})
    assert (fact.number("a"), fact.number("b"), fact.number("c"), fact.number("d")) == (2.5, None, 3.0, None)
