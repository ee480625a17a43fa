"""Reads out of one line about a wrong configuration which file, line, key and value it means, in many dialects."""

from __future__ import annotations

import re

from lamplighter.diagnosis.readers.draft import Values, known

_NAME = r"[A-Za-z_][\w.\-]{0,80}"
_VALUE = r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|[^\s,;:)]{1,200}"
_FILE = re.compile(
    r"((?:/[\w.@+\-]{1,100}){1,20}\.(?:ini|conf|cfg|ya?ml|toml|json|properties|xml|env|cnf|hcl|rules)"
    r"|(?<![\w/.])[\w.\-]{1,80}"
    r"\.(?:ini|conf|cfg|ya?ml|toml|json|properties|cnf)|/etc(?:/[\w.@+\-]{1,100}){1,20})\b"
    r"(?:[\"']?(?::|,? ?\(?\[?line ?:?\s{0,3})(\d{1,7}))?"
)
_LINE = re.compile(r"(?i)\bline:?\s{1,3}(\d{1,7})\b")
_SECTION = re.compile(r"\[([A-Za-z][\w .:\-]{0,60})\]\s{1,3}(?=[A-Za-z_])")
_PAIR = re.compile(rf"(?<![\w/.])({_NAME})\s{{0,3}}=\s{{0,3}}({_VALUE})")
_KEYS = (
    re.compile(
        rf"(?i)\b(?:directive|parameter|keyword|option|key|setting|property|field|variable|argument)\b[:\s]{{1,3}}[\"'`]?({_NAME})[\"'`=]?"
    ),
    re.compile(rf"(?i)\bvalue for (?:the )?(?:parameter |key |option )?[\"'`]?({_NAME})"),
    re.compile(
        rf"(?i)[\"'`]({_NAME})[\"'`] (?:directive|parameter|option|key|setting|is not a valid|must be|is required)"
    ),
    re.compile(rf"(?i)invalid (?:value )?[\"']?[^\"'\s]{{1,80}}[\"']? in [\"'`]?({_NAME})"),
    re.compile(rf"({_NAME}): (?:expected|must be|invalid|should be|is not)\b"),
)
_VALUES = (
    re.compile(rf"(?i)\bvalue[:\s]{{1,3}}(?!for\b|in\b|is\b)(?:of\s)?({_VALUE})"),
    re.compile(rf"\"{_NAME}\": ({_VALUE})"),
    re.compile(
        r"(?i)\b(?:invalid|got|found|was|literal for int\(\) with base 10:)[:\s]{1,3}('[^'\n]{1,200}'"
        r"|\"[^\"\n]{1,200}\")"
    ),
)
_STOP_WORDS = frozenset(
    {"in", "is", "for", "the", "of", "at", "to", "on", "not", "or", "and", "file", "name", "a", "from"}
)
_NOT_KEYS = frozenset({"line", "column", "file", "config.file", "level", "msg", "ts", "time", "err", "error", "caller"})


def config_values(line: str) -> Values:
    """The `file`, `line`, `section`, `key` and `value` that a line names; only those that it does name."""
    file = _FILE.search(line)
    number = (file[2] if file else None) or _first(_LINE, line)
    body = line.replace(file[0], " ", 1) if file else line
    section = _SECTION.search(body)
    pair = next((found for found in _PAIR.finditer(body) if found[1].lower() not in _NOT_KEYS), None)
    key = pair[1] if pair else _key(body)
    value = pair[2] if pair else next((found for one in _VALUES if (found := _first(one, body))), None)
    if value is not None and value.strip("'\"`") == key:
        value = None
    return known(
        file=file[1] if file else None,
        line_number=number,
        section=section[1] if section and pair else None,
        key=key,
        value=value.strip("'\"`") if value else None,
    )


def _first(pattern: re.Pattern[str], line: str) -> str | None:
    found = pattern.search(line)
    return found[1] if found else None


def _key(line: str) -> str | None:
    for pattern in _KEYS:
        for found in pattern.finditer(line):
            if found[1].lower() not in _STOP_WORDS:
                return found[1]
    return None
