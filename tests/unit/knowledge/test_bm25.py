from __future__ import annotations

from collections import Counter

import pytest

from lamplighter.knowledge.bm25 import Ranking, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KubePodCrashLooping", ["kubepodcrashlooping", "kube", "pod", "crash", "loop"]),
        ("the pods are crashing", ["pod", "crash"]),
        ("HTTPServer 2x", ["httpserver", "http", "server", "2x"]),
        ("disk_full: 95 %", ["disk", "full"]),
        ("Größe", ["größe"]),
        ("", []),
    ],
)
def test_the_words_that_are_compared(text: str, expected: list[str]) -> None:
    assert list(terms(text)) == expected


def ranking(*texts: str) -> Ranking:
    return Ranking([Counter(terms(text)) for text in texts])


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    scores = ranking("disk failure", "disk quota", "disk replica").scores("disk replica")
    assert max(scores, key=scores.__getitem__) == 2
    assert scores[2] > 2 * scores[0]


def test_a_short_text_about_it_beats_a_long_one_that_mentions_it() -> None:
    scores = ranking("replica lags", "replica " + "of many other words and things " * 20).scores("replica")
    assert scores[0] > scores[1]


def test_a_repeated_word_of_a_log_does_not_drown_the_others() -> None:
    scores = ranking("timeout reached", "certificate expired").scores("timeout " * 1000 + "certificate expired")
    assert scores[1] > scores[0]


def test_what_shares_nothing_has_no_score() -> None:
    assert ranking("disk", "memory").scores("network") == {}
    assert ranking().scores("disk") == {}
    assert ranking("").scores("disk") == {}
