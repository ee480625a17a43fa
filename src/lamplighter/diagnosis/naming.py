"""One name for one component: what tools, labels and logs call it is brought to the name that the case knows it by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lamplighter.diagnosis.readers.draft import host_of
from lamplighter.domain.evidence import Case, Fact

NAMES_MAX = 2_000
_COMPOSE = re.compile(r"^[\w.]{1,60}?[-_]([\w.-]{1,100}?)[-_]\d{1,3}$")
_ADDRESS = re.compile(r"^\d{1,3}(?:\.\d{1,3}){3}$")


@dataclass(frozen=True, slots=True)
class Naming:
    """The names that a case knows, by their plain forms, and the addresses of some of them."""

    known: frozenset[str]
    plain: Mapping[str, str]
    addresses: Mapping[str, str]

    def of(self, said: str) -> str:
        """The known name that is meant; else what was said, without port, path and `.service`."""
        if not said or said in self.known:
            return said
        host = host_of(said) or said
        for form in (said, host, host.partition(".")[0], said.rsplit("/", maxsplit=1)[-1]):
            found = self.addresses.get(form) or self.plain.get(_plain(form))
            if found:
                return found
        composed = _COMPOSE.match(said)
        meant = self.plain.get(_plain(composed[1])) if composed else None
        return meant or (host if ":" in said or "://" in said else said.removesuffix(".service"))

    def knows(self, said: str) -> bool:
        """Whether this means a component of the case."""
        return self.of(said) in self.known


def naming_of(case: Case, facts: Iterable[Fact]) -> Naming:
    """The names of the case: its components, its topology, and what engines and logs are named after."""
    first = [*case.components, *(name for edge in case.topology for name in (edge.source, edge.target)), case.subject]
    found = list(facts)
    later = [
        fact.component for fact in found if fact.kind in {"state", "log_sign", "log_error", "usage", "guest", "health"}
    ]
    addresses: dict[str, str] = {}
    plain: dict[str, str] = {}
    known: dict[str, None] = {}
    for name in first:
        if name:
            known.setdefault(name)
            plain.setdefault(_plain(name), name)
    for name in later[:NAMES_MAX]:
        # A longer form of a name that the case itself gives is no other component.
        if name and _plain(name) not in plain and not (host_of(name) != name and _plain(host_of(name)) in plain):
            known.setdefault(name)
            plain.setdefault(_plain(name), name)
    for fact in found:
        for address in str(fact.values.get("addresses", "")).split():
            addresses.setdefault(address, plain.get(_plain(fact.component), fact.component))
    return Naming(frozenset(known), plain, addresses)


def named(facts: Iterable[Fact], naming: Naming) -> list[Fact]:
    """The facts under the names of the case."""
    return [replace(fact, component=naming.of(fact.component)) if fact.component else fact for fact in facts]


def _plain(name: str) -> str:
    return name.removeprefix("/").removesuffix(".service").casefold().replace("_", "-")
