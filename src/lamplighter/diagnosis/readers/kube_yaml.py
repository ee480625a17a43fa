"""Reads the plain YAML that kubectl prints: mappings, lists, quoted and block texts. Anchors and tags mean nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lamplighter.diagnosis.readers.document import Unreadable

LINES_MAX = 20_000
DEPTH_MAX = 60
_KEY = re.compile(
    r"^(\"(?:[^\"\\]|\\.){0,400}\"|'(?:[^']|''){0,400}'|[^\s\"'#\[\]{},&*!|>%@`-][^\n]{0,400}?|-[^\s:][^\n]{0,200}?):(?:\s+(.*))?$"
)
_BLOCK = re.compile(r"^([|>])([+-]?)(\d?)[+-]?\s*(?:#.*)?$")
_NUMBER = re.compile(r"^[-+]?\d{1,18}(?:\.\d{1,18})?(?:[eE][-+]?\d{1,3})?$")
_ESCAPES = {"n": "\n", "t": "\t", "r": "", '"': '"', "\\": "\\", "/": "/", "0": ""}
_WORDS: dict[str, object] = {
    "null": None,
    "~": None,
    "": None,
    "true": True,
    "True": True,
    "false": False,
    "False": False,
}


@dataclass(slots=True)
class _Lines:
    """The lines that are left to read: the indent and the text of each; an empty line has indent -1."""

    rows: list[tuple[int, str]]
    place: int = 0

    def peek(self) -> tuple[int, str] | None:
        """The next line that says something, or None; comments and empty lines are passed over."""
        while self.place < len(self.rows):
            indent, said = self.rows[self.place]
            if indent >= 0 and not said.startswith("#") and said != "...":
                return indent, said
            self.place += 1
        return None


def yaml_documents(content: str) -> list[object]:
    """Every document in `content`, in order. Raises `Unreadable` where a document is neither a mapping nor a list."""
    documents: list[object] = []
    rows: list[tuple[int, str]] = []
    for line in content.splitlines()[:LINES_MAX]:
        if line.startswith("---"):
            documents += _document(rows)
            rows = []
        else:
            plain = line.rstrip()
            rows.append((len(plain) - len(plain.lstrip(" ")) if plain else -1, plain.lstrip(" ")))
    documents += _document(rows)
    if not documents:
        raise Unreadable("no YAML mapping and no list in it")
    return documents


def _document(rows: list[tuple[int, str]]) -> list[object]:
    lines = _Lines(rows)
    head = lines.peek()
    if head is None:
        return []
    if not head[1].startswith("- ") and not _KEY.match(head[1]):
        raise Unreadable(f"not YAML: {head[1][:60]}")
    return [_value(lines, head[0], 0)]


def _value(lines: _Lines, indent: int, depth: int) -> object:
    head = lines.peek()
    if head is None or head[0] < indent or depth > DEPTH_MAX:
        return None
    if head[1] == "-" or head[1].startswith("- "):
        return _list(lines, head[0], depth)
    if _KEY.match(head[1]):
        return _mapping(lines, head[0], depth)
    return _scalar_lines(lines, indent)


def _mapping(lines: _Lines, indent: int, depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    while (head := lines.peek()) is not None and head[0] == indent:
        key = _KEY.match(head[1])
        if key is None:
            break
        lines.place += 1
        found[str(_scalar(key[1]))] = _behind(lines, indent, (key[2] or "").strip(), depth, in_list=False)
    _skip_deeper(lines, indent)
    return found


def _behind(lines: _Lines, indent: int, rest: str, depth: int, *, in_list: bool) -> object:
    """What stands behind a key or a dash: on its own line, or on the deeper ones that follow."""
    block = _BLOCK.match(rest)
    if block:
        return _block(lines, indent, folded=block[1] == ">")
    if rest and not rest.startswith("#"):
        return _continued(lines, indent, rest)
    head = lines.peek()
    if head is None or head[0] < indent:
        return None
    if head[0] == indent and (in_list or not (head[1] == "-" or head[1].startswith("- "))):
        return None
    return _value(lines, head[0], depth + 1)


def _list(lines: _Lines, indent: int, depth: int) -> list[object]:
    found: list[object] = []
    while (head := lines.peek()) is not None and head[0] == indent and (head[1] == "-" or head[1].startswith("- ")):
        rest = head[1][1:].lstrip(" ")
        inner = indent + len(head[1]) - len(rest)
        if rest and (rest.startswith("- ") or _KEY.match(rest)) and not rest.startswith(('"', "'", "{", "[")):
            lines.rows[lines.place] = (inner, rest)
            found.append(_value(lines, inner, depth + 1))
        else:
            lines.place += 1
            found.append(_behind(lines, indent, rest, depth, in_list=True))
    return found


def _skip_deeper(lines: _Lines, indent: int) -> None:
    """Lines deeper than a finished mapping belong to nothing that is understood."""
    while (head := lines.peek()) is not None and head[0] > indent:
        lines.place += 1


def _block(lines: _Lines, indent: int, *, folded: bool) -> str:
    taken: list[tuple[int, str]] = []
    while lines.place < len(lines.rows):
        row = lines.rows[lines.place]
        if 0 <= row[0] <= indent:
            break
        taken.append(row)
        lines.place += 1
    least = min((place for place, _ in taken if place >= 0), default=0)
    said = [" " * (place - least) + text if place >= 0 else "" for place, text in taken]
    return (" " if folded else "\n").join(said).rstrip("\n") + "\n"


def _continued(lines: _Lines, indent: int, rest: str) -> object:
    """A scalar that may run on over deeper lines, as kubectl folds long texts."""
    whole = rest
    while (
        lines.place < len(lines.rows)
        and (lines.rows[lines.place][0] > indent or (lines.rows[lines.place][0] < 0 and _open(whole)))
        and (_open(whole) or not rest.startswith(('"', "'", "{", "[")))
    ):
        whole += " " + lines.rows[lines.place][1] if lines.rows[lines.place][0] >= 0 else "\n"
        lines.place += 1
    return _scalar(whole)


def _open(said: str) -> bool:
    """Whether a quoted text or a flow list has begun and not ended."""
    if said.startswith('"'):
        return len(said) == 1 or not said.endswith('"') or said.endswith('\\"')
    if said.startswith("'"):
        return said.count("'") % 2 == 1
    if said.startswith(("[", "{")):
        return said.count("[") + said.count("{") > said.count("]") + said.count("}")
    return False


def _scalar_lines(lines: _Lines, indent: int) -> object:
    said: list[str] = []
    while (head := lines.peek()) is not None and head[0] >= indent and len(said) < LINES_MAX:
        said.append(head[1])
        lines.place += 1
    return _scalar(" ".join(said))


def _scalar(raw: str) -> object:
    said = raw.strip()
    if said.startswith('"') and said.endswith('"') and len(said) > 1:
        return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), said[1:-1])
    if said.startswith("'") and said.endswith("'") and len(said) > 1:
        return said[1:-1].replace("''", "'")
    if said.startswith("[") and said.endswith("]"):
        return [_scalar(part) for part in _parts(said[1:-1])]
    if said.startswith("{") and said.endswith("}"):
        pairs = (part.partition(":") for part in _parts(said[1:-1]))
        return {str(_scalar(key)): _scalar(value) for key, _, value in pairs}
    said = said.split(" #", maxsplit=1)[0].rstrip()
    if said in _WORDS:
        return _WORDS[said]
    if _NUMBER.match(said):
        return float(said) if any(mark in said for mark in ".eE") else int(said)
    return said


def _parts(inside: str) -> list[str]:
    """The parts between the commas that stand at no deeper level."""
    parts, depth, quote, began = [], 0, "", 0
    for place, letter in enumerate(inside[:5_000]):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        elif letter == "," and depth == 0:
            parts.append(inside[began:place])
            began = place + 1
    parts.append(inside[began:])
    return [part for part in parts if part.strip()]
