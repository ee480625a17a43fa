"""Reads the indented outline that kubectl describe prints into nodes: a key, its value, and what lies below it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

LINES_MAX = 10_000
LINE_CHARS_MAX = 4_000
DEPTH_MAX = 40
_KEY = re.compile(r"^([^\s:][^:\n]{0,250}?):(?:\s{1,200}(.*))?$")
_NONE = frozenset({"<none>", "<unset>", "<nil>", "<unknown>", ""})


@dataclass(slots=True)
class Node:
    """One key of the outline; `lines` are the raw lines below it, with their indents."""

    key: str
    value: str
    indent: int
    children: list[Node] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def child(self, *names: str) -> Node | None:
        """The first node directly below that has one of these keys."""
        return next((node for node in self.children if node.key in names), None)

    def said(self, *names: str) -> str:
        """The value of such a child; nothing where it says that there is none."""
        found = self.child(*names)
        return plain(found.value) if found else ""

    def listed(self) -> Iterator[str]:
        """The value and the lines below it, as one list of entries."""
        for entry in (self.value, *self.lines):
            if plain(entry):
                yield plain(entry)


def plain(raw: str) -> str:
    """The value without blanks, empty where kubectl says that it is not set."""
    said = raw.strip()
    return "" if said in _NONE else said


def outline(content: str) -> list[Node]:
    """One root node for each object described; objects are parted by their first key, `Name`."""
    roots: list[Node] = []
    path: list[Node] = []
    for raw in content.splitlines()[:LINES_MAX]:
        line = raw[:LINE_CHARS_MAX].rstrip().expandtabs(2)
        if not line:
            continue
        indent = len(line) - len(line.lstrip())
        key = _KEY.match(line.strip())
        if (key and indent == 0 and key[1] == "Name") or not roots:
            roots.append(Node("", "", -1))
            path = [roots[-1]]
        while len(path) > 1 and path[-1].indent >= indent:
            path.pop()
        for node in path:
            node.lines.append(line)
        if key and len(path) < DEPTH_MAX:
            node = Node(key[1], key[2] or "", indent)
            path[-1].children.append(node)
            path.append(node)
    return roots
