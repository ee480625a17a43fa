"""Log templates by our own Drain: a tree of fixed depth, by length and leading word, to the few that are compared.

Also which lines tell of an error. Everything is bounded; the state is plain lists, fit for JSON.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from operator import eq
from typing import Any

from lamplighter.diagnosis.masking import (
    ANYTHING,
    VALUE_WEIGHT,
    folded,
    is_telling,
    is_value,
    leads,
    weight_of,
    words_of,
)

STATE_VERSION = 1
SAYINGS_KEPT = 4_096
# The share of what two lines say that must be the same; what names and values say counts for less.
LIKENESS_MIN = 0.65
# The leading word is the subject more often than a name: where it differs, more of the rest must be the same.
ELSEWHERE_MIN = 0.75
Words = tuple[str, ...]
_ERROR = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|PANIC|EMERG|SEVERE|Error|Fatal)\b|\[(?:error|crit|alert|emerg)\]"
    r"|\blevel\W{1,4}(?:error|fatal|critical|panic)\b|\bTraceback \(most recent|^\s{0,8}panic:"
    r"|\b\w{1,80}(?:Error|Exception)\b"
)

Branch = tuple[int, str]


def tells_error(line: str) -> bool:
    """Whether a line says of itself that something went wrong."""
    return _ERROR.search(line) is not None


@lru_cache(maxsize=SAYINGS_KEPT)
def mean_error(words: Words) -> bool:
    """As `tells_error`, of the masked words of a line."""
    return tells_error(" ".join(words))


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds memory and the time of a line: templates, of one leaf, branches, lines remembered, a last look."""

    templates_max: int = 2_000
    leaf_max: int = 100
    children_max: int = 200
    remembered_max: int = 4_096
    elsewhere_max: int = 500


@dataclass(frozen=True, slots=True)
class Template:
    """What lines have in common, and how many there were."""

    id: int
    text: str
    size: int


@dataclass(slots=True)
class _Cluster:
    id: int
    branch: Branch
    words: Words
    size: int
    turn: int = 0

    def template(self) -> Template:
        return Template(self.id, " ".join(self.words), self.size)


