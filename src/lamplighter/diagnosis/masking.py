"""What varies from line to line by its very nature: addresses, ids, times, paths, numbers, data that was written out.

Works word by word, so that a word seen before costs one look into a bounded cache. What a server answered stays.
"""

from __future__ import annotations

import re
from functools import lru_cache

LINE_CHARS_MAX = 2_000
WORDS_MAX = 100
WORD_CHARS_MAX = 200
WORDS_KEPT = 1 << 15
LINES_KEPT = 1 << 13
DUMPS_MAX = 20

NUMBER = "<n>"
ANYTHING = "<*>"
VALUE_WEIGHT = 0.5
DATA = "<data>"
MASK = re.compile(r"<(?:n|id|time|address|path|url|data)>")
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}[A-Za-z]")
_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>,;\])}]{1,200}")
# Two steps at least: "and/or", "read/write" and "0/0" are no paths.
_PATH = re.compile(r"(?<![\w.:/\\<>-])(?:~|\.{1,2}|[A-Za-z]:(?=[\\/])|)(?:[/\\]{1,2}[\w.@%+*~$#-]{1,120}){2,40}[/\\]?")
# An object or a list that a program wrote out: two pairs of a name and a value, or one whose value is a structure.
_DUMP = re.compile(
    r"[\[({](?:[^\[\](){}=:]{1,80}[=:] {0,2})(?:[\[({]|(?:[^\[\](){}=:,]|:\d){0,120}, ?[\w.\"'-]{1,60} ?[=:])"
)
_BRACKET = re.compile(r"[\[\](){}]")
# Data that tells of trouble is what the line is about.
_TROUBLE = re.compile(
    r"(?i)err(?!ors?\W{1,4}(?:0|null|none|false|\[\]))|fail|exception|refus|denied|time(?:d )?out|invalid|missing"
    r"|cannot|not (?:found|ready)|unavail|unhealthy|killed|expired|(?<![\w.-])[45]\d\d(?![\w.-])"
)
# Where a number is what a server answered; it is marked, so that it is no number among others.
_ANSWERED = re.compile(
    r"(?i)(\bHTTP(?:/\d(?:\.\d)?)?(?: status| error| response)?(?: code)?[\"']?:? |\breturned "
    r"|\bstatus(?:[ _]?code)?[\"']?\s?[:= ]\s?[\"']?)(?=[1-5]\d\d\b)"
)
# What is called an id is one, in whatever letters.
_NAMED_ID = re.compile(r"([iI][dD][\"']?[:=] ?[\"']?)(?=[A-Za-z_-]{0,60}[0-9])[\w-]{6,64}")
_ANSWER = "\x01"
_ANSWER_DIGITS = 3
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
    r"<(?:n|id|time|address|path|url|data|\*)>|[^\W_][-_.@/\\#$=:]{1,4}[^\W_]"
    r"|^[\[({\"'].*[\])}\"'][,;.:]?$|^[\W_]+$"
)
# Verbs, levels, errors and the words of an outcome: two lines that differ in one of them say different things.
_TELLING = re.compile(
    r"(?i)[a-z]{2}(?:ed|ing)\b|ful(?:ly)?\b|(?:error|exception|failure)s?\b"
    r"|\b(?:up|down|on|off|ok|true|false|yes|no|not|can|cannot|success|fails?|start|stop|open|close|begin|end"
    r"|add|remove|create|delete|connect|disconnect"
    r"|trace|debug|info|notice|warn|warning|err|crit|critical|severe|alert|emerg|fatal|panic)\b"
)

# The name of an id and the id go with every line of a program; together they are one value.
_LABEL = re.compile(r"[A-Za-z_.-]{1,40}[:=]")
_MEANS_NOTHING = re.compile(r"[A-Za-z]{0,2}<(?:n|id)>")
_CLOSED = re.compile(r"[\])}][,;.]?$")
_PAIR = re.compile(r"[\[({][\w.-]{1,40}[:=]\S{1,200}")
# The name of a function, or an answer that refuses: it says where or what, and is no variable.
_CODE = re.compile(r"\W{0,3}[a-z]{2,40}(?:[A-Z][a-z]{1,40}){1,10}\W{0,3}|(?:.{0,100}[=:\"'])?[45]\d\d\W{0,3}")
_LEVEL = re.compile(
    r"(?i)\W*(?:trace|debug|fine|info|notice|warn|warning|err|error|crit|critical|severe|fatal|panic|[diwef])\W*"
)


