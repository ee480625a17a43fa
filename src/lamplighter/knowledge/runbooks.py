"""Runbooks in Markdown: reading their front matter, and finding those that speak of an alert. Pure; reads no file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from lamplighter.domain.expression import BadExpression, expression
from lamplighter.domain.texts import kept_text, shown
from lamplighter.knowledge.bm25 import Ranking, terms

FRONT_MATTER_CHARS_MAX = 16_384
TITLE_BYTES_MAX = 200
BRACKETS_MAX = 200
MATCHES_MAX = 20
TITLE_COUNT = 3
# What is linked comes before what matches by its front matter, and that before what only reads alike.
LINKED_SCORE = 200.0
MATCHED_SCORE = 100.0
SHARED_TERMS_MIN = 2
SCORE_SHARE_MIN = 0.3
TARGET = "target"
COMPONENT = "component"
LINK = "runbook_url"

_FRONT = re.compile(r"\A\N{ZERO WIDTH NO-BREAK SPACE}?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+(\S.{0,400}?)[ \t#]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Runbook:
    """One page. `name` is its path in the folder; `match` maps a label, or `target`, to an expression for its value."""

    name: str
    title: str
    text: str
    match: Mapping[str, str] = field(default_factory=dict)


def parse_runbook(name: str, content: str) -> tuple[Runbook, str]:
    """The page, and words for what of its front matter cannot be read; its text is used all the same."""
    found = _FRONT.match(content)
    body = content[found.end() :] if found else content
    warning, title, match = "", "", dict[str, str]()
    if found:
        title, match, warning = _front_matter(found[1])
        # A page with nothing readable in front is still found by every word of it.
        body = content if warning else body
    heading = _HEADING.search(body)
    title = title or (heading[1] if heading else "") or PurePosixPath(name).stem
    page = Runbook(name, kept_text(" ".join(title.split()), TITLE_BYTES_MAX), body, match)
    return page, f"{name}: {warning}" if warning else ""


class Runbooks:
    """All pages, indexed once."""

    def __init__(self, pages: Sequence[Runbook] = ()) -> None:
        self.pages = tuple(pages)
        counts = [_counts(page) for page in self.pages]
        self._terms = [frozenset(count) for count in counts]
        self._ranking = Ranking(counts)
        self._by_path: dict[tuple[str, ...], int] = {}
        for index, page in enumerate(self.pages):
            self._by_path.setdefault(_path(page.name), index)

    def page(self, name: str) -> Runbook | None:
        """The page of this name."""
        return next((page for page in self.pages if page.name == name), None)

    def find(self, text: str, labels: Mapping[str, str], top: int = 3) -> list[tuple[str, str, float]]:
        """Name, title and score of the pages that speak of this, the best first; none rather than any.

        `text` is a log or an alert's words. `labels` may hold `component`, and the annotation `runbook_url`, which is
        followed where it points to a page of ours.
        """
        asked = f"{text}\n{labels.get('alertname', '')} {labels.get(COMPONENT, '')}"
        scores = self._alike(asked)
        for index, page in enumerate(self.pages):
            if page.match and _matches(page.match, labels):
                scores[index] = scores.get(index, 0.0) + MATCHED_SCORE
        linked = self._linked(labels.get(LINK, ""))
        if linked is not None:
            scores[linked] = scores.get(linked, 0.0) + LINKED_SCORE
        best = sorted(scores, key=lambda index: (-scores[index], self.pages[index].name))[: max(0, top)]
        return [(self.pages[index].name, self.pages[index].title, round(scores[index], 3)) for index in best]

    def _alike(self, asked: str) -> dict[int, float]:
        """The scores of what shares more than one word with the question, and is not far behind the best."""
        wanted = frozenset(terms(asked))
        needed = min(SHARED_TERMS_MIN, len(wanted))
        found = self._ranking.scores(asked)
        found = {index: score for index, score in found.items() if len(self._terms[index] & wanted) >= needed}
        least = SCORE_SHARE_MIN * max(found.values(), default=0.0)
        return {index: score for index, score in found.items() if score >= least}

    def _linked(self, url: str) -> int | None:
        """The page whose path is the end of the URL's, the longest such path first."""
        try:
            parts = _path(unquote(urlsplit(url[:4_096]).path))
        except ValueError:
            return None
        ends = (parts[start:] for start in range(len(parts)))
        return next((self._by_path[end] for end in ends if end in self._by_path), None)


def _front_matter(text: str) -> tuple[str, dict[str, str], str]:
    """The title, what it matches, and what is wrong with it."""
    if len(text) > FRONT_MATTER_CHARS_MAX:
        return "", {}, f"its front matter is longer than {FRONT_MATTER_CHARS_MAX} characters"
    # The time of reading grows with the square of how deep they are nested.
    if text.count("[") + text.count("{") > BRACKETS_MAX:
        return "", {}, f"its front matter cannot be read: it holds more than {BRACKETS_MAX} brackets"
    try:
        # The plainest loader there is: every value is text, and nothing is built from it.
        loaded: object = YAML(typ="base", pure=True).load(text)
    except MarkedYAMLError as problem:
        line = f" (line {problem.problem_mark.line + 2})" if problem.problem_mark else ""
        return "", {}, f"its front matter cannot be read{line}: {shown(str(problem.problem))[:200]}"
    except (YAMLError, ValueError, RecursionError) as problem:
        return "", {}, f"its front matter cannot be read: {shown(str(problem))[:200]}"
    if loaded is None:
        return "", {}, ""
    if not isinstance(loaded, dict):
        return "", {}, "its front matter must hold keys and values, such as title:"
    title, match = loaded.get("title", ""), loaded.get("match") or {}
    if not isinstance(match, dict) or not all(isinstance(one, str) for pair in match.items() for one in pair):
        return _text(title), {}, "match: must hold labels and what they are, such as {alertname: DiskFull}"
    problem_words = _unreadable(match)
    return _text(title), {} if problem_words else dict(match), problem_words


def _unreadable(match: Mapping[str, str]) -> str:
    if len(match) > MATCHES_MAX:
        return f"match: names more than {MATCHES_MAX} labels"
    for name, value in match.items():
        try:
            expression(value)
        except BadExpression as problem:
            return f"match: {shown(name)[:100]}: {problem}"
    return ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _matches(match: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    known = {TARGET: labels.get(COMPONENT, ""), **labels}
    return all(expression(value).matches(known.get(name, "")) for name, value in match.items())


def _counts(page: Runbook) -> Counter[str]:
    """How often each term counts: what a page is called says more than what it mentions."""
    counts = Counter(terms(page.text))
    for term in terms(f"{page.title} {PurePosixPath(page.name).with_suffix('')}"):
        counts[term] += TITLE_COUNT
    return counts


def _path(name: str) -> tuple[str, ...]:
    """The parts of a path as they are compared: in small letters, without the ending of Markdown."""
    parts = [part.lower() for part in name.split("/") if part]
    if parts:
        parts[-1] = parts[-1].removesuffix(".md").removesuffix(".markdown")
    return tuple(parts)
