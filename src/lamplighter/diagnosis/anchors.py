"""Words of which one must stand in a text for a pattern to match it, found in the pattern itself.

A search for plain words costs a hundredth of a search for a long pattern, and most lines of a log hold none of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# The library's own reading of a pattern: a second one of ours could disagree with it.
from re import _constants, _parser  # type: ignore[attr-defined] # no stubs name them
from typing import Any

LETTERS_MIN = 2
WORDS_MAX = 400


@dataclass(frozen=True, slots=True)
class Anchored:
    """A pattern with its words in lower case; no words where none can be told, so that it is always tried."""

    pattern: re.Pattern[str]
    words: tuple[str, ...] = field(default=())

    def search(self, text: str, lowered: str) -> re.Match[str] | None:
        """As `pattern.search(text)`; `lowered` is the same text in lower case."""
        if not self.words:
            return self.pattern.search(text)
        for word in self.words:
            if word in lowered:
                return self.pattern.search(text)
        return None


def anchored(pattern: re.Pattern[str]) -> Anchored:
    """A pattern ready to be tried on many texts."""
    words = _words(_parser.parse(pattern.pattern, pattern.flags)) or frozenset()
    # A word inside another says nothing more than the shorter one.
    kept = [word for word in words if not any(other != word and other in word for other in words)]
    return Anchored(pattern, tuple(sorted(kept)) if len(kept) <= WORDS_MAX else ())


def _words(items: Iterable[Any]) -> frozenset[str] | None:
    """Of a sequence: the most telling set among its parts and its runs of letters; None where nothing must be there."""
    best: frozenset[str] | None = None
    run = ""
    for kind, value in items:
        if kind is _constants.LITERAL:
            run += chr(value).lower()
            continue
        best, run = _better(best, _of_run(run)), ""
        best = _better(best, _of_part(kind, value))
    return _better(best, _of_run(run))


def _of_run(run: str) -> frozenset[str] | None:
    return frozenset({run}) if len(run) >= LETTERS_MIN else None


def _of_part(kind: Any, value: Any) -> frozenset[str] | None:  # noqa: ANN401 - the library's own shapes
    if kind is _constants.SUBPATTERN:
        return _words(value[-1])
    if kind is _constants.BRANCH:
        return _of_branches(value[1])
    if kind in {_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT}:
        least, _, repeated = value
        return _words(repeated) if least else None
    if kind is _constants.ATOMIC_GROUP:
        return _words(value)
    return None


def _of_branches(branches: Sequence[Any]) -> frozenset[str] | None:
    found: set[str] = set()
    for branch in branches:
        words = _words(branch)
        if words is None:
            return None
        found |= words
    return frozenset(found)


def _better(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The set whose shortest word is longer: it is the rarer one."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda words: (min(len(word) for word in words), -len(words)))
