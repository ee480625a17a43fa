"""What varies from line to line by its very nature: addresses, ids, times, paths, numbers with their units.

Works word by word, so that a word seen before costs one look into a bounded cache.
"""

from __future__ import annotations

import re
from functools import lru_cache

LINE_CHARS_MAX = 2_000
WORDS_MAX = 100
WORD_CHARS_MAX = 200
WORDS_KEPT = 1 << 15

NUMBER = "<n>"
ANYTHING = "<*>"
VALUE_WEIGHT = 0.5
MASK = re.compile(r"<(?:n|id|time|address|path|url)>")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}[A-Za-z]")
_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>,;\])}]{1,200}")
# Two steps at least: "and/or", "read/write" and "0/0" are no paths.
_PATH = re.compile(r"(?<![\w.:/\\<>-])(?:~|\.{1,2}|[A-Za-z]:(?=[\\/])|)(?:[/\\]{1,2}[\w.@%+*~$#-]{1,120}){2,40}[/\\]?")
_LETTER = re.compile(r"[^\W\d_]")
_DIGIT = re.compile("[0-9]")
_UNITS = "[KMGTP]?i?[Bb](?:ps)?|[KMG]?bit|[KMGTP]i?|[num\u00b5]?s|msecs?|secs?|mins?|[mhd]|%|[KMG]?Hz|[CF]"
_VARIABLES = re.compile(
    rf"""
    (?P<span>\b(?:[0-9]{{1,9}}(?:\.[0-9]{{1,9}})?(?:ms|[num\u00b5]s|[dhms])){{1,6}}\b)
  | (?P<id>
        \b[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}\b
      | \b0[xX][0-9a-fA-F]{{1,64}}\b
      | (?<![0-9A-Za-z])(?=[a-fA-F]{{0,15}}[0-9])(?=[0-9]{{0,31}}[a-fA-F])[0-9a-fA-F]{{8,64}}(?![0-9A-Za-z])
      | (?<![0-9A-Za-z])(?:[0-9]{{1,20}}[A-Za-z]{{1,20}}){{2,16}}[0-9]{{0,20}}(?![0-9A-Za-z])
      | (?<![0-9A-Za-z])(?:[A-Za-z]{{1,20}}[0-9]{{1,20}}){{3,16}}[A-Za-z]{{0,20}}(?![0-9A-Za-z])
    )
  | (?P<time>
        \b[0-9]{{4}}[-/.][0-9]{{1,2}}[-/.][0-9]{{1,2}}(?:[T:][0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}})?(?:[.,][0-9]{{1,9}})?)?
        (?:Z|[+-][0-9]{{2}}:?[0-9]{{2}})?
    )
  | (?P<address>
        \b(?:[0-9a-fA-F]{{2}}[:-]){{5}}[0-9a-fA-F]{{2}}\b
      | (?<![0-9.])[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}}(?![0-9.]*\.[0-9])(?:/[0-9]{{1,2}}\b)?(?::[0-9]{{1,5}}\b)?
      | (?<![0-9A-Za-z:])(?:[0-9a-fA-F]{{0,4}}:){{3,7}}[0-9a-fA-F]{{1,4}}(?![0-9A-Za-z:])
    )
  | (?P<clock>\b[0-9]{{1,3}}:[0-9]{{2}}(?::[0-9]{{2}})?(?:[.,][0-9]{{1,9}})?(?![0-9:]))
  | (?P<n>(?:(?<![\w.)\]])[-+])?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]{{1,3}})?(?:(?:{_UNITS})(?![0-9A-Za-z]))?)
    """,
    re.VERBOSE,
)
_MASKS = {"span": NUMBER, "id": "<id>", "time": "<time>", "address": "<address>", "clock": NUMBER, "n": NUMBER}
_DATE_WORD = re.compile("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun")
_UNIT_WORD = re.compile(
    "[kKMGTP]?i?B|bytes|bits?|[nu\u00b5m]?s|msecs?|secs?|mins?|(?:second|minute|hour|day|millisecond|microsecond)s?"
)
# What is joined, bracketed or quoted is a name or a value more often than a word of the sentence.
_VALUE = re.compile(
    r"<(?:n|id|time|address|path|url|\*)>|[^\W_][-_.@/\\#$=:]{1,4}[^\W_]"
    r"|^[\[({\"'].*[\])}\"'][,;.:]?$|^[\W_]+$"
)
# Verbs, levels, errors and the words of an outcome: two lines that differ in one of them say different things.
_TELLING = re.compile(
    r"(?i)[a-z]{2}(?:ed|ing)\b|ful(?:ly)?\b|(?:error|exception|failure)s?\b"
    r"|\b(?:up|down|on|off|ok|true|false|yes|no|not|can|cannot|success|fails?|start|stop|open|close|begin|end"
    r"|add|remove|create|delete|connect|disconnect"
    r"|trace|debug|info|notice|warn|warning|err|crit|critical|severe|alert|emerg|fatal|panic)\b"
)

