"""Puts a cause into one sentence: the clauses of its kind whose values the cited facts know."""

from __future__ import annotations

from collections.abc import Sequence
from string import Formatter

from lamplighter.diagnosis.catalogue.fault_kind import FaultKind
from lamplighter.diagnosis.readers.draft import shown
from lamplighter.domain.evidence import Fact
from lamplighter.domain.plan import bytes_words

VALUE_CHARS_MAX = 160


def state_cause(kind: FaultKind, component: str, cited: Sequence[Fact], extra: dict[str, str]) -> str:
    """The sentence, without a full stop. Where two facts know a value, the first one is used."""
    words = {"component": component, **extra}
    for fact in cited:
        for key, value in fact.values.items():
            name, said = _said(key, value)
            words.setdefault(name, said)
        if fact.at is not None and fact.kind not in {"alert", "probe"}:
            words.setdefault("at", f"{fact.at:%Y-%m-%d %H:%M:%S} UTC")
    return "".join(clause.format_map(words) for clause in kind.clauses if _fields(clause) <= words.keys())


def _said(key: str, value: str | float) -> tuple[str, str]:
    if isinstance(value, str):
        return key, shown(value, VALUE_CHARS_MAX)
    if key.endswith("_bytes"):
        return key.removesuffix("_bytes"), bytes_words(int(value))
    return ("status_code" if key == "status" else key), f"{value:g}"


def _fields(clause: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(clause) if name}
