"""The phrases can be matched: words as questions are read, none of them under two topics."""

from __future__ import annotations

import re
from collections import Counter

from lamplighter.reports.phrases import ORDERS, PHRASES, STOPWORDS


def test_every_phrase_is_written_as_words_are_read_and_names_one_topic() -> None:
    phrases = [" ".join(one.replace("*", "").split()) for told in PHRASES.values() for one in told.split(";")]
    assert [one for one in phrases if not re.fullmatch(r"[a-z]+( [a-z]+){0,5}", one)] == []
    assert [one for one, count in Counter(phrases).items() if count > 1] == []


def test_an_order_is_no_word_that_questions_are_full_of() -> None:
    assert ORDERS.isdisjoint(STOPWORDS)
