"""Log lines: which of them tell of an error, and which are the same line with other numbers in it."""

from __future__ import annotations

import re

from lamplighter.domain.sameness import template

__all__ = ["tells_error", "template"]

_ERROR = re.compile(
    r"\b(?:ERROR|FATAL|CRITICAL|PANIC|EMERG|SEVERE|Error|Fatal)\b|\[(?:error|crit|alert|emerg)\]"
    r"|\blevel\W{1,4}(?:error|fatal|critical|panic)\b|\bTraceback \(most recent|^\s{0,8}panic:"
    r"|\b\w{1,80}(?:Error|Exception)\b"
)


def tells_error(line: str) -> bool:
    """Whether a line says of itself that something went wrong."""
    return _ERROR.search(line) is not None
