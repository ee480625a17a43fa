"""Reads Kubernetes quantities (250m, 1Gi, 2k), ages (3d4h) and percentages into plain numbers."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.document import number

_UNITS = {
    "": 1.0,
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
_QUANTITY = re.compile(r"^\s{0,4}(\d{1,18}(?:\.\d{1,9})?(?:e\d{1,2})?)\s?([numkKMGTPE]i?)?\s{0,4}$")
_AGE = re.compile(r"(\d{1,7})([ywdhms])")
_SECONDS = {"y": 31_536_000.0, "w": 604_800.0, "d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}


def quantity(raw: object) -> float | None:
    """The number that a quantity means, in cores, bytes or pieces; None where it is none."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        return number(raw)
    found = _QUANTITY.match(raw[:40]) if isinstance(raw, str) else None
    return float(found[1]) * _UNITS[found[2] or ""] if found and (found[2] or "") in _UNITS else None


def age_seconds(raw: str) -> float | None:
    """The seconds in an age as kubectl prints it; None where it is none."""
    plain = raw.strip()[:40]
    found = _AGE.findall(plain)
    if not found or "".join(number + unit for number, unit in found) != plain:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in found)
