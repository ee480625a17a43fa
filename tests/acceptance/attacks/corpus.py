"""Real output of every tool, from the golden cases, and what a hostile or broken tool would make of it."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from lamplighter.diagnosis.readers import READERS
from lamplighter.domain.evidence import Case, Evidence
from lamplighter.lab.case_file import read_case

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/*/case.json"))
EACH_MAX = 6
DEPTH = 3_000
HOSTILE: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    10**400,
    -(10**30),
    1.7e308,
    float("nan"),
    float("inf"),
    "",
    "NaN",
    "+Inf",
    "1e400",
    "\x00\x1b[31m\u202e",
    "9" * 400,
    [],
    {},
    [[]],
    [None],
    {"": None},
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999+23:59",
    "\ud800",
)
RAW = {
    "nothing": "",
    "blank lines": "\n\r\n\x0b\x0c\x85\u2028\n",
    "binary": "".join(map(chr, random.Random(1).choices(range(256), k=8_000))),  # noqa: S311 - the same noise each time
    "not UTF-8": "caf\udce9 \ufffd\ufffd \udcff" * 200,
    "mixed line ends": "a\r\nb\rc\n\r" * 300,
    "deep list": "[" * DEPTH + "]" * DEPTH,
    "deep object": '{"a":' * DEPTH + "1" + "}" * DEPTH,
    "deep YAML": "".join(f"{'  ' * depth}a:\n" for depth in range(120)),
    "deep flow": "a: " + "{b: [" * DEPTH,
    "anchors": "a: &a [x]\n" + "".join(f"k{n}: [*a, *a, *a, *a]\n" for n in range(200)),
    "huge number": '[{"value": 1e99999, "n": ' + "9" * 5_000 + "}]",
    "constants": '{"data": {"result": [NaN, Infinity, -Infinity]}}',
    "one long word": "A" * 65_536,
    "one long line": "error: failed to pull image " * 2_000,
    "columns": "NAME   READY   STATUS\n" + "x " * 20_000,
    "many rows": "NAME   READY   STATUS   RESTARTS   AGE\n"
    + "".join(f"p-{n}   0/1   X   9   1d\n" for n in range(800)),
    "lone escapes": "\x1b[31m\x1b]0;x\x07\x9b\u202e" * 500,
}


@cache
def pieces() -> dict[str, tuple[Evidence, ...]]:
    """At most EACH_MAX real pieces of every tool."""
    held: dict[str, list[Evidence]] = {tool: [] for tool in READERS}
    for path in CASES:
        for piece in read_case(path).evidence:
            kind = f"{piece.tool} {piece.params.get('kind', '')} {piece.media}".strip()
            held.setdefault(kind, [])
            if len(held[kind]) < EACH_MAX and piece.content:
                held[kind].append(piece)
    return {kind: tuple(some) for kind, some in held.items() if some}


@cache
def cases() -> tuple[Case, ...]:
    """Every golden case."""
    return tuple(read_case(path) for path in CASES)


def broken(piece: Evidence, seed: int) -> Iterator[Evidence]:
    """Cut, doubled, shuffled and filled with what no tool should print; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    text = piece.content
    place = dice.randrange(len(text))
    yield replace(piece, content=text[:place])
    yield replace(piece, content=text[place:])
    yield replace(piece, content=text[:place] + dice.choice(list(RAW.values()))[:3_000] + text[place:])
    lines = text.splitlines()
    dice.shuffle(lines)
    yield replace(piece, content="\r\n".join(lines))
    yield replace(piece, content="".join(chr(dice.randrange(0x250)) if dice.random() < 0.05 else one for one in text))
    digits = str.maketrans(dict.fromkeys("0123456789", "9" * 40))
    yield replace(piece, content=text.translate(digits))
    yield replace(piece, content=text.translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")))
    yield replace(piece, content=text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")))
    try:
        data = json.loads(text)
    except ValueError:
        return
    for _ in range(6):
        yield replace(piece, content=json.dumps(_spoilt(data, dice)))


def _spoilt(value: object, dice: random.Random) -> object:
    """The same shape with some values replaced, at any depth."""
    if dice.random() < 0.04:
        return dice.choice(HOSTILE)
    if isinstance(value, dict):
        return {key: _spoilt(one, dice) for key, one in value.items() if dice.random() > 0.02}
    if isinstance(value, list):
        return [_spoilt(one, dice) for one in value]
    return value
