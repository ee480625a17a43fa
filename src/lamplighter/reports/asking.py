"""What a question about an incident asks for, by its words alone; nothing is guessed. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from lamplighter.domain.texts import shown
from lamplighter.reports.phrases import (
    ASKING,
    LISTENERS,
    NEGATIONS,
    ORDERS,
    PARTICULAR,
    PHRASES,
    POLITE,
    STANDING,
    STOPWORDS,
    SUBJECTS,
)
from lamplighter.reports.reply import Topic

QUESTION_CHARS_MAX = 500
WORDS_MAX = 80
SHOWN_WORDS_MAX = 8
MENDED_FROM_LETTERS = 5
WEAK = "*"
WEAK_WEIGHT = 0.5
_WORD = re.compile(r"[^\W_]+")
# "incident 7" is one, "the incident 7 hours ago" is not.
_INCIDENT = re.compile(
    r"\binc(?:ident)?s?[ #\u2010-\u2015-]{0,3}0*([0-9]{1,18})\b(?! ?(?:[smhd]|am|pm|sec|min|hour|day|week|month)s?\b)"
    r"(?! (?:seconds?|minutes?|times)\b)"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
Phrase = tuple[str, ...]
# Which questions become one about a component that they name.
ABOUT_PARTS = frozenset({Topic.STATUS, Topic.CAUSE, Topic.DOUBT, Topic.EVIDENCE, Topic.RULED_OUT, Topic.TIMES})
# What did not change is no answer to what changed.
COMPLEMENTED = frozenset({Topic.AFFECTED, Topic.CHANGES, Topic.RULED_OUT, Topic.DONE, Topic.DECIDED})


@dataclass(frozen=True, slots=True)
class Meant:
    """What is asked for. No topic: not understood. Several: it may mean any of them, and none is chosen.

    `part` is a component that is asked about, `other` an incident that is not this one, `order` an order that was given
    instead of a question, `also` what is asked besides. `read_as` are mended words, `unused` those that nothing was
    made of.
    """

    topics: tuple[Topic, ...] = ()
    part: str = ""
    other: str = ""
    order: str = ""
    read_as: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()
    also: tuple[Topic, ...] = ()


def cleaned(question: str) -> str:
    """A question as one line of text that can be shown."""
    line = " ".join(shown(question).split())
    return "".join(letter for letter in line if letter.isprintable())[:QUESTION_CHARS_MAX]


def meant_by(question: str, incident_id: str, names: Iterable[str] = (), texts: Iterable[str] = ()) -> Meant:
    """What is meant. `names` are the components of the incident, its own first; `texts` what else is said of it."""
    asked = cleaned(question).lower()
    other = next((f"INC-{found}" for found in _INCIDENT.findall(asked) if f"INC-{found}" != incident_id), "")
    if other:
        return Meant(other=other)
    parts = {name: tuple(_words(name)) for name in names}
    known = {word for words in parts.values() for word in words} | {word for text in texts for word in _told(text)}
    words, read_as = _mended(_words(_INCIDENT.sub(" ", asked))[:WORDS_MAX], known)
    # With a question mark it asks, and orders nothing.
    order = "" if asked.endswith("?") else _order(words)
    if order:
        return Meant(order=order)
    topics, used, weak = _topics(words)
    part = _part(words, parts)
    unused = tuple(dict.fromkeys(word for word in words if not _is_known(word, known)))
    told = {word for word in words if word in SUBJECTS or (word in known and word not in STOPWORDS)}
    if len(unused) > len(used) + len(told - set(unused)):
        return Meant(read_as=read_as, unused=unused[:SHOWN_WORDS_MAX])
    if weak and not part and (unused or _asks_another(words, known)):
        topics = ()
    if _asks_what_is_not(words, used) and COMPLEMENTED & set(topics):
        topics = ()
    if part and (not topics or set(topics) <= ABOUT_PARTS):
        topics = (Topic.PART,)
    elif not topics and _asks_nothing_else(words, known):
        topics = (Topic.STATUS,)
    also = _besides(topics[0], used) if len(topics) == 1 else ()
    return Meant(topics, part, read_as=read_as, unused=unused[:SHOWN_WORDS_MAX], also=also)


def _told(text: str) -> list[str]:
    """The words of what was said of the incident; an alert's name is taken apart too."""
    return [*_words(text), *_words(_HUMP.sub(" ", text))]


