"""Log lines: which of them tell of an error, and which are the same line with other numbers in it."""

from __future__ import annotations

import re

_MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"), "<id>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "<address>"),
    (re.compile(r"\b(?=[a-f]{0,40}\d)[0-9a-f]{12,64}\b"), "<id>"),
    (re.compile(r"\b0x[0-9a-fA-F]{1,16}\b"), "<id>"),
    (re.compile(r"\d+(?:\.\d+)?"), "<n>"),
)
_ERROR = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|PANIC|EMERG|SEVERE|Error|Fatal)\b|\[(?:error|crit|alert|emerg)\]"
    r"|\blevel\W{1,4}(?:error|fatal|critical|panic)\b|\bTraceback \(most recent|^\s{0,8}panic:"
    r"|\b\w{1,80}(?:Error|Exception)\b"
)


def template(line: str) -> str:
    """`line` with times, addresses, ids and numbers masked."""
    for pattern, mask in _MASKS:
        line = pattern.sub(mask, line)
    return line


def tells_error(line: str) -> bool:
    """Whether a line says of itself that something went wrong."""
    return _ERROR.search(line) is not None
