"""A statement of SQL as it may be shown: without comments and literals, because they hold people's data and secrets."""

from __future__ import annotations

import re

from lamplighter.domain.redaction import redact

CHARS_READ_MAX = 4000
CHARS_MAX = 400
# In the order of a reader who goes from left to right: whatever begins first, ends where its own kind ends. What was
# cut off by the server's own limit goes up to the end.
_TOKENS = re.compile(
    r"""(?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<name>"[^"]*(?:"|\Z))
    |(?P<escaped>\b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z|\\\Z))
    |(?P<text>'(?:[^']|'')*(?:'|\Z))
    |(?P<dollar>\$(?P<tag>[A-Za-z_]\w{0,62}|)\$.*?(?:\$(?P=tag)\$|\Z))""",
    re.DOTALL | re.VERBOSE,
)


def shown_statement(text: str) -> str:
    """`text` on one line, each literal a `?`, redacted and cut."""
    plain = " ".join(_TOKENS.sub(_shown, text[:CHARS_READ_MAX]).split())
    plain = redact(plain)
    return plain if len(plain) <= CHARS_MAX else plain[: CHARS_MAX - 1] + "…"


def _shown(found: re.Match[str]) -> str:
    if found["comment"]:
        return " "
    return found["name"] or "?"