def _masked(found: re.Match[str]) -> str:
    return _MASKS[found.lastgroup or "n"]


@lru_cache(maxsize=WORDS_KEPT)
def masked_word(word: str) -> str:
    """One word without blanks, its variable parts masked."""
    word = word[:WORD_CHARS_MAX]
    if _ANSWER in word:
        before, _, rest = word.partition(_ANSWER)
        return masked_word(before) + rest[:_ANSWER_DIGITS] + masked_word(rest[_ANSWER_DIGITS:].replace(_ANSWER, ""))
    if "/" in word or "\\" in word:
        word = _PATH.sub("<path>", _URL.sub("<url>", word))
    if _DIGIT.search(word) is None:
        return word
    return _VARIABLES.sub(_masked, _NAMED_ID.sub(r"\1<id>", word))


def words_of(line: str) -> tuple[str, ...]:
    """The masked words of a line as they stand, at most WORDS_MAX."""
    line = line[:LINE_CHARS_MAX]
    if "\x1b" in line:
        line = _COLOUR.sub("", line)
    if _ANSWER in line:
        line = line.replace(_ANSWER, " ")
    if "TTP" in line or "tatus" in line or "returned " in line:
        line = _ANSWERED.sub(_marked, line)
    if "," in line or ": [" in line or "=[" in line:
        line = _without_dumps(line)
    if "ID: " in line or "Id: " in line or "id: " in line:
        line = _NAMED_ID.sub(r"\1<id>", line)
    if "][" in line:
        line = line.replace("][", "] [")
    if line.startswith("{"):
        # JSON is written without blanks as often as with them.
        line = line.replace(',"', ', "')
    return tuple(map(masked_word, line.split(None, WORDS_MAX)[:WORDS_MAX]))


@lru_cache(maxsize=LINES_KEPT)
def heard(line: str) -> tuple[str, ...]:
    """As `words_of`, remembered for a while: several who read one log ask for the same lines."""
    return words_of(line)


def _marked(found: re.Match[str]) -> str:
    return found[1] + _ANSWER


def _without_dumps(line: str) -> str:
    """The line with the data that programs write out in brackets masked, each up to its last bracket or the end."""
    found = _DUMP.search(line, 1)
    if found is None:
        return line
    parts: list[str] = []
    place = 0
    while found is not None and len(parts) < DUMPS_MAX:
        begin, end = found.start(), _closing(line, found.start())
        parts += [line[place:begin], line[begin:end] if _TROUBLE.search(line, begin, end) else DATA]
        place = end
        found = _DUMP.search(line, place)
    return "".join(parts) + line[place:]


def _closing(line: str, begin: int) -> int:
    """Where the bracket that opens at `begin` is closed; the end of the line where it is cut off."""
    depth = 0
    for bracket in _BRACKET.finditer(line, begin):
        depth += 1 if bracket[0] in "[({" else -1
        if depth == 0:
            return bracket.end()
    return len(line)


def folded(words: tuple[str, ...]) -> tuple[str, ...]:
    """A number and its unit, a name and its value, and a list of like values of whatever length, are one variable."""
    found: list[str] = []
    before = ""
    for each in words:
        bare = each.rstrip(",;.:)]")
        word = "<time>" if _DATE_WORD.fullmatch(bare) else each
        if before.endswith(NUMBER) and _UNIT_WORD.fullmatch(bare):
            before = found[-1] = before + each[len(bare) :]
        elif before.endswith((":", "=")) and _belongs(each, bare, before):
            before = found[-1] = before + each
        elif word != before or not MASK.search(word):
            found.append(word)
            before = word
    return tuple(found)


def _belongs(word: str, bare: str, label: str) -> bool:
    """Whether a word is the value of the label in front: a mere id, or all else that a bracket holds."""
    if label.startswith(("[", "(", "{")):
        return _CLOSED.search(word) is not None
    return _MEANS_NOTHING.fullmatch(bare) is not None and _LABEL.fullmatch(label) is not None


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
    if _PAIR.fullmatch(word):
        return False
    return _TELLING.search(word) is not None or _CODE.fullmatch(word) is not None


@lru_cache(maxsize=WORDS_KEPT)
def leads(word: str) -> bool:
    """Whether a masked word can tell lines apart at the first look: no value, and no level, which all lines have."""
    return not is_value(word) and _LEVEL.fullmatch(word) is None
