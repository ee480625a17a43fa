"""Says in facts about series what their metrics measure, in the words and units of the server that keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from lamplighter.diagnosis.readers.draft import shown
from lamplighter.domain.evidence import Fact

METRIC = "metric"
OF_SERIES = frozenset({"gauge", "metric_shift", "rule", "up"})
TEXT_CHARS_MAX = 600
WORDS_CHARS_MAX = 160
# A histogram is described under the name that its series begin with.
_PARTS = ("_bucket", "_sum", "_count")
_NAME = re.compile(r"[A-Za-z_:][A-Za-z0-9_:]{2,200}")


def with_metric_words(facts: Sequence[Fact]) -> list[Fact]:
    """The facts; those about series with what the first described metric of their query is."""
    meant = {str(fact.values["metric"]): fact for fact in facts if fact.kind == METRIC and "metric" in fact.values}
    return [_with_words(fact, meant) if fact.kind in OF_SERIES else fact for fact in facts] if meant else list(facts)


def _with_words(fact: Fact, meant: Mapping[str, Fact]) -> Fact:
    found = next((one for name in _NAME.findall(f"{fact.query} {fact.text}") if (one := _described(name, meant))), None)
    if found is None:
        return fact
    words = shown(found.text.partition(" is a ")[2], WORDS_CHARS_MAX)
    values = {**fact.values, **{f"metric_{key}": found.values[key] for key in ("type", "unit") if key in found.values}}
    return replace(fact, text=shown(f"{fact.text} ({found.values['metric']}: {words})", TEXT_CHARS_MAX), values=values)


def _described(name: str, meant: Mapping[str, Fact]) -> Fact | None:
    stems = (name, *(name.removesuffix(part) for part in _PARTS if name.endswith(part)))
    return next((meant[stem] for stem in stems if stem in meant), None)
