"""What a person can do about a cause, filled with its facts: at once, and against the next time. Never done here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lamplighter.diagnosis.catalogue.fault_kind import FaultKind, Step
from lamplighter.diagnosis.first_aid import STEPS
from lamplighter.diagnosis.prevention import PREVENTION
from lamplighter.diagnosis.statement import state_cause
from lamplighter.domain.evidence import Fact

AT_ONCE_MAX = 3
LATER_MAX = 2
# For a kind that nobody wrote steps for yet.
ANY_AT_ONCE: tuple[Step, ...] = (
    ("look at the facts that are cited for {component}, the first one first",),
    ("see what was changed at {component} last, and take it back if the trouble began with it",),
)
ANY_LATER: tuple[Step, ...] = (("write down what helped {component} this time, as a runbook",),)


def measures(kind: FaultKind, component: str, cited: Sequence[Fact]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Two or three actions at once, and one or two for later, each as far as the facts know its values."""
    now = kind.at_once or STEPS.get(kind.name) or ANY_AT_ONCE
    later = kind.later or PREVENTION.get(kind.name) or ANY_LATER
    return _said(kind, component, cited, now)[:AT_ONCE_MAX], _said(kind, component, cited, later)[:LATER_MAX]


def _said(kind: FaultKind, component: str, cited: Sequence[Fact], steps: Sequence[Step]) -> tuple[str, ...]:
    said = (state_cause(replace(kind, clauses=step), component, cited, {}) for step in steps)
    return tuple(dict.fromkeys(words for words in said if words))
