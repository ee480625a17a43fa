"""Makes an attacker's text safe to keep and show: control characters, secrets and lengths. It knows no alert."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from lamplighter.domain.redaction import MASK, is_secret_name, redact

# Control characters but newline and tab; bidirectional embeddings, overrides and isolates; lone surrogates.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CACHED_CHARS_MAX = 256
_UTF8_BYTES_MAX = 4
# A secret that begins just before the cut is still seen whole when it is looked for.
_MARGIN_CHARS = 4_096


def shown(text: str) -> str:
    """`text` with U+FFFD for each character that cannot be shown or turns the direction of reading."""
    # No character of the pattern is printable, so the quick look lets nothing through.
    return text if text.isprintable() else _UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def cut(text: str, bytes_max: int) -> str:
    """At most `bytes_max` bytes of UTF-8, ending in an ellipsis where something was left out."""
    if len(text) * _UTF8_BYTES_MAX <= bytes_max:
        return text
    raw = text.encode("utf-8", "replace")
    if len(raw) <= bytes_max:
        return text
    return raw[: bytes_max - 3].decode("utf-8", "ignore") + "…"


def kept_text(text: str, bytes_max: int) -> str:
    """Free text, cleaned, redacted and cut."""
    return cut(redact(shown(text[: bytes_max + _MARGIN_CHARS])), bytes_max)


def kept_values(values: Mapping[str, str], bytes_max: int) -> dict[str, str]:
    """Labels or annotations, each value cleaned, redacted with its name in view, and cut."""
    return {name: MASK if value and _is_secret(name) else _value(value, bytes_max) for name, value in values.items()}


def _value(value: str, bytes_max: int) -> str:
    return _short_text(value) if len(value) <= _CACHED_CHARS_MAX else kept_text(value, bytes_max)


_is_secret = lru_cache(maxsize=1_024)(is_secret_name)


@lru_cache(maxsize=8_192)
def _short_text(text: str) -> str:
    # A storm repeats few values thousands of times, and looking for secrets costs more than reading the JSON.
    return kept_text(text, _UTF8_BYTES_MAX * _CACHED_CHARS_MAX)
