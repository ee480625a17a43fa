"""What all answers of Proxmox share: the envelope, shares of a whole, and a disk that is full. No judgement."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import at, decoded, number
from lamplighter.diagnosis.readers.draft import draft, known
from lamplighter.domain.evidence import Evidence, Fact

_NODE = re.compile(r"/nodes/([\w.-]{1,80})/")
ENGINE = "proxmox"
FULL_SHARE = 0.98


def answered(content: str) -> object:
    """The data of an answer, with the API's envelope or, as pvesh prints it, without. Raises `Unreadable`."""
    told = decoded(content)
    return at(told, "data") if isinstance(told, dict) and "data" in told else told


def share(data: object, part: str, whole: str) -> float | None:
    """The share of the whole that is used; None where either is not told."""
    used, total = number(data, part), number(data, whole)
    return used / total if used is not None and total else None


def full_disk(evidence: Evidence, component: str, target: str, used: float | None) -> list[Fact]:
    """A fact where a disk has next to nothing left, in the words of a disk probe."""
    if used is None or used < FULL_SHARE:
        return []
    said = f"{target} of {component} is {used:.0%} full"
    values = known(probe="disk", state="failing", target=target, value=100.0 * (1 - used))
    return [draft(evidence, "probe", said, values, at=evidence.at, component=component)]


def node_of(evidence: Evidence) -> str:
    """The node that was asked: named by itself, or in the path of the call."""
    found = _NODE.search(evidence.params.get("path", "") or evidence.params.get("query", ""))
    return evidence.params.get("node") or (found[1] if found else "")
