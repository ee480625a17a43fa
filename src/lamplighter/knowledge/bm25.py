"""Ranks texts by the words they share with a query (BM25), with the words of code and alert names taken apart. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

QUERY_CHARS_MAX = 20_000
TERMS_MAX = 400
TERM_CHARS_MAX = 40
SATURATION = 1.2
LENGTH_WEIGHT = 0.75

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ENDINGS = ("ingly", "edly", "ing", "ies", "ed", "es", "ly", "s")
_STEM_CHARS_MIN = 3
_STOP_WORDS = frozenset(
    _WORD.findall(
        "a an and are as at be been but by can do does for from had has have if in into is it its may more most not of"
        " on or so such than that the their them then there these they this to was we were what when where which while"
        " who why will with you your"
    )
)


def terms(text: str) -> Iterator[str]:
    """The words of a text as they are compared: small letters without endings; `KubePodCrash` also gives its parts."""
    for found in _WORD.finditer(text):
        word = found[0]
        parts = _PART.findall(word) if word.isascii() else []
        if len(parts) > 1:
            yield word.lower()[:TERM_CHARS_MAX]
        for part in parts if len(parts) > 1 else [word]:
            lowered = part.lower()
            if len(lowered) > 1 and not lowered.isdigit() and lowered not in _STOP_WORDS:
                yield _stem(lowered)[:TERM_CHARS_MAX]


class Ranking:
    """An index over documents, each given as how often each of its terms counts."""

    def __init__(self, documents: Sequence[Mapping[str, float]]) -> None:
        self._weights: dict[str, list[tuple[int, float]]] = defaultdict(list)
        lengths = [sum(document.values()) for document in documents]
        mean = (sum(lengths) / len(documents) if documents else 0.0) or 1.0
        containing = Counter(term for document in documents for term in document)
        for index, document in enumerate(documents):
            norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths[index] / mean)
            for term, count in document.items():
                rarity = math.log(1 + (len(documents) - containing[term] + 0.5) / (containing[term] + 0.5))
                self._weights[term].append((index, rarity * count * (SATURATION + 1) / (count + norm)))

    def scores(self, query: str) -> dict[int, float]:
        """The score of every document that shares a term with the query, by its index."""
        found: dict[int, float] = defaultdict(float)
        asked = Counter(terms(query[:QUERY_CHARS_MAX]))
        for term, count in asked.most_common(TERMS_MAX):
            # A word that a log repeats a thousand times says little more than one that it says twice.
            emphasis = min(1.5, 1 + math.log(count) / 4)
            for index, weight in self._weights.get(term, ()):
                found[index] += weight * emphasis
        return dict(found)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM_CHARS_MIN:
            return word[: -len(ending)]
    return word