class Templates:
    """Sorts lines into templates as they come; over the limit the least recently used template is forgotten.

    `effort` counts the words that were compared: who has little time stops there.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._next = 1
        self._turn = 0
        self.effort = 0
        self._clusters: OrderedDict[int, _Cluster] = OrderedDict()
        self._tree: dict[int, dict[str, list[int]]] = {}
        # Lines come again and again: masked alike, they need no second search.
        self._remembered: dict[Words, int] = {}

    def __len__(self) -> int:
        return len(self._clusters)

    def add(self, line: str) -> Template:
        """Learn a line; its template, as it is now."""
        return self.learn(words_of(line))

    def learn(self, words: Words) -> Template:
        """Learn the masked words of a line, as `words_of` gives them; their template, as it is now."""
        cluster = self._clusters.get(self._remembered.get(words, 0))
        if cluster is None:
            cluster = self._find(folded(words))
            if len(self._remembered) >= self._limits.remembered_max:
                self._remembered.clear()
            self._remembered[words] = cluster.id
        self._turn += 1
        cluster.size, cluster.turn = cluster.size + 1, self._turn
        self._clusters.move_to_end(cluster.id)
        return cluster.template()

    def match(self, line: str) -> Template | None:
        """The template of a line, without learning from it."""
        words = words_of(line)
        found = self._clusters.get(self._remembered.get(words, 0)) or self._search(folded(words))
        return found.template() if found else None

    def all(self) -> list[Template]:
        """Every template, the most frequent first."""
        return sorted((cluster.template() for cluster in self._clusters.values()), key=lambda one: (-one.size, one.id))

    def state(self) -> dict[str, Any]:
        """All that was learnt, fit for JSON."""
        clusters = [[one.id, one.size, one.branch[1], list(one.words)] for one in self._clusters.values()]
        return {"version": STATE_VERSION, "next": self._next, "clusters": clusters}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], limits: Limits | None = None) -> Templates:
        """What `state` gave; ValueError where it is nothing of the kind."""
        if state.get("version") != STATE_VERSION:
            raise ValueError("not a state of templates of this version")
        found = cls(limits)
        try:
            for id_, size, first, words in state["clusters"]:
                found._restore(int(id_), int(size), str(first), tuple(map(str, words)))
            found._next = max(int(state["next"]), max(found._clusters, default=0) + 1)
        except (KeyError, TypeError, ValueError) as problem:
            raise ValueError("not a state of templates") from problem
        return found

    def _restore(self, id_: int, size: int, first: str, words: Words) -> None:
        if id_ < 1 or id_ in self._clusters:
            raise ValueError(id_)
        self._turn += 1
        self._keep(_Cluster(id_, (len(words), first), words, size, self._turn))

    def _find(self, words: Words) -> _Cluster:
        cluster = self._search(words) or self._elsewhere(words)
        if cluster is None:
            cluster = _Cluster(self._next, self._branch(words), words, 0)
            self._next += 1
            self._keep(cluster)
        elif cluster.words != words:
            cluster.words = tuple(a if a == b else ANYTHING for a, b in zip(cluster.words, words, strict=True))
        return cluster

    def _branch(self, words: Words) -> Branch:
        """Where a line belongs in the tree; lines without a leading word, or with one too many, go one way together."""
        children = self._tree.get(len(words), {})
        first = next(filter(leads, words), ANYTHING)
        full = first not in children and len(children) >= self._limits.children_max
        return len(words), ANYTHING if full else first

    def _search(self, words: Words) -> _Cluster | None:
        length, first = self._branch(words)
        children = self._tree.get(length, {})
        return self._closest(
            words, [*children.get(first, ()), *(children.get(ANYTHING, ()) if first != ANYTHING else ())]
        )

    def _elsewhere(self, words: Words) -> _Cluster | None:
        """The leading word may itself be a name: a template that is like enough is found without it from then on."""
        anywhere = chain.from_iterable(self._tree.get(len(words), {}).values())
        cluster = self._closest(words, list(islice(anywhere, self._limits.elsewhere_max)), ELSEWHERE_MIN)
        if cluster is not None:
            self._forget(cluster.id)
            cluster.branch = (len(words), ANYTHING)
            self._keep(cluster)
        return cluster

    def _closest(self, words: Words, ids: list[int], likeness_min: float = LIKENESS_MIN) -> _Cluster | None:
        self.effort += len(words) * (1 + len(ids))
        plain = len(words) - sum(map(is_value, words))
        best, best_likeness = None, (likeness_min, -1.0)
        for id_ in ids:
            cluster = self._clusters[id_]
            # What cannot be like enough, whatever the names and values are, is not looked at word by word.
            if sum(map(eq, cluster.words, words)) < likeness_min * (plain - cluster.words.count(ANYTHING)):
                continue
            likeness = _likeness(cluster.words, words)
            if likeness > best_likeness:
                best, best_likeness = cluster, likeness
        return best

    def _keep(self, cluster: _Cluster) -> None:
        length, first = cluster.branch
        leaf = self._tree.setdefault(length, {}).setdefault(first, [])
        if len(leaf) >= self._limits.leaf_max:
            self._forget(min(leaf, key=lambda id_: self._clusters[id_].turn))
        elif len(self._clusters) >= self._limits.templates_max:
            self._forget(next(iter(self._clusters)))
        self._clusters[cluster.id] = cluster
        self._tree.setdefault(length, {}).setdefault(first, []).append(cluster.id)

    def _forget(self, id_: int) -> None:
        length, first = self._clusters.pop(id_).branch
        children = self._tree[length]
        children[first].remove(id_)
        if not children[first]:
            del children[first]
        if not children:
            del self._tree[length]


def _likeness(template_words: Words, words: Words) -> tuple[float, float]:
    """How much of what is said agrees, as a share and as such; nothing where a telling word differs."""
    same = other = 0.0
    for ours, theirs in zip(template_words, words, strict=True):
        if ours == theirs:
            same += weight_of(theirs)
        elif is_telling(ours) or is_telling(theirs):
            return 0.0, 0.0
        elif ours == ANYTHING:
            other += min(VALUE_WEIGHT, weight_of(theirs))
        else:
            other += max(weight_of(ours), weight_of(theirs))
    return (same / (same + other) if same + other else 1.0), same
