"""Reads which packages were changed on a machine: candidates for what changed before this, and nothing more."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import Unreadable, at, decoded, items, text
from lamplighter.diagnosis.readers.draft import draft, known, owner, shown
from lamplighter.diagnosis.readers.instants import instant
from lamplighter.domain.evidence import Evidence, Fact

CHANGES_READ_MAX = 2_000
TOLD_MAX = 20
NAMES_SHOWN = 8
NAME_LETTERS_MIN = 3
MINUTE_CHARS = len("2026-03-01T11:00")
_PACKAGE = re.compile(r"^(?:upgraded|downgraded|installed|removed|purged|reinstalled) ([a-z0-9][a-z0-9+.-]{0,100})")


def read_packages(evidence: Evidence) -> list[Fact]:
    """Facts `change`: each package that bears the component's name, and one for all others of one minute.

    Others are the machine's changes, not the component's. Raises `Unreadable`.
    """
    data = decoded(evidence.content)
    if not isinstance(at(data, "changes"), list):
        raise Unreadable("the changes of packages hold no list of changes")
    component, host = owner(evidence), shown(text(data, "host"), 120) or "this machine"
    related: list[Fact] = []
    others: dict[str, list[str]] = {}
    for change in items(data, "changes")[-CHANGES_READ_MAX:]:
        what, when = shown(text(change, "what"), 200), text(change, "at")
        package = _PACKAGE.match(what)
        if package and component and is_related(package[1], component):
            values = known(family="deploy", what=what, package=package[1], source=text(data, "source") or "dpkg")
            said = f"{what} on {host}"
            related.append(draft(evidence, "change", said, values, at=instant(when), component=component))
        elif what:
            others.setdefault(when[:MINUTE_CHARS], []).append(what)
    rest = [_together(evidence, when, whats, host) for when, whats in sorted(others.items())[-TOLD_MAX:]]
    return sorted(related[-TOLD_MAX:] + rest, key=lambda fact: (fact.at is not None, fact.at))


def is_related(package: str, component: str) -> bool:
    """Whether a package's name and a component's mean the same program: `postgresql-15` and `postgresql`."""
    mine = component.lower().removesuffix(".service").partition("@")[0]
    parts = [package, package.removesuffix("-server"), re.sub(r"[-.]?\d[\d.]*$", "", package)]
    if mine in parts:
        return True
    return len(mine) >= NAME_LETTERS_MIN and any(mine == part for part in re.split(r"[-.]", package)[:1])


def _together(evidence: Evidence, when: str, whats: list[str], host: str) -> Fact:
    more = f" and {len(whats) - NAMES_SHOWN} more" if len(whats) > NAMES_SHOWN else ""
    said = f"{', '.join(whats[:NAMES_SHOWN])}{more} on {host}"
    values = known(family="packages", what=shown(said, 200), count=float(len(whats)), source="dpkg")
    return draft(evidence, "change", said, values, at=instant(when), component=host)
