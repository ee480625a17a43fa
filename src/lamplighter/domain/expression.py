"""Regular expressions that cannot run away: RE2's common part, matched in time linear in the text. Knows no label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

CHARS_MAX = 1_000
STATES_MAX = 1_000
PARTS_MAX = 20 * STATES_MAX
DEPTH_MAX = 20
_KEPT_STEPS_MAX = 500
_LAST = "\U0010ffff"
_DIGIT = (("0", "9"),)
_WORD = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE = (("\t", "\n"), ("\f", "\r"), (" ", " "))
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}

Ranges = tuple[tuple[str, str], ...]


class BadExpression(ValueError):
    """An expression that cannot be read, or is not taken; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of these ranges, or out of none of them."""

    ranges: Ranges
    negated: bool = False
    folded: bool = False

    def takes(self, char: str) -> bool:
        """Whether this character is one of them."""
        forms = (char, char.lower(), char.upper()) if self.folded else (char,)
        return any(low <= form <= high for form in forms for low, high in self.ranges) is not self.negated


@dataclass(frozen=True, slots=True)
class Chain:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any one of them."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """So often; without a bound where `most` is None."""

    part: Node
    least: int
    most: int | None


Node = Chars | Chain | Choice | Repeat


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `nested` says that a repeat without bound stands inside another one."""

    nested: bool
    _takes: list[Chars | None]
    _next: list[tuple[int, ...]]
    _start: frozenset[int]
    _steps: dict[tuple[frozenset[int], str], frozenset[int]] = field(default_factory=dict)

    def matches(self, text: str) -> bool:
        """Whether it matches the whole text."""
        standing = self._start
        for char in text:
            standing = self._step(standing, char)
            if not standing:
                return False
        return len(self._takes) - 1 in standing

    def _step(self, standing: frozenset[int], char: str) -> frozenset[int]:
        found = self._steps.get((standing, char))
        if found is None:
            taking = ((state, self._takes[state]) for state in standing)
            after = [follower for state, one in taking if one and one.takes(char) for follower in self._next[state]]
            found = _closure(after, self._takes, self._next)
            if len(self._steps) >= _KEPT_STEPS_MAX:
                self._steps.clear()
            self._steps[standing, char] = found
        return found


@lru_cache(maxsize=2_048)
def expression(text: str) -> Expression:
    """The compiled expression. Raises `BadExpression`."""
    if len(text) > CHARS_MAX:
        raise BadExpression(f"the expression is longer than {CHARS_MAX} characters")
    tree = _Reader(text).whole()
    builder = _Builder()
    start = builder.add(tree, builder.end)
    # The end was made first, and matching looks for it last.
    order = [*range(1, len(builder.takes)), 0]
    place = {old: new for new, old in enumerate(order)}
    takes = [builder.takes[old] for old in order]
    following = [tuple(place[one] for one in builder.next[old]) for old in order]
    return Expression(_nested(tree, inside=False), takes, following, _closure([place[start]], takes, following))


def escaped(text: str) -> str:
    """An expression that matches just this text."""
    return "".join(char if char.isalnum() or char in "_ -" or ord(char) > ord("~") else f"\\{char}" for char in text)


def _closure(states: list[int], takes: list[Chars | None], following: list[tuple[int, ...]]) -> frozenset[int]:
    """The states that take a character, or are the end, and are reached without one."""
    seen: set[int] = set()
    waiting = list(states)
    while waiting:
        state = waiting.pop()
        if state not in seen:
            seen.add(state)
            if takes[state] is None:
                waiting.extend(following[state])
    return frozenset(state for state in seen if takes[state] is not None or not following[state])


def _nested(node: Node, *, inside: bool) -> bool:
    if isinstance(node, Chars):
        return False
    if isinstance(node, Repeat):
        unbounded = node.most is None
        return (unbounded and inside) or _nested(node.part, inside=inside or unbounded)
    parts = node.parts if isinstance(node, Chain) else node.options
    return any(_nested(part, inside=inside) for part in parts)


class _Builder:
    """Turns a tree into states: each takes a character, or leads on without one."""

    def __init__(self) -> None:
        self.takes: list[Chars | None] = []
        self.next: list[list[int]] = []
        self._parts = 0
        self.end = self._state(None, [])

    def _state(self, takes: Chars | None, following: list[int]) -> int:
        if len(self.takes) >= STATES_MAX:
            raise BadExpression("the expression is too large; write fewer or smaller repeats")
        self.takes.append(takes)
        self.next.append(following)
        return len(self.takes) - 1

    def add(self, node: Node, after: int) -> int:
        """The state at which `node` begins, where `after` follows it."""
        self._parts += 1
        # A repeat of nothing makes no states, and must not run away either.
        if self._parts > PARTS_MAX:
            raise BadExpression("the expression is too large; write fewer or smaller repeats")
        if isinstance(node, Chars):
            return self._state(node, [after])
        if isinstance(node, Chain):
            for part in reversed(node.parts):
                after = self.add(part, after)
            return after
        if isinstance(node, Choice):
            return self._state(None, [self.add(option, after) for option in node.options])
        return self._repeat(node, after)

    def _repeat(self, node: Repeat, after: int) -> int:
        if node.most is None:
            again = self._state(None, [after])
            self.next[again].append(self.add(node.part, again))
            after = again
        for _ in range((node.most or node.least) - node.least):
            after = self._state(None, [self.add(node.part, after), after])
        for _ in range(node.least):
            after = self.add(node.part, after)
        return after