_LEVEL = re.compile(
    r"(?i)\W*(?:trace|debug|fine|info|notice|warn|warning|err|error|crit|critical|severe|fatal|panic|[diwef])\W*"
)


def _masked(found: re.Match[str]) -> str:
    return _MASKS[found.lastgroup or "n"]


@lru_cache(maxsize=WORDS_KEPT)
def masked_word(word: str) -> str:
    """One word without blanks, its variable parts masked."""
    word = word[:WORD_CHARS_MAX]
    if "/" in word or "\\" in word:
        word = _PATH.sub("<path>", _URL.sub("<url>", word))
    return _VARIABLES.sub(_masked, word) if _DIGIT.search(word) else word


def words_of(line: str) -> tuple[str, ...]:
    """The masked words of a line as they stand, at most WORDS_MAX."""
    line = line[:LINE_CHARS_MAX]
    if "\x1b" in line:
        line = _COLOUR.sub("", line)
    if "][" in line:
        line = line.replace("][", "] [")
    if line.startswith("{"):
        # JSON is written without blanks as often as with them.
        line = line.replace(',"', ', "')
    return tuple(map(masked_word, line.split(None, WORDS_MAX)[:WORDS_MAX]))


def folded(words: tuple[str, ...]) -> tuple[str, ...]:
    """A number and its unit, and a list of like values of whatever length, are one variable."""
    found: list[str] = []
    for each in words:
        before = found[-1] if found else ""
        bare = each.rstrip(",;.:)]")
        word = "<time>" if _DATE_WORD.fullmatch(bare) else each
        if before.endswith(NUMBER) and _UNIT_WORD.fullmatch(bare):
            found[-1] = before + each[len(bare) :]
        elif word != before or not MASK.search(word):
            found.append(word)
    return tuple(found)


@lru_cache(maxsize=WORDS_KEPT)
def is_value(word: str) -> bool:
    """Whether a masked word looks like a name or a value, which may well be another one next time."""
    return _VALUE.search(word) is not None


@lru_cache(maxsize=WORDS_KEPT)
def weight_of(word: str) -> float:
    """How much a masked word says of what the line is: a word all, a name less, a mere number or blank nothing."""
    if not is_value(word):
        return 1.0
    return VALUE_WEIGHT if _LETTER.search(MASK.sub("", word)) else 0.0


@lru_cache(maxsize=WORDS_KEPT)
def is_telling(word: str) -> bool:
    """Whether a word says what happened or how grave it is, so that it can never be a variable."""
    return _TELLING.search(word) is not None


@lru_cache(maxsize=WORDS_KEPT)
def leads(word: str) -> bool:
    """Whether a masked word can tell lines apart at the first look: no value, and no level, which all lines have."""
    return not is_value(word) and _LEVEL.fullmatch(word) is None
