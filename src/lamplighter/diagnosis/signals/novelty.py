"""Errors that a component's log did not know in normal times, where no trace says which request wrote them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lamplighter.diagnosis.signals.habits import ERROR_MARK, Break, surprise
from lamplighter.diagnosis.signals.lines import Line

RARER = 0.2
COUNT_MIN = 2
ENTRY = "its log"


def novelties_of(window: Sequence[Line], normal: Sequence[Line]) -> list[Break]:
    """New or surging errors of components whose logs are known from both stretches, the surest first."""
    now, before = Counter(line.component for line in window), Counter(line.component for line in normal)
    errors = [line for line in window if line.error and before[line.component]]
    known = Counter((line.component, line.gist) for line in normal if line.error)
    found: list[Break] = []
    for (component, gist), count in sorted(Counter((line.component, line.gist) for line in errors).items()):
        usual = known[component, gist]
        share, normally = count / now[component], usual / before[component]
        if count < COUNT_MIN or normally > RARER * share:
            continue
        first = next(line for line in errors if (line.component, line.gist) == (component, gist))
        found.append(
            Break(
                component,
                ENTRY,
                f"{ERROR_MARK}log: {gist}",
                error=True,
                appeared=True,
                now=(count, now[component]),
                normally=(usual, before[component]),
                weight=surprise(count, now[component], usual, before[component]),
                at=first.at,
                evidence=first.evidence,
            )
        )
    return sorted(found, key=lambda one: (-one.weight, one.component, one.deed))
