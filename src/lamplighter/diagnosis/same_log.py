"""What else a log says as often as what a cause was read from: whoever reads the cause should know of it too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lamplighter.domain.evidence import Fact

KINDS = frozenset({"log_sign", "log_error"})
COUNT_MIN = 10.0
AS_OFTEN = 0.5
MORE_MAX = 3


def as_often(cited: Sequence[Fact], facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Other errors in the logs that the first cited fact comes from, at most MORE_MAX, the most frequent first.

    Only where a line of a log carries the cause most, and was written many times: then it is one trouble of several.
    """
    if not cited or cited[0].kind not in KINDS or _count(cited[0]) < COUNT_MIN:
        return ()
    first, held = cited[0], {_said(fact) for fact in cited}
    found: dict[str, Fact] = {}
    for fact in sorted(facts, key=lambda one: -_count(one)):
        of_this_log = fact.kind in KINDS and fact.component == first.component and fact.evidence == first.evidence
        if of_this_log and _count(fact) >= AS_OFTEN * _count(first) and _said(fact) not in held:
            found.setdefault(_said(fact), fact)
    return tuple(found.values())[:MORE_MAX]


def _count(fact: Fact) -> float:
    return fact.number("count") or 0.0


def _said(fact: Fact) -> str:
    return str(fact.values.get("sign") or fact.values.get("template") or fact.text)