class _Reader:
    """Reads the text of an expression into a tree."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._folded = False

    def whole(self) -> Node:
        if self._text.startswith("(?i)"):
            self._folded, self._at = True, len("(?i)")
        if self._peek() == "^":
            self._at += 1
        tree = self._choice(0)
        if self._peek():
            raise BadExpression(f'"{self._text}": a ")" closes nothing')
        return tree

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self._peek()
        if not char:
            raise BadExpression(f'"{self._text}" ends too early')
        self._at += 1
        return char

    def _choice(self, depth: int) -> Node:
        if depth > DEPTH_MAX:
            raise BadExpression(f"brackets are nested more than {DEPTH_MAX} deep")
        options = [self._chain(depth)]
        while self._peek() == "|":
            self._at += 1
            options.append(self._chain(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _chain(self, depth: int) -> Node:
        parts: list[Node] = []
        while self._peek() not in {"", "|", ")"}:
            if self._text[self._at :] == "$":
                self._at += 1
                break
            parts.append(self._repeated(self._one(depth)))
        return Chain(tuple(parts))

    def _one(self, depth: int) -> Node:
        char = self._take()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._class()
        if char == "\\":
            return Chars(*self._escape(), self._folded)
        if char == ".":
            return Chars((("\n", "\n"),), negated=True)
        if char in "*+?":
            raise BadExpression(f'"{self._text}": "{char}" repeats nothing; for any text, write ".*"')
        if char in "^$":
            raise BadExpression(f'"{self._text}": "{char}" in the middle; an expression always means the whole value')
        return Chars(((char, char),), folded=self._folded)

    def _group(self, depth: int) -> Node:
        if self._peek() == "?":
            self._at += 1
            if self._take() != ":":
                raise BadExpression(
                    f'"{self._text}": "(?" is not taken here, which rules out looking ahead or behind; write (a|b)'
                )
        tree = self._choice(depth + 1)
        if self._peek() != ")":
            raise BadExpression(f'"{self._text}": a "(" is not closed')
        self._at += 1
        return tree

    def _escape(self) -> tuple[Ranges, bool]:
        """The ranges of an escape, and whether they are negated."""
        char = self._take()
        if char.lower() in _CLASSES and char.isascii():
            return _CLASSES[char.lower()], char.isupper()
        if char in _ESCAPES:
            return ((_ESCAPES[char], _ESCAPES[char]),), False
        if char.isdigit():
            raise BadExpression(f'"{self._text}": \\{char} refers back to a group, which is not taken')
        if char.isalnum():
            raise BadExpression(f'"{self._text}": \\{char} is not known here')
        return ((char, char),), False

    def _class(self) -> Node:
        negated = self._peek() == "^"
        self._at += negated
        ranges: list[tuple[str, str]] = []
        first = True
        while first or self._peek() != "]":
            first = False
            ranges += self._class_part()
        self._at += 1
        return Chars(tuple(ranges), negated, self._folded)

    def _class_part(self) -> Ranges:
        if self._text.startswith("[:", self._at):
            raise BadExpression(f'"{self._text}": classes such as [:alpha:] are not known here; write [A-Za-z]')
        low, negated = self._class_char()
        if negated:
            return tuple(_others(low))
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in {"]", ""}:
            return low
        self._at += 1
        high, odd = self._class_char()
        if odd or len(low) != 1 or len(high) != 1 or low[0][0] > high[0][1]:
            raise BadExpression(f'"{self._text}": a range in [ ] goes from a lower character to a higher one')
        return ((low[0][0], high[0][1]),)

    def _class_char(self) -> tuple[Ranges, bool]:
        char = self._take()
        return self._escape() if char == "\\" else (((char, char),), False)

    def _repeated(self, node: Node) -> Node:
        char = self._peek()
        if char == "{":
            bounds = self._bounds()
        elif char and char in "*+?":
            self._at += 1
            bounds = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        else:
            return node
        if self._peek() == "?":
            # Short or long first makes no difference where the whole value must match.
            self._at += 1
        if self._peek() and self._peek() in "*+?{":
            raise BadExpression(f'"{self._text}": a repeat of a repeat; put one of them away')
        return Repeat(node, *bounds)

    def _bounds(self) -> tuple[int, int | None]:
        inside, closed, _ = self._text[self._at + 1 :].partition("}")
        least, comma, most = inside.partition(",")
        numbers = [part for part in (least, most) if part]
        if not closed or not least or not all(part.isascii() and part.isdigit() for part in numbers):
            raise BadExpression(f'"{self._text}": write a repeat such as {{2}} or {{2,5}}, or \\{{ for the character')
        if any(len(part.lstrip("0")) > len(str(STATES_MAX)) for part in numbers):
            raise BadExpression("the expression is too large; write fewer or smaller repeats")
        self._at += len(inside) + 2
        low = int(least)
        high = (int(most) if most else None) if comma else low
        if high is not None and high < low:
            raise BadExpression(f'"{self._text}": {{{inside}}} repeats at most less often than at least')
        return low, high


def _others(ranges: Ranges) -> Iterator[tuple[str, str]]:
    """The ranges of all characters that are not in these, which are in order."""
    begin = "\0"
    for low, high in ranges:
        if begin < low:
            yield begin, chr(ord(low) - 1)
        begin = chr(ord(high) + 1)
    yield begin, _LAST
