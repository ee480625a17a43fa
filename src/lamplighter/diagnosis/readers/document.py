"""Walks JSON of unknown shape: every access answers with a plain type or with nothing, and never raises."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import msgspec

from lamplighter.domain.evidence import Evidence

DIGITS_MAX = 15
# What a reader may break off with where a tool printed what nobody thought of. It costs that piece and no diagnosis.
BREAKS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


_FOREIGN = re.compile(r"[^\x00-\x7f]")


def with_plain_digits(evidence: Evidence) -> Evidence:
    """The piece without digits of other scripts: no tool prints them, and what looks like a number would not be one."""
    if evidence.content.isascii():
        return evidence
    plain = _FOREIGN.sub(lambda found: "\ufffd" if found[0].isnumeric() else found[0], evidence.content)
    return replace(evidence, content=plain)


class Unreadable(ValueError):
    """Content that is not what its tool returns; the text says what is wrong with it."""


def decoded(content: str) -> object:
    """The JSON value in `content`. Raises `Unreadable`."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, ValueError) as problem:
        raise Unreadable(f"not JSON: {str(problem)[:120]}") from problem


def record(value: object) -> dict[str, object]:
    """The one JSON object in `value`, which may stand alone in a list. Raises `Unreadable`."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        raise Unreadable("a JSON object was expected")
    return value


def at(value: object, *path: str) -> object:
    """What lies under `path`, or None."""
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def text(value: object, *path: str) -> str:
    """The string under `path`, or empty."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str) -> float | None:
    """The finite number under `path`; digits in a string count; a bool does not."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        return None
    try:
        parsed = float(found)
    except (ValueError, OverflowError):
        return None
    return parsed if math.isfinite(parsed) else None


def is_count(word: str) -> bool:
    """Whether a word is a whole number of plain digits that a float holds; `²` and a thousand nines are none."""
    return word.isascii() and word.isdigit() and len(word) <= DIGITS_MAX


def flag(value: object, *path: str) -> bool | None:
    """The boolean under `path`, or None."""
    found = at(value, *path)
    return found if isinstance(found, bool) else None


def items(value: object, *path: str) -> list[object]:
    """The list under `path`, or an empty one."""
    found = at(value, *path)
    return found if isinstance(found, list) else []