def _words(text: str) -> list[str]:
    """The words of a text, without accents, apostrophes and capitals."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    return _WORD.findall("".join(one for one in bare if not unicodedata.combining(one)).replace("'", ""))


@cache
def _phrases() -> tuple[tuple[Phrase, Topic, float], ...]:
    """Every phrase with its topic and its weight."""
    found = []
    for topic, told in PHRASES.items():
        for phrase in told.split(";"):
            words = tuple(phrase.replace(WEAK, "").split())
            weight = WEAK_WEIGHT if phrase.strip().startswith(WEAK) else float(len(words))
            found.append((words, topic, weight))
    return tuple(found)


@cache
def _vocabulary() -> frozenset[str]:
    return frozenset(word for words, _, _ in _phrases() for word in words)


@cache
def _mendable() -> tuple[str, ...]:
    return tuple(sorted(one for one in _vocabulary() | SUBJECTS if len(one) >= MENDED_FROM_LETTERS - 1))


def _topics(words: Sequence[str]) -> tuple[tuple[Topic, ...], set[Phrase], bool]:
    """The topics that the longest phrases name, all phrases that were found, and whether only weak ones were."""
    runs = {
        tuple(words[start : start + length])
        for start in range(len(words))
        for length in range(1, min(7, len(words) - start + 1))
    }
    best: dict[Topic, float] = {}
    used = set()
    for phrase, topic, weight in _phrases():
        if phrase in runs:
            used.add(phrase)
            best[topic] = max(best.get(topic, 0.0), weight)
    if "why" in words and len(best) > 1:
        # Why it is still down asks for the cause, and not whether it is, nor what else is.
        best.pop(Topic.STATUS, None)
        if best.get(Topic.AFFECTED) == WEAK_WEIGHT:
            best.pop(Topic.AFFECTED)
    top = max(best.values(), default=0.0)
    return tuple(topic for topic, weight in best.items() if weight == top), used, top == WEAK_WEIGHT


def _besides(topic: Topic, used: set[Phrase]) -> tuple[Topic, ...]:
    """What else is asked for by phrases that share no word with those of this topic."""
    strong = [(phrase, of) for phrase, of, weight in _phrases() if phrase in used and weight != WEAK_WEIGHT]
    own = {word for phrase, of in strong if of is topic for word in phrase}
    found = [of for phrase, of in strong if own and of is not topic and not own & set(phrase)]
    return tuple(dict.fromkeys(of for of in found if of is not Topic.HELP))


def _asks_another(words: Sequence[str], known: set[str]) -> bool:
    """Whether a single weak word asks about who is asked, or about something that this incident says nothing of."""
    if any(word in PARTICULAR and word not in known for word in words):
        return True
    after = words[words.index("why") + 1 :] if "why" in words else ()
    plain = (STOPWORDS | SUBJECTS | STANDING | known) - LISTENERS
    return any(word not in plain for word in after)


def _asks_what_is_not(words: Sequence[str], used: set[Phrase]) -> bool:
    """Whether it asks for all the others, as in "what is not affected", by a negation that no phrase holds."""
    held = {word for phrase in used for word in phrase}
    return "why" not in words and bool(ASKING & set(words)) and any(word in NEGATIONS - held for word in words)


def _part(words: Sequence[str], parts: dict[str, Phrase]) -> str:
    """The component that is named and is not the incident's own; the longest name, where several fit."""
    named = [name for name, own in list(parts.items())[1:] if own and _holds(words, own) and not _is_plain(own)]
    return max(named, key=len, default="")


def _holds(words: Sequence[str], own: Phrase) -> bool:
    return any(tuple(words[place : place + len(own)]) == own for place in range(len(words) - len(own) + 1))


def _is_plain(own: Phrase) -> bool:
    """Whether a component is called by words that any question may hold."""
    return all(word in STOPWORDS or word in _vocabulary() or len(word) == 1 for word in own)


def _order(words: Sequence[str]) -> str:
    """The verb of an order; empty for a question."""
    first = next((word for word in words if word not in POLITE), "")
    return first if first in ORDERS else ""


def _asks_nothing_else(words: Sequence[str], known: set[str]) -> bool:
    """Whether only how something stands is named, as in "shop down?"."""
    plain = known | STANDING | STOPWORDS - ASKING
    return any(word in STANDING for word in words) and all(word in plain for word in words)


def _is_known(word: str, known: set[str]) -> bool:
    return word in STOPWORDS or word in SUBJECTS or word in STANDING or word in _vocabulary() or word in known


def _mended(words: list[str], known: set[str]) -> tuple[list[str], tuple[tuple[str, str], ...]]:
    """Words with a slip of one letter as what they must have been, where only one word is so near."""
    mended, read_as = [], []
    for word in words:
        near = word
        if len(word) >= MENDED_FROM_LETTERS and word not in ORDERS and not _is_known(word, known):
            close = [one for one in _mendable() if _slip(word, one)]
            near = close[0] if len(close) == 1 else word
        if near != word:
            read_as.append((word, near))
        mended.append(near)
    return mended, tuple(dict.fromkeys(read_as))


def _slip(word: str, other: str) -> bool:
    """Whether one letter was left out, put in, changed, or two were turned round."""
    if abs(len(word) - len(other)) > 1 or word[0] != other[0]:
        return False
    start = next((place for place, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), None)
    if start is None:
        return True
    left, right = word[start:], other[start:]
    turned = left[:2] == right[1::-1] and left[2:] == right[2:]
    return turned or left[1:] == right[1:] or left[1:] == right or left == right[1:]
