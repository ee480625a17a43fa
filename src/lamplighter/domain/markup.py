"""A text as Telegram's HTML, as plain text, and as Markdown with a table; foreign text is escaped in each. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

from lamplighter.domain.message import Message
from lamplighter.domain.wording import Row, Wording, worded

CHARS_MAX = 4_096
# Every line is cut to the first of these that lets the whole text fit.
LINE_CHARS = (400, 200, 100, 50)
ELLIPSIS = "…"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~>-])")


def as_html(message: Message, chars_max: int = CHARS_MAX) -> str:
    """For Telegram's parse mode HTML: `<b>` is the only tag, and no text from outside brings another."""
    return _fitting(message, chars_max, _html)


def as_text(message: Message, chars_max: int = CHARS_MAX) -> str:
    """Plain text."""
    return _fitting(message, chars_max, _text)


def as_markdown(message: Message, chars_max: int = CHARS_MAX) -> str:
    """For e-mail: the first line, a table of what is known, and the link."""
    return _fitting(message, chars_max, _markdown)


def first_line(message: Message, chars_max: int = 200) -> str:
    """The first line alone, as a subject or a title."""
    return _cut(worded(message).first, chars_max)


def body_text(message: Message, chars_max: int = CHARS_MAX) -> str:
    """Plain text without the first line, for channels that have a title of their own."""
    return _fitting(message, chars_max, lambda wording, chars, url: _text(wording, chars, url)[1:])


def body_markdown(message: Message, chars_max: int = CHARS_MAX) -> str:
    """Markdown without the first line."""
    return _fitting(message, chars_max, lambda wording, chars, url: _markdown(wording, chars, url)[2:])


def _fitting(message: Message, chars_max: int, lines_of: Callable[[Wording, int, str], list[str]]) -> str:
    wording = worded(message)
    lines: list[str] = []
    for chars in LINE_CHARS:
        lines = lines_of(wording, chars, message.url)
        if _units("\n".join(lines)) <= chars_max:
            return "\n".join(lines)
    # Whole lines go, so that nothing is cut inside a tag or an escape.
    while len(lines) > 1 and _units("\n".join(lines)) > chars_max - 2:
        lines.pop()
    return "\n".join([*lines, ELLIPSIS])


def _units(text: str) -> int:
    """Telegram counts UTF-16 units."""
    return len(text.encode("utf-16-le", "replace")) // 2


def _cut(text: str, chars: int) -> str:
    joined = " ".join(text.split())
    return joined if len(joined) <= chars else joined[: chars - 1] + ELLIPSIS


def _lines(row: Row, chars: int, safe: Callable[[str], str]) -> list[str]:
    return [safe(_cut(line, chars)) for line in row.lines if line.strip()]


def _html(wording: Wording, chars: int, url: str) -> list[str]:
    found = [f"<b>{_escaped(_cut(wording.first, chars))}</b>"]
    for row in wording.rows:
        found += _labelled(row, _lines(row, chars, _escaped), lambda label: f"<b>{_escaped(label)}</b>")
    return [*found, *([_escaped(url)] if url else [])]


def _text(wording: Wording, chars: int, url: str) -> list[str]:
    found = [_cut(wording.first, chars)]
    for row in wording.rows:
        found += _labelled(row, _lines(row, chars, str), str)
    return [*found, *([url] if url else [])]


def _labelled(row: Row, lines: list[str], emphasised: Callable[[str], str]) -> list[str]:
    if row.numbered:
        lines = [f"{number}. {line}" for number, line in enumerate(lines, start=1)]
    if not row.label:
        return lines
    if len(lines) == 1 and not row.numbered:
        return [f"{emphasised(row.label)}: {lines[0]}"]
    return [emphasised(row.label), *lines]


def _markdown(wording: Wording, chars: int, url: str) -> list[str]:
    found = [f"**{_marked(_cut(wording.first, chars))}**", ""]
    table: list[str] = []
    prose: list[str] = []
    for row in wording.rows:
        lines = _lines(row, chars, _marked)
        if row.numbered:
            lines = [f"{number}. {line}" for number, line in enumerate(lines, start=1)]
        if row.label:
            table.append(f"| {_marked(row.label)} | {'<br>'.join(lines)} |")
        else:
            prose += [*lines, ""]
    if table:
        found += ["| what | said |", "| --- | --- |", *table, ""]
    return [*found, *prose, *([f"<{url}>"] if url else [])]


def _escaped(text: str) -> str:
    return escape(text, quote=False)


def _marked(text: str) -> str:
    """No character of foreign text forms a link, a picture, a tag or another cell."""
    return _MARKDOWN.sub(r"\\\1", escape(text, quote=False))
