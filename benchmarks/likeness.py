"""The two ways of grouping that others offer, for comparison: a cosine of texts, and Alertmanager's `group_by`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import log, sqrt

from lamplighter.domain.alert import Alert

COSINE = 0.7
_WORD = re.compile(r"[A-Za-z0-9_]+")
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_Shared = tuple[tuple[str, float], ...]


def by_labels(alerts: Sequence[Alert], names: Sequence[str]) -> list[object]:
    """The group of each alert under `group_by`."""
    return [tuple(alert.labels.get(name, "") for name in names) for alert in alerts]


def by_cosine(alerts: Sequence[Alert]) -> list[object]:
    """The group of each alert where all pairs above COSINE are merged, TF-IDF over name, summary and label values.

    Words of one alert only add to its length, so alerts are compared by the words that they share with others: ten
    thousand alerts of one rule are one comparison.
    """
    counts = [Counter(_words(alert)) for alert in alerts]
    seen = Counter(word for count in counts for word in count)
    weights = {word: log((1 + len(alerts)) / (1 + times)) + 1 for word, times in seen.items()}
    classes: dict[tuple[_Shared, float], list[int]] = {}
    for index, count in enumerate(counts):
        vector = {word: times * weights[word] for word, times in count.items()}
        length = round(sqrt(sum(value * value for value in vector.values())), 9)
        shared = tuple(sorted((word, value) for word, value in vector.items() if seen[word] > 1))
        classes.setdefault((shared, length), []).append(index)
    return _linked(len(alerts), classes)


def _linked(size: int, classes: dict[tuple[_Shared, float], list[int]]) -> list[object]:
    parents = list(range(size))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = index = parents[parents[index]]
        return index

    kinds = [(dict(shared), length, members) for (shared, length), members in classes.items()]
    for number, (vector, length, members) in enumerate(kinds):
        if sum(value * value for value in vector.values()) > COSINE * length * length:
            for other in members[1:]:
                parents[root(other)] = root(members[0])
        for other_vector, other_length, others in kinds[:number]:
            dot = sum(value * other_vector.get(word, 0.0) for word, value in vector.items())
            if dot > COSINE * length * other_length:
                for index in (*members, *others):
                    parents[root(index)] = root(members[0])
    return [root(index) for index in range(size)]


def _words(alert: Alert) -> list[str]:
    labels = (value for name, value in alert.labels.items() if name != "alertname")
    text = " ".join((_HUMPS.sub(" ", alert.name), alert.annotations.get("summary", ""), *labels))
    return [word.lower() for word in _WORD.findall(text)]
