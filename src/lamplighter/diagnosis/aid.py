"""What can be done about a cause: at once and for the long term, from its kind's entry, filled with its own facts."""

from __future__ import annotations

from dataclasses import dataclass

from lamplighter.diagnosis.catalogue import CATALOGUE
from lamplighter.diagnosis.measures import measures
from lamplighter.domain.cause import Cause, Diagnosis

_KINDS = {kind.name: kind for kind in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Aid:
    """Steps for a person, the first first, and the names of runbooks to look for."""

    at_once: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    runbooks: tuple[str, ...] = ()


def aid(cause: Cause, diagnosis: Diagnosis) -> Aid:
    """At most three steps at once and two for the long term; nothing for a kind that the catalogue does not know."""
    kind = _KINDS.get(cause.fault)
    if kind is None:
        return Aid()
    at_once, later = measures(kind, cause.component, diagnosis.cited(cause))
    return Aid(at_once, later, kind.runbooks)
