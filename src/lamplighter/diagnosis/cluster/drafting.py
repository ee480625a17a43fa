"""How the rules over a cluster write a fact down: on which evidence it rests, of whom it speaks, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lamplighter.diagnosis.cluster.inventory import Inventory, Seen
from lamplighter.diagnosis.readers.draft import Values, known, shown
from lamplighter.domain.evidence import Fact

KUBE = "kube"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a fact rests on: the piece of evidence, how it was asked for, the component, the moment."""

    evidence: str
    query: str
    component: str
    at: datetime | None = None


def fact_of(cause: Ground, kind: str, text: str, values: Values) -> Fact:
    """A fact without its number."""
    return Fact("", cause.evidence, cause.component, kind, shown(text, 600), cause.at, shown(cause.query), values)


def sign_fact(
    found: Inventory, one: Seen, sign: str, text: str, component: str = "", **values: str | float | bool | None
) -> Fact:
    """A fact `kube` of one object: what is known by the name `sign` holds for it."""
    who = component or found.component(one)
    told = known(sign=sign, target=one.name, namespace=one.namespace, **values)
    return fact_of(Ground(one.evidence, one.query, who), KUBE, text, told)
